"""Drift in words (architecture, section 7)."""

import pytest

from services.planner.core.drift import drift_messages
from services.planner.core.keys import NetworkKey
from services.planner.core.plans import Change, ChangeAction, FieldChange, Plan
from services.planner.core.problems import Reason


def change(action: ChangeAction, *fields: FieldChange) -> Change:
    return Change(
        kind="rule", name="80:1", action=action, reason=Reason.WANTED, asked_by="Ingress/ns/app", fields=fields
    )


@pytest.mark.parametrize(
    ("changed", "messages"),
    [
        pytest.param(
            change(ChangeAction.CREATE),
            ["rule 80:1: expected, and not found: made again"],
            id="what is missing is made again",
        ),
        pytest.param(
            change(ChangeAction.DELETE),
            ["rule 80:1: not expected, and found: removed"],
            id="what is surplus is removed",
        ),
        pytest.param(
            change(
                ChangeAction.MODIFY,
                FieldChange(field="weight", old=50, new=100),
                FieldChange(field="tag a", old="x"),
            ),
            ["rule 80:1: weight: expected 100, found 50; tag a: expected nothing, found x: put right"],
            id="each field is told with what was expected and what was found",
        ),
        pytest.param(
            change(ChangeAction.MODIFY, FieldChange(field="body", new="y" * 500)),
            [f"rule 80:1: body: expected {'y' * 200}…, found nothing: put right"],
            id="a long value is cut",
        ),
        pytest.param(change(ChangeAction.NO_OP), [], id="what stays is not told"),
    ],
)
def test_a_change_is_told_as_drift(changed: Change, messages: list[str]) -> None:
    plan = Plan(key=NetworkKey(), changes=(changed,))
    assert list(drift_messages(plan)) == [("Ingress/ns/app", message) for message in messages]
