"""The check of one annotation, for tables of values that it takes and refuses."""

from services.planner.core.annotations.annotated import Annotated, check
from services.planner.core.annotations.values import quoted
from services.planner.core.findings import Findings
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.problems import Problem, Reason
from tests.unit.planner_core.build_inputs import PREFIX

INGRESS = ObjectRef(kind=Kind.INGRESS, namespace="shop", name="web")


def checked(name: str, text: str) -> tuple[Problem, ...]:
    """What is wrong with an Ingress that has this annotation alone; its name without the prefix."""
    findings = Findings()
    check(Annotated(where=INGRESS, values={f"{PREFIX}{name}": text}), findings)
    assert findings.warnings == ()
    return findings.problems


def refusal(name: str, text: str, why: str) -> tuple[Problem, ...]:
    """The one problem of a value that is not accepted, in the words that the user gets."""
    return (
        Problem(
            where=INGRESS,
            reason=Reason.INVALID_ANNOTATION,
            message=f"the value {quoted(text)} is not accepted: {why}",
            field=f"{PREFIX}{name}",
        ),
    )
