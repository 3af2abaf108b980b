"""What a refusal of targets teaches about zones."""

import pytest

from services.planner.core.keys import BindingKey
from services.planner.core.plans import AwsCall, Plan, Step
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult
from services.planner.work.zone_names import learns_zones
from tests.unit.planner_shell.things import BINDING


def refused(operation: str, code: str) -> tuple[Plan, dict[str, StepResult]]:
    step = Step(id="it", work=AwsCall(service="elbv2", operation=operation, parameters={}))
    error = CallError(error_class=ErrorClass.PERMANENT, code=code, message="no")
    return Plan(key=BINDING, steps=(step,)), {"it": StepResult(step_id="it", outcome=StepOutcome.REFUSED, error=error)}


def test_targets_that_are_refused_are_named_with_their_zones_and_without_when_that_is_refused_too() -> None:
    named = set[BindingKey]()
    plan, results = refused("RegisterTargets", "ValidationError")
    assert learns_zones(named, BINDING, plan, results)
    assert named == {BINDING}
    assert not learns_zones(named, BINDING, plan, results)
    assert named == set()


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        pytest.param("RegisterTargets", "TooManyTargets", id="another refusal"),
        pytest.param("DeregisterTargets", "ValidationError", id="another operation"),
    ],
)
def test_nothing_else_teaches(operation: str, code: str) -> None:
    named = set[BindingKey]()
    assert not learns_zones(named, BINDING, *refused(operation, code))
    assert named == set()
