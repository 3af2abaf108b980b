"""What is told on a binding when AWS refuses its plan for good."""

import pytest

from services.planner.core.plans import KubernetesWrite, Plan, Verb
from services.planner.core.reports import report_plan
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult
from services.planner.work.key_reports import KeyReports
from services.planner.work.ledger import KeyRecord, Ledger
from services.planner.work.network_needs import NetworkNeeds
from tests.unit.planner_shell.aws_things import CLUSTER, store
from tests.unit.planner_shell.things import BINDING, binding, view_of


def refused(error_class: ErrorClass) -> KeyRecord:
    error = CallError(error_class=error_class, code="AccessDenied", message="no")
    result = StepResult(step_id="it", outcome=StepOutcome.REFUSED, error=error)
    return KeyRecord(plan=Plan(key=BINDING), results={"it": result})


@pytest.mark.parametrize(
    ("deleted_at", "error_class", "told"),
    [
        pytest.param("", ErrorClass.DENIED, [("FailedReconcile", "Failed reconcile due to x")], id="one that stands"),
        pytest.param("now", ErrorClass.DENIED, [("FailedCleanup", "Failed cleanup due to x")], id="one that goes"),
        pytest.param("now", ErrorClass.THROTTLED, [], id="what passes by itself is not told"),
    ],
)
def test_a_refusal_is_told_on_the_binding(
    deleted_at: str, error_class: ErrorClass, told: list[tuple[str, str]]
) -> None:
    view = view_of(binding(deleted_at=deleted_at))
    needs = NetworkNeeds(view, store(), Ledger(), cluster_name=CLUSTER)
    reports = KeyReports(view, needs).of_plan(BINDING, refused(error_class), ("x",))
    assert [(str(r.reason), r.message) for r in reports] == told


def test_a_binding_that_cannot_go_is_not_ready() -> None:
    view = view_of(binding(deleted_at="now"))
    needs = NetworkNeeds(view, store(), Ledger(), cluster_name=CLUSTER)
    told = KeyReports(view, needs).of_plan(BINDING, refused(ErrorClass.DENIED), ("x",))
    event, condition = (step.work for step in report_plan(BINDING, told).steps)
    assert isinstance(event, KubernetesWrite)
    assert isinstance(condition, KubernetesWrite)
    assert (event.verb, condition.verb, condition.resource) == (Verb.EVENT, Verb.CONDITION, "targetgroupbindings")
    assert condition.body == {
        "type": "Ready",
        "status": "False",
        "reason": "FailedCleanup",
        "message": "Failed cleanup due to x",
    }
