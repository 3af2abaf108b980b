"""Plans, results, queries and observations between the core and the wire."""

import json

import pytest
from elbow.aws.v1 import resources_pb2 as aws_pb
from elbow.executor.v1 import executor_service_pb2 as executor
from elbow.plan.v1 import plan_pb2 as pb

from services.planner.convert.observations import from_tracked, to_health, to_observation, to_request
from services.planner.convert.plans import (
    PART_BYTES,
    UnknownKeyError,
    from_key,
    from_results,
    plan_parts,
    to_key,
    to_result,
)
from services.planner.core.encoding import plan_digest
from services.planner.core.keys import BindingKey, Key, Lane, NetworkKey, StackKey, StackKind
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import LookupKind, Tracked, TrackedGroup
from services.planner.core.plans import (
    AwsCall,
    Change,
    ChangeAction,
    FieldChange,
    KubernetesWrite,
    Plan,
    Ref,
    Step,
    Verb,
    Verdict,
)
from services.planner.core.problems import Problem, Reason
from services.planner.core.updates import RecordKind
from services.planner.inventory.observations import Observation, ObservedRecord, ObservedTargets, Query, Scope
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult
from tests.unit.planner_shell.things import BINDING, STACK

KEYS = [
    pytest.param(STACK, "ingress/shop/front", id="an Ingress of its own group"),
    pytest.param(StackKey(kind=StackKind.INGRESS, namespace="", name="group"), "ingress/group", id="a group"),
    pytest.param(StackKey(kind=StackKind.SERVICE, namespace="a", name="b"), "service/a/b", id="a Service"),
    pytest.param(BINDING, "shop/web-tg", id="a binding"),
    pytest.param(NetworkKey(), "", id="the network"),
]


@pytest.mark.parametrize(("key", "name"), KEYS)
def test_keys_go_both_ways(key: Key, name: str) -> None:
    message = from_key(key)
    assert message.name == name
    assert to_key(message) == key


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(pb.Key(name="a/b"), id="no kind"),
        pytest.param(pb.Key(kind=pb.KEY_KIND_STACK, name="gateway/a/b"), id="a kind of stack that is none"),
        pytest.param(pb.Key(kind=pb.KEY_KIND_STACK, name="ingress/a/b/c"), id="too many parts"),
        pytest.param(pb.Key(kind=pb.KEY_KIND_STACK, name="ingress//b"), id="an empty part"),
        pytest.param(pb.Key(kind=pb.KEY_KIND_BINDING, name="b"), id="a binding without a namespace"),
    ],
)
def test_what_is_no_key_is_refused_with_what_one_looks_like(message: pb.Key) -> None:
    with pytest.raises(UnknownKeyError, match="a stack is ingress/<namespace>/<name>"):
        to_key(message)


PLAN = Plan(
    key=STACK,
    verdict=Verdict.HELD,
    problems=(
        Problem(
            where=ObjectRef(kind=Kind.INGRESS, namespace="shop", name="front"),
            reason=Reason.INVALID_ANNOTATION,
            message="why",
            field="f",
        ),
    ),
    changes=(
        Change(
            kind="listener",
            name="80",
            action=ChangeAction.MODIFY,
            reason=Reason.FIELDS_DIFFER,
            asked_by="Ingress/shop/front",
            fields=(FieldChange(field="port", old=80, new=None),),
            disruptive=True,
        ),
    ),
    steps=(
        Step(
            id="a",
            work=AwsCall(service="elbv2", operation="CreateRule", parameters={"Arn": Ref("z", "A[0].B"), "N": (1, 2)}),
            depends_on=("z",),
        ),
        Step(
            id="b",
            work=KubernetesWrite(
                verb=Verb.MERGE_PATCH,
                api_version="v1",
                resource="services",
                subresource="status",
                namespace="shop",
                name="web",
                uid="u",
                resource_version="7",
                body={"status": {}},
            ),
        ),
        Step(id="c", work=KubernetesWrite(verb=Verb.DELETE, api_version="v1", resource="services", name="web")),
    ),
    cost={"elbv2": 1},
)


def test_a_plan_as_it_is_sent() -> None:
    (part,) = plan_parts(PLAN, Lane.SERVE)
    assert part == pb.Plan(
        id=plan_digest(PLAN),
        key=pb.Key(kind=pb.KEY_KIND_STACK, name="ingress/shop/front"),
        lane=pb.LANE_SERVE,
        verdict=pb.VERDICT_HELD,
        problems=[pb.Problem(object="Ingress/shop/front", field="f", reason="InvalidAnnotation", message="why")],
        changes=[
            pb.Change(
                kind="listener",
                name="80",
                action=pb.ACTION_MODIFY,
                fields=[pb.FieldChange(field="port", old="80", new="")],
                reason="FieldsDiffer",
                disruptive=True,
                asked_by="Ingress/shop/front",
            )
        ],
        steps=[
            pb.Step(
                id="a",
                depends_on=["z"],
                aws=pb.AwsCall(
                    service="elbv2", operation="CreateRule", parameters='{"Arn":{"$ref":"z#A[0].B"},"N":[1,2]}'
                ),
            ),
            pb.Step(
                id="b",
                kubernetes=pb.KubernetesWrite(
                    verb="merge-patch",
                    api_version="v1",
                    resource="services",
                    subresource="status",
                    namespace="shop",
                    name="web",
                    uid="u",
                    resource_version="7",
                    body='{"status":{}}',
                ),
            ),
            pb.Step(
                id="c",
                kubernetes=pb.KubernetesWrite(verb="delete", api_version="v1", resource="services", name="web"),
            ),
        ],
        cost={"elbv2": 1},
    )


def test_a_large_plan_is_sent_in_parts_that_make_the_whole() -> None:
    blob = "x" * (PART_BYTES // 3)
    steps = tuple(
        Step(id=str(n), work=AwsCall(service="elbv2", operation="CreateRule", parameters={"Text": blob}))
        for n in range(10)
    )
    parts = list(plan_parts(Plan(key=STACK, steps=steps), Lane.EDIT))
    assert len(parts) > 2
    assert max(part.ByteSize() for part in parts) < 1024 * 1024
    assert [step.id for part in parts for step in part.steps] == [step.id for step in steps]
    assert [part.id for part in parts] == [plan_digest(Plan(key=STACK, steps=steps)), *[""] * (len(parts) - 1)]


RESULTS = [
    pytest.param(
        StepResult(
            step_id="a",
            outcome=StepOutcome.ACCEPTED,
            sent={"a": [1]},
            answer={"b": {}},
            begun=3,
            ended=4,
            attempts=2,
        ),
        id="accepted",
    ),
    *(
        pytest.param(
            StepResult(
                step_id="a",
                outcome=StepOutcome.REFUSED,
                error=CallError(error_class=error_class, code="C", message="m"),
            ),
            id=f"refused: {error_class}",
        )
        for error_class in ErrorClass
    ),
    *(pytest.param(StepResult(step_id="a", outcome=outcome), id=str(outcome)) for outcome in StepOutcome),
]


@pytest.mark.parametrize("result", RESULTS)
def test_results_go_both_ways(result: StepResult) -> None:
    assert to_result(from_results([result])[0]) == result


def test_an_outcome_that_the_contract_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="outcome 0 of step a"):
        to_result(executor.StepResult(step_id="a"))


def test_an_error_class_that_is_not_known_may_pass() -> None:
    message = executor.StepResult(
        step_id="a", outcome=executor.OUTCOME_REFUSED, error=executor.Error(code="C", message="m")
    )
    assert to_result(message).error == CallError(error_class=ErrorClass.TRANSIENT, code="C", message="m")


@pytest.mark.parametrize(
    ("query", "request_"),
    [
        pytest.param(
            Query(scope=Scope.ALL, keys=("i-1",)),
            executor.ObserveRequest(all=executor.AllQuery(instance_ids=["i-1"])),
            id="everything",
        ),
        pytest.param(
            Query(scope=Scope.STACK, stack=STACK, tags={"t": "1"}, keys=("lb:a", "tg:b", "tg:c", "sg:d")),
            executor.ObserveRequest(
                stack=executor.StackQuery(
                    tags={"t": "1"},
                    load_balancer_names=["a"],
                    target_group_names=["b", "c"],
                    security_group_names=["d"],
                )
            ),
            id="a stack",
        ),
        *(
            pytest.param(
                Query(scope=Scope.LOOKUP, kind=kind, keys=("k",)),
                executor.ObserveRequest(
                    lookup=executor.LookupQuery(kind=executor.LookupKind.Value(f"LOOKUP_KIND_{kind}"), keys=["k"])
                ),
                id=f"a lookup: {kind}",
            )
            for kind in LookupKind
            if kind is not LookupKind.STACK
        ),
    ],
)
def test_queries(query: Query, request_: executor.ObserveRequest) -> None:
    request_.session, request_.lane, request_.traceparent = "s", pb.LANE_DRAIN, "t"
    assert to_request(query, session="s", lane=Lane.DRAIN, traceparent="t") == request_


def test_a_stack_is_no_lookup_on_the_wire() -> None:
    with pytest.raises(ValueError, match="a query of its own"):
        to_request(Query(scope=Scope.LOOKUP, kind=LookupKind.STACK), session="s", lane=Lane.EDIT, traceparent="")


def test_an_observation() -> None:
    message = executor.Observation(
        begun=9,
        resources=[
            aws_pb.Resource(
                kind=aws_pb.RESOURCE_KIND_LISTENER,
                id="l",
                parent_id="lb",
                description='{"Port": 80}',
                tags=aws_pb.Pairs(values={"a": "b"}),
            ),
            aws_pb.Resource(kind=aws_pb.RESOURCE_KIND_LOAD_BALANCER, id="lb", attributes=aws_pb.Pairs()),
            aws_pb.Resource(kind=aws_pb.RESOURCE_KIND_LISTENER, id="l", certificates=aws_pb.Names(values=["c"])),
            aws_pb.Resource(kind=aws_pb.RESOURCE_KIND_TARGETS, id="tg", description='[{"Target": {}}]'),
            aws_pb.Resource(id="of a kind that this version does not know"),
        ],
    )
    assert to_observation(message) == Observation(
        begun=9,
        records=(
            ObservedRecord(kind=RecordKind.LISTENER, id="l", parent="lb", description={"Port": 80}, tags={"a": "b"}),
            ObservedRecord(kind=RecordKind.LOAD_BALANCER, id="lb", attributes={}),
            ObservedRecord(kind=RecordKind.LISTENER, id="l", certificates=("c",)),
        ),
        targets=(ObservedTargets(arn="tg", descriptions=[{"Target": {}}]),),
    )


def test_every_kind_of_resource_arrives() -> None:
    numbers = [n for n in aws_pb.ResourceKind.values() if n]
    resources = [aws_pb.Resource(kind=n, id=str(n), description=json.dumps({})) for n in numbers]
    seen = to_observation(executor.Observation(resources=resources[:0]))
    assert seen == Observation(begun=0)
    for number, resource in zip(numbers, resources, strict=True):
        resource.description = "[]" if number == aws_pb.RESOURCE_KIND_TARGETS else "{}"
        seen = to_observation(executor.Observation(resources=[resource]))
        assert len(seen.records) + len(seen.targets) == 1


def test_health_and_what_is_tracked() -> None:
    message = executor.TrackResponse(
        target_group_arn="tg",
        begun=9,
        targets=[executor.TargetHealth(id="10.0.0.1", port=80, state="initial", reason="R", description="d")],
    )
    assert to_health(message) == Observation(
        begun=9,
        targets=(
            ObservedTargets(
                arn="tg",
                descriptions=(
                    {
                        "Target": {"Id": "10.0.0.1", "Port": 80},
                        "TargetHealth": {"State": "initial", "Reason": "R", "Description": "d"},
                    },
                ),
            ),
        ),
    )
    target = Tracked(id="10.0.0.1", port=80, pod_namespace="shop", pod_name="p", pod_uid="u", gate="g")
    group = TrackedGroup(target_group_arn="tg", binding=BindingKey(namespace="shop", name="b"), targets=(target,))
    assert from_tracked(group, "t") == executor.TrackedGroup(
        target_group_arn="tg",
        binding="shop/b",
        traceparent="t",
        targets=[
            executor.TrackedTarget(id="10.0.0.1", port=80, pod_namespace="shop", pod_name="p", pod_uid="u", gate="g")
        ],
    )
