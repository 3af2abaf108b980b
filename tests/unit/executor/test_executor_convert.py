"""Between the wire and the executor's values."""

import pytest
from elbow.aws.v1 import resources_pb2
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.plan.v1 import plan_pb2

from services.executor import convert
from services.executor.core.observations import LookupKind, Observation, Resource, ResourceKind
from services.executor.core.steps import (
    AwsCall,
    CallError,
    CallResult,
    ErrorClass,
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
from services.runtime.errors import InvalidRequestError
from services.runtime.wire import MAX_MESSAGE_BYTES


def message(**changed: object) -> plan_pb2.Plan:
    plan = plan_pb2.Plan(
        id="p",
        key=plan_pb2.Key(kind=plan_pb2.KEY_KIND_BINDING, name="shop/web"),
        lane=plan_pb2.LANE_DRAIN,
        verdict=plan_pb2.VERDICT_OK,
        steps=[
            plan_pb2.Step(
                id="a", aws=plan_pb2.AwsCall(service="elbv2", operation="DeleteRule", parameters='{"RuleArn":"r"}')
            ),
            plan_pb2.Step(
                id="b",
                depends_on=["a"],
                kubernetes=plan_pb2.KubernetesWrite(
                    verb="delete", api_version="v1", resource="pods", name="x", uid="u"
                ),
            ),
        ],
    )
    plan.MergeFrom(plan_pb2.Plan(**changed))  # type: ignore[arg-type]
    return plan


def test_every_lane_of_the_wire_is_a_lane_of_the_budget() -> None:
    lanes = {name.removeprefix("LANE_"): convert.lane_of(value) for name, value in plan_pb2.Lane.items() if value}
    assert lanes == Lane.__members__


def test_a_plan_is_understood() -> None:
    assert convert.plan_of(message()) == Plan(
        id="p",
        key=PlanKey(kind=KeyKind.BINDING, name="shop/web"),
        lane=Lane.DRAIN,
        steps=(
            Step(id="a", work=AwsCall(service="elbv2", operation="DeleteRule", parameters={"RuleArn": "r"})),
            Step(
                id="b",
                depends_on=("a",),
                work=KubernetesWrite(verb=Verb.DELETE, api_version="v1", resource="pods", name="x", uid="u"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"verdict": plan_pb2.VERDICT_HELD}, "PlanNotExecutable", id="held"),
        pytest.param({"steps": [plan_pb2.Step(id="c")]}, "InvalidPlan", id="with a step without work"),
        pytest.param(
            {"steps": [plan_pb2.Step(id="c", aws=plan_pb2.AwsCall(parameters="{"))]}, "InvalidPlan", id="of broken JSON"
        ),
        pytest.param(
            {"steps": [plan_pb2.Step(id="c", aws=plan_pb2.AwsCall(parameters="[]"))]},
            "InvalidPlan",
            id="of a JSON list",
        ),
        pytest.param(
            {"steps": [plan_pb2.Step(id="c", kubernetes=plan_pb2.KubernetesWrite(verb="apply", name="x"))]},
            "InvalidPlan",
            id="with an unknown verb",
        ),
    ],
)
def test_a_plan_is_refused_that_is(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        convert.plan_of(message(**changed))
    assert refused.value.reason == reason


def test_a_result_is_told_with_sorted_json() -> None:
    result = StepResult(
        step_id="a",
        sent={"b": 1, "a": [2]},
        result=CallResult(
            outcome=Outcome.REFUSED,
            error=CallError(error_class=ErrorClass.IN_USE, code="ResourceInUse", message="m"),
            begun=3,
            ended=4,
            attempts=1,
        ),
    )
    assert convert.result_message(result) == pb.StepResult(
        step_id="a",
        outcome=pb.OUTCOME_REFUSED,
        error=pb.Error(error_class=pb.ERROR_CLASS_IN_USE, code="ResourceInUse", message="m"),
        sent='{"a":[2],"b":1}',
        begun=3,
        ended=4,
        attempts=1,
    )


def test_every_kind_and_class_has_its_word_on_the_wire() -> None:
    wire = {name.removeprefix("RESOURCE_KIND_") for name, _ in resources_pb2.ResourceKind.items()} - {"UNSPECIFIED"}
    assert {kind.value for kind in ResourceKind} == wire
    lookups = {name.removeprefix("LOOKUP_KIND_") for name, _ in pb.LookupKind.items()} - {"UNSPECIFIED"}
    assert {kind.value for kind in LookupKind} == lookups
    for outcome in Outcome:
        assert convert.result_message(StepResult(step_id="a", result=CallResult(outcome=outcome))).outcome
    for error_class in ErrorClass:
        assert convert.error_message(CallError(error_class=error_class, code="c", message="m")).error_class


def test_tags_that_were_read_and_are_none_differ_from_tags_that_were_not_read() -> None:
    resources = (
        Resource(kind=ResourceKind.TARGET_GROUP, id="read", tags={}),
        Resource(kind=ResourceKind.TARGET_GROUP, id="unread", description={"a": 1}),
    )
    (response,) = convert.observation_messages(Observation(begun=7, resources=resources))
    read, unread = response.observation.resources
    assert (read.HasField("tags"), unread.HasField("tags")) == (True, False)
    assert (read.description, unread.description) == ("", '{"a":1}')


def test_a_large_observation_is_cut_below_the_limit_and_stays_whole() -> None:
    resources = tuple(
        Resource(kind=ResourceKind.RULE, id=f"rule-{number}", description={"text": "x" * 3000})
        for number in range(1000)
    )
    responses = list(convert.observation_messages(Observation(begun=7, resources=resources)))
    assert len(responses) == 3
    assert all(response.ByteSize() <= MAX_MESSAGE_BYTES for response in responses)
    assert {response.observation.begun for response in responses} == {7}
    ids = [resource.id for response in responses for resource in response.observation.resources]
    assert ids == [resource.id for resource in resources]


def test_an_empty_answer_is_an_observation_too() -> None:
    (response,) = convert.observation_messages(Observation(begun=7, resources=()))
    assert response.observation.begun == 7


def test_a_request_that_asks_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        convert.query_of(pb.ObserveRequest())
