"""Between the wire and the executor's own values. The only module that knows both; called by the servicer."""

import json
from collections.abc import Iterable, Iterator, Mapping

from elbow.aws.v1 import resources_pb2
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.plan.v1 import plan_pb2

from services.executor.core.observations import (
    AllQuery,
    LookupKind,
    LookupQuery,
    Observation,
    Query,
    Resource,
    StackQuery,
)
from services.executor.core.steps import (
    AssumedRole,
    AwsCall,
    CallError,
    ErrorClass,
    Json,
    KeyKind,
    KubernetesWrite,
    Lane,
    Outcome,
    Plan,
    PlanKey,
    Step,
    StepResult,
    Verb,
)
from services.executor.kube.pods import Gate
from services.executor.tracker import GroupHealth, TrackedGroup
from services.runtime.errors import InvalidRequestError
from services.runtime.wire import MAX_MESSAGE_BYTES

_OUTCOMES: Mapping[Outcome, pb.Outcome.ValueType] = {
    Outcome.ACCEPTED: pb.OUTCOME_ACCEPTED,
    Outcome.REFUSED: pb.OUTCOME_REFUSED,
    Outcome.UNKNOWN: pb.OUTCOME_UNKNOWN,
    Outcome.SKIPPED: pb.OUTCOME_SKIPPED,
    Outcome.STOPPED: pb.OUTCOME_STOPPED,
}

_ERROR_CLASSES: Mapping[ErrorClass, pb.ErrorClass.ValueType] = {
    ErrorClass.NOT_FOUND: pb.ERROR_CLASS_NOT_FOUND,
    ErrorClass.THROTTLED: pb.ERROR_CLASS_THROTTLED,
    ErrorClass.CONFLICT: pb.ERROR_CLASS_CONFLICT,
    ErrorClass.IN_USE: pb.ERROR_CLASS_IN_USE,
    ErrorClass.QUOTA: pb.ERROR_CLASS_QUOTA,
    ErrorClass.DENIED: pb.ERROR_CLASS_DENIED,
    ErrorClass.PERMANENT: pb.ERROR_CLASS_PERMANENT,
    ErrorClass.TRANSIENT: pb.ERROR_CLASS_TRANSIENT,
}

_KEY_KINDS: Mapping[int, KeyKind] = {
    plan_pb2.KEY_KIND_STACK: KeyKind.STACK,
    plan_pb2.KEY_KIND_BINDING: KeyKind.BINDING,
    plan_pb2.KEY_KIND_NETWORK: KeyKind.NETWORK,
}

_LANES: Mapping[int, Lane] = {
    plan_pb2.LANE_DRAIN: Lane.DRAIN,
    plan_pb2.LANE_SERVE: Lane.SERVE,
    plan_pb2.LANE_EDIT: Lane.EDIT,
    plan_pb2.LANE_RESYNC: Lane.RESYNC,
    plan_pb2.LANE_SWEEP: Lane.SWEEP,
}

# What an observation may hold, so that the message around it stays below the wire's limit.
_OBSERVATION_BYTES = MAX_MESSAGE_BYTES - 4 * 1024


def plan_of(message: plan_pb2.Plan) -> Plan:
    """The plan of a whole message. Raises InvalidRequestError for one that is not executable or not understood."""
    if message.verdict != plan_pb2.VERDICT_OK:
        verdict = plan_pb2.Verdict.Name(message.verdict)
        raise InvalidRequestError("PlanNotExecutable", f"only a plan of VERDICT_OK is executed, this is {verdict}")
    kind = _KEY_KINDS.get(message.key.kind)
    if kind is None:
        raise InvalidRequestError("InvalidPlan", "the plan names no kind of key")
    return Plan(
        id=message.id,
        key=PlanKey(kind=kind, name=message.key.name),
        lane=lane_of(message.lane),
        steps=tuple(map(_step, message.steps)),
    )


def lane_of(lane: plan_pb2.Lane.ValueType) -> Lane | None:
    """The lane; None when the message names none."""
    return _LANES.get(lane)


def result_message(result: StepResult) -> pb.StepResult:
    """The message for a step that has ended."""
    call = result.result
    return pb.StepResult(
        step_id=result.step_id,
        outcome=_OUTCOMES[call.outcome],
        error=error_message(call.error) if call.error is not None else None,
        sent=_json(result.sent) if result.sent is not None else "",
        answer=_json(call.answer) if call.answer is not None else "",
        begun=call.begun,
        ended=call.ended,
        attempts=call.attempts,
    )


def error_message(error: CallError) -> pb.Error:
    """The message for an error."""
    return pb.Error(error_class=_ERROR_CLASSES[error.error_class], code=error.code, message=error.message)


def query_of(request: pb.ObserveRequest) -> Query:
    """What an ObserveRequest asks. Raises InvalidRequestError when it asks nothing."""
    match request.WhichOneof("query"):
        case "stack":
            return StackQuery(
                tags=dict(request.stack.tags),
                load_balancer_names=tuple(request.stack.load_balancer_names),
                target_group_names=tuple(request.stack.target_group_names),
                security_group_names=tuple(request.stack.security_group_names),
            )
        case "all":
            return AllQuery(instance_ids=tuple(request.all.instance_ids), parallel=request.all.parallel)
        case "lookup" if request.lookup.kind != pb.LOOKUP_KIND_UNSPECIFIED:
            name = pb.LookupKind.Name(request.lookup.kind).removeprefix("LOOKUP_KIND_")
            return LookupQuery(kind=LookupKind(name), keys=tuple(request.lookup.keys), role=_role(request.lookup))
        case _:
            raise InvalidRequestError("InvalidQuery", "the request asks neither for a stack, nor all, nor a lookup")


def observation_messages(observation: Observation) -> Iterator[pb.ObserveResponse]:
    """The messages for an observation: as many as the size of a message demands, at least one."""
    batch: list[resources_pb2.Resource] = []
    size = 0
    for resource in map(_resource_message, observation.resources):
        if batch and size + resource.ByteSize() > _OBSERVATION_BYTES:
            yield _observation(observation.begun, batch)
            batch, size = [], 0
        batch.append(resource)
        size += resource.ByteSize() + 8  # tag and length in front of each
    yield _observation(observation.begun, batch)


def tracked_groups(request: pb.TrackRequest) -> Iterator[TrackedGroup]:
    """What bindings track, of a TrackRequest."""
    for group in request.groups:
        yield TrackedGroup(
            arn=group.target_group_arn,
            binding=group.binding,
            targets={(target.id, target.port): _gate(target) for target in group.targets},
            role=_role(group),
            traceparent=group.traceparent,
        )


def health_message(health: GroupHealth) -> pb.TrackResponse:
    """The message for the health of a group."""
    targets = [
        pb.TargetHealth(
            id=each.id,
            port=each.port,
            state=each.state,
            reason=each.reason,
            description=each.description,
            quic_server_id=each.quic_server_id,
        )
        for each in health.targets
    ]
    return pb.TrackResponse(target_group_arn=health.arn, begun=health.begun, targets=targets, gone=health.gone)


def merged_plan(parts: Iterable[plan_pb2.Plan]) -> plan_pb2.Plan:
    """One message of the parts of a plan, in order."""
    whole = plan_pb2.Plan()
    for part in parts:
        whole.MergeFrom(part)
    return whole


def _step(message: plan_pb2.Step) -> Step:
    match message.WhichOneof("work"):
        case "aws":
            parameters = _object(message.id, message.aws.parameters)
            work: AwsCall | KubernetesWrite = AwsCall(
                service=message.aws.service,
                operation=message.aws.operation,
                parameters=parameters,
                role=_role(message.aws),
            )
        case "kubernetes":
            work = _write(message.id, message.kubernetes)
        case _:
            raise InvalidRequestError("InvalidPlan", f"step {message.id!r} has no work")
    return Step(id=message.id, work=work, depends_on=tuple(message.depends_on))


def _write(step_id: str, message: plan_pb2.KubernetesWrite) -> KubernetesWrite:
    verb = next((verb for verb in Verb if verb.value == message.verb), None)
    if verb is None or not message.name:
        raise InvalidRequestError("InvalidPlan", f"step {step_id!r}: no write {message.verb!r} of {message.name!r}")
    return KubernetesWrite(
        verb=verb,
        api_version=message.api_version,
        resource=message.resource,
        subresource=message.subresource,
        namespace=message.namespace,
        name=message.name,
        uid=message.uid,
        resource_version=message.resource_version,
        body=_object(step_id, message.body) if message.body else None,
    )


def _role(message: plan_pb2.AwsCall | pb.LookupQuery | pb.TrackedGroup) -> AssumedRole | None:
    if not message.HasField("role"):
        return None
    role = message.role
    return AssumedRole(arn=role.arn, external_id=role.external_id, binding=role.binding)


def _object(step_id: str, text: str) -> dict[str, Json]:
    try:
        value = json.loads(text or "{}")
    except ValueError as error:
        raise InvalidRequestError("InvalidPlan", f"step {step_id!r} holds no valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidRequestError("InvalidPlan", f"step {step_id!r} holds no JSON object")
    return value


def _resource_message(resource: Resource) -> resources_pb2.Resource:
    return resources_pb2.Resource(
        kind=resources_pb2.ResourceKind.Value(f"RESOURCE_KIND_{resource.kind.value}"),
        id=resource.id,
        parent_id=resource.parent_id,
        description=_json(resource.description) if resource.description is not None else "",
        tags=_pairs(resource.tags),
        attributes=_pairs(resource.attributes),
        certificates=None if resource.certificates is None else resources_pb2.Names(values=resource.certificates),
        facts=resource.facts,
    )


def _pairs(pairs: Mapping[str, str] | None) -> resources_pb2.Pairs | None:
    return None if pairs is None else resources_pb2.Pairs(values=pairs)


def _observation(begun: int, resources: Iterable[resources_pb2.Resource]) -> pb.ObserveResponse:
    return pb.ObserveResponse(observation=pb.Observation(begun=begun, resources=resources))


def _gate(target: pb.TrackedTarget) -> Gate | None:
    if not target.gate:
        return None
    return Gate(namespace=target.pod_namespace, pod=target.pod_name, uid=target.pod_uid, condition_type=target.gate)


def _json(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
