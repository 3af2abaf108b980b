"""What building a stack collects: questions are put together, and what is waited for is looked at again."""

from services.planner.core.build.result import Built, result
from services.planner.core.desired import DesiredStack
from services.planner.core.findings import Findings
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from tests.unit.planner_core.build_inputs import KEY

STACK = DesiredStack(key=KEY)


def test_questions_of_a_kind_are_one_question() -> None:
    findings = Findings()
    findings.ask(Lookup(kind=LookupKind.TARGET_GROUPS, keys=("b",)))
    findings.ask(Lookup(kind=LookupKind.NETWORK))
    findings.ask(Lookup(kind=LookupKind.TARGET_GROUPS, keys=("a", "b")))

    assert result(STACK, findings) == Needs(
        lookups=(Lookup(kind=LookupKind.NETWORK), Lookup(kind=LookupKind.TARGET_GROUPS, keys=("a", "b")))
    )


def test_what_is_waited_for_is_looked_at_again_at_the_first_of_its_times() -> None:
    findings = Findings()
    findings.wait("a Secret", None)
    findings.wait("another certificate", 600.0)
    findings.wait("a certificate", 60.0)

    assert result(STACK, findings) == Built(
        desired=STACK, waits_for=("a Secret", "a certificate", "another certificate"), again_seconds=60.0
    )
