"""What is remembered of each key, and how a plan reads in one line."""

import pytest

from services.planner.core.keys import Lane
from services.planner.core.plans import Change, ChangeAction, Plan, Step
from services.planner.core.problems import Reason
from services.planner.work.ledger import KeyRecord, Ledger, summary
from tests.unit.planner_shell.plan_things import aws, plan, register, write
from tests.unit.planner_shell.things import BINDING, STACK


def traceparent(number: int) -> str:
    return f"00-{number:032x}-0000000000000001-01"


def begun(record: KeyRecord, steps: Plan, number: int) -> None:
    record.begin(steps, Lane.EDIT, traceparent(number), number)


def test_traces_are_kept_newest_first_each_once_and_not_for_ever() -> None:
    record = KeyRecord()
    for number in (*range(1, 31), 30):
        begun(record, plan(register(number)), number)
    assert [at for at, _ in record.traces] == list(range(30, 10, -1))
    assert record.traces[0] == (30, f"{30:032x}")


def test_the_same_plan_in_a_row_is_counted() -> None:
    record = KeyRecord()
    repeats = []
    for number in (1, 1, 1, 2, 1):
        begun(record, plan(register(number)), number)
        repeats.append(record.repeats)
    assert repeats == [0, 1, 2, 0, 0]


def test_a_key_that_stands_for_nothing_is_forgotten() -> None:
    ledger = Ledger()
    ledger.of(STACK)
    assert ledger.find(STACK) is not None
    ledger.drop(STACK)
    ledger.drop(BINDING)
    assert ledger.find(STACK) is None


def change(action: ChangeAction, kind: str) -> Change:
    return Change(kind=kind, name="x", action=action, reason=Reason.WANTED, asked_by="Ingress/shop/front")


CREATE, MODIFY = ChangeAction.CREATE, ChangeAction.MODIFY


@pytest.mark.parametrize(
    ("changes", "steps", "line"),
    [
        pytest.param(
            [change(CREATE, "rule"), change(CREATE, "rule"), change(MODIFY, "listener")],
            [aws("a", "CreateRule"), aws("b", "CreateRule"), aws("c", "ModifyListener")],
            "create 2 rules, modify 1 listener (3 AWS calls)",
            id="several changes",
        ),
        pytest.param([change(CREATE, "target")], [register(1)], "create 1 target (1 AWS call)", id="one"),
        pytest.param([], [write("w")], "Kubernetes objects only (0 AWS calls)", id="nothing in AWS"),
    ],
)
def test_a_plan_in_one_line(changes: list[Change], steps: list[Step], line: str) -> None:
    assert summary(Plan(key=STACK, changes=tuple(changes), steps=tuple(steps))) == line
