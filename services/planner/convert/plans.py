"""Plans and their results between the core's values and `elbow.plan.v1` and `elbow.executor.v1`.

Called by the executor link, and by the servicer for the CLI.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from elbow.executor.v1 import executor_service_pb2 as executor
from elbow.plan.v1 import plan_pb2 as pb

from services.planner.core.encoding import plan_digest, to_json
from services.planner.core.keys import BindingKey, Key, Lane, NetworkKey, StackKey, StackKind
from services.planner.core.plans import (
    AssumedRole,
    AwsCall,
    Change,
    ChangeAction,
    FieldChange,
    Json,
    KubernetesWrite,
    Plan,
    Step,
    Verdict,
)
from services.planner.core.problems import Problem
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult

PART_BYTES = 512 * 1024
"""Size at which a part of a plan is closed, in bytes: well below the wire's limit, however large its last step is."""

LANES: Mapping[Lane, pb.Lane.ValueType] = {
    Lane.DRAIN: pb.LANE_DRAIN,
    Lane.SERVE: pb.LANE_SERVE,
    Lane.EDIT: pb.LANE_EDIT,
    Lane.RESYNC: pb.LANE_RESYNC,
    Lane.SWEEP: pb.LANE_SWEEP,
}
_ACTIONS: Mapping[ChangeAction, pb.Action.ValueType] = {
    ChangeAction.NO_OP: pb.ACTION_NO_OP,
    ChangeAction.CREATE: pb.ACTION_CREATE,
    ChangeAction.MODIFY: pb.ACTION_MODIFY,
    ChangeAction.REPLACE: pb.ACTION_REPLACE,
    ChangeAction.DELETE: pb.ACTION_DELETE,
}
_VERDICTS: Mapping[Verdict, pb.Verdict.ValueType] = {
    Verdict.OK: pb.VERDICT_OK,
    Verdict.HELD: pb.VERDICT_HELD,
    Verdict.ERRORED: pb.VERDICT_ERRORED,
}
_OUTCOMES: Mapping[StepOutcome, executor.Outcome.ValueType] = {
    StepOutcome.ACCEPTED: executor.OUTCOME_ACCEPTED,
    StepOutcome.REFUSED: executor.OUTCOME_REFUSED,
    StepOutcome.UNKNOWN: executor.OUTCOME_UNKNOWN,
    StepOutcome.SKIPPED: executor.OUTCOME_SKIPPED,
    StepOutcome.STOPPED: executor.OUTCOME_STOPPED,
}
_OUTCOME_OF = {number: outcome for outcome, number in _OUTCOMES.items()}
_CLASSES: Mapping[ErrorClass, executor.ErrorClass.ValueType] = {
    ErrorClass.NOT_FOUND: executor.ERROR_CLASS_NOT_FOUND,
    ErrorClass.THROTTLED: executor.ERROR_CLASS_THROTTLED,
    ErrorClass.CONFLICT: executor.ERROR_CLASS_CONFLICT,
    ErrorClass.IN_USE: executor.ERROR_CLASS_IN_USE,
    ErrorClass.QUOTA: executor.ERROR_CLASS_QUOTA,
    ErrorClass.DENIED: executor.ERROR_CLASS_DENIED,
    ErrorClass.PERMANENT: executor.ERROR_CLASS_PERMANENT,
    ErrorClass.TRANSIENT: executor.ERROR_CLASS_TRANSIENT,
}
_CLASS_OF = {number: error_class for error_class, number in _CLASSES.items()}


class UnknownKeyError(ValueError):
    """A key on the wire that is none."""


def from_key(key: Key) -> pb.Key:
    """The key on the wire."""
    kinds = {StackKey: pb.KEY_KIND_STACK, BindingKey: pb.KEY_KIND_BINDING, NetworkKey: pb.KEY_KIND_NETWORK}
    return pb.Key(kind=kinds[type(key)], name=str(key))


def to_key(message: pb.Key) -> Key:
    """The key that a caller asks about. Raises UnknownKeyError, with what a key looks like."""
    parts = message.name.split("/")
    match message.kind:
        case pb.KEY_KIND_STACK if parts[0] in set(StackKind) and len(parts) in (2, 3) and all(parts):
            kind, *namespace, name = parts
            return StackKey(kind=StackKind(kind), namespace="".join(namespace), name=name)
        case pb.KEY_KIND_BINDING if len(parts) == 2 and all(parts):
            return BindingKey(namespace=parts[0], name=parts[1])
        case pb.KEY_KIND_NETWORK:
            return NetworkKey()
    raise UnknownKeyError(
        f"{message.name!r} is no key: a stack is ingress/<namespace>/<name>, ingress/<group> or "
        "service/<namespace>/<name>, a binding <namespace>/<name>"
    )


def plan_parts(plan: Plan, lane: Lane) -> Iterator[pb.Plan]:
    """The plan in parts that are merged in order: scalar fields in the first, changes and steps spread over all."""
    part = pb.Plan(
        id=plan_digest(plan),
        key=from_key(plan.key),
        lane=LANES[lane],
        verdict=_VERDICTS[plan.verdict],
        problems=[from_problem(p) for p in plan.problems],
        cost=dict(plan.cost),
    )
    size = part.ByteSize()
    for change in map(_change, plan.changes):
        if size > PART_BYTES:
            yield part
            part, size = pb.Plan(), 0
        part.changes.append(change)
        size += change.ByteSize()
    for step in map(_step, plan.steps):
        if size > PART_BYTES:
            yield part
            part, size = pb.Plan(), 0
        part.steps.append(step)
        size += step.ByteSize()
    yield part


def from_problem(problem: Problem) -> pb.Problem:
    """A problem on the wire."""
    return pb.Problem(
        object=str(problem.where), field=problem.field, reason=str(problem.reason), message=problem.message
    )


def from_role(role: AssumedRole) -> pb.AssumedRole:
    """A role that is not the executor's own, on the wire."""
    return pb.AssumedRole(arn=role.arn, external_id=role.external_id, binding=role.binding)


def _change(change: Change) -> pb.Change:
    return pb.Change(
        kind=change.kind,
        name=change.name,
        action=_ACTIONS[change.action],
        fields=[_field(f) for f in change.fields],
        reason=str(change.reason),
        disruptive=change.disruptive,
        asked_by=change.asked_by,
    )


def _field(field: FieldChange) -> pb.FieldChange:
    return pb.FieldChange(field=field.field, old=_json_or_empty(field.old), new=_json_or_empty(field.new))


def _json_or_empty(value: Json) -> str:
    return "" if value is None else to_json(value)


def _step(step: Step) -> pb.Step:
    message = pb.Step(id=step.id, depends_on=step.depends_on)
    match step.work:
        case AwsCall() as call:
            message.aws.service = call.service
            message.aws.operation = call.operation
            message.aws.parameters = to_json(call.parameters)
            if call.role.arn:
                message.aws.role.CopyFrom(from_role(call.role))
        case KubernetesWrite() as write:
            message.kubernetes.CopyFrom(
                pb.KubernetesWrite(
                    verb=str(write.verb),
                    api_version=write.api_version,
                    resource=write.resource,
                    subresource=write.subresource,
                    namespace=write.namespace,
                    name=write.name,
                    uid=write.uid,
                    resource_version=write.resource_version,
                    body=_json_or_empty(write.body),
                )
            )
    return message


def to_result(message: executor.StepResult) -> StepResult:
    """How a step ended. Raises ValueError for an outcome or a JSON text that is none."""
    if message.outcome not in _OUTCOME_OF:
        raise ValueError(f"outcome {message.outcome} of step {message.step_id} is not one of the wire contract's")
    return StepResult(
        step_id=message.step_id,
        outcome=_OUTCOME_OF[message.outcome],
        error=to_error(message.error) if message.HasField("error") else None,
        sent=_object(message.sent),
        answer=_object(message.answer),
        begun=message.begun,
        ended=message.ended,
        attempts=message.attempts,
    )


def to_error(message: executor.Error) -> CallError:
    """An error as it was answered; a class that is not known here counts as one that may pass."""
    error_class = _CLASS_OF.get(message.error_class, ErrorClass.TRANSIENT)
    return CallError(error_class=error_class, code=message.code, message=message.message)


def _object(text: str) -> Mapping[str, Any]:
    value = json.loads(text) if text else {}
    return value if isinstance(value, dict) else {}


def from_results(results: Iterable[StepResult]) -> list[executor.StepResult]:
    """Results on the wire, as they came."""
    return [
        executor.StepResult(
            step_id=r.step_id,
            outcome=_OUTCOMES[r.outcome],
            error=_error(r.error),
            sent=json.dumps(r.sent),
            answer=json.dumps(r.answer),
            begun=r.begun,
            ended=r.ended,
            attempts=r.attempts,
        )
        for r in results
    ]


def _error(error: CallError | None) -> executor.Error | None:
    if error is None:
        return None
    return executor.Error(error_class=_CLASSES[error.error_class], code=error.code, message=error.message)
