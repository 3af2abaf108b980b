"""Taking over what the reference controller made: where nothing is to change, nothing is called or written."""

import pytest

from services.planner.core.outcomes import Planned
from services.planner.core.plans import Plan
from services.planner.core.stack import plan_stack
from tests.conformance.recordings import Recording, built_recordings, ingresses, key_of, stack_input
from tests.conformance.standing import adopted_objects, standing


@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in built_recordings()])
def test_the_plan_for_a_recorded_stack_is_empty(recording: Recording) -> None:
    (key,) = {key_of(ingress) for ingress in ingresses(recording)}

    outcome = plan_stack(stack_input(adopted_objects(recording), key, known=standing(recording)))

    assert isinstance(outcome, Planned), outcome
    assert outcome.plan == Plan(key=key)
    assert outcome.waits_for == ""
