"""The traces of the changes that woke a key."""

import pytest

from services.planner.work.causes import Cause, Causes, trace_id
from tests.unit.planner_shell.plan_things import other_binding
from tests.unit.planner_shell.things import BINDING

Noted = tuple[str, int, bool]


@pytest.mark.parametrize(
    ("noted", "cause"),
    [
        pytest.param([], Cause(traceparent="", links=(), since_ns=100, quiet=True), id="nothing noted: just now"),
        pytest.param(
            [("a", 10, False), ("b", 20, False), ("a", 30, False)],
            Cause(traceparent="a", links=("b",), since_ns=10, quiet=False),
            id="the oldest change is the parent, the others are links",
        ),
        pytest.param(
            [("", 10, True), ("b", 20, False)],
            Cause(traceparent="b", links=(), since_ns=10, quiet=False),
            id="a change without a trace is none to continue",
        ),
        pytest.param(
            [("a", 10, True), ("b", 20, True)],
            Cause(traceparent="a", links=("b",), since_ns=10, quiet=True),
            id="only quiet causes",
        ),
        pytest.param(
            [("a", 500, True)],
            Cause(traceparent="a", links=(), since_ns=100, quiet=True),
            id="a time that has not come is now",
        ),
    ],
)
def test_what_woke_a_key(noted: list[Noted], cause: Cause) -> None:
    causes = Causes()
    for traceparent, at_ns, quiet in noted:
        causes.note(BINDING, traceparent, at_ns, quiet=quiet)
    causes.note(other_binding("another"), "x", 1, quiet=False)
    assert causes.take(BINDING, 100) == cause
    assert causes.take(BINDING, 100) == Cause(traceparent="", links=(), since_ns=100, quiet=True)


def test_links_are_bounded() -> None:
    causes = Causes()
    for number in range(1_000):
        causes.note(BINDING, f"trace-{number}", number, quiet=False)
    assert len(causes.take(BINDING, 2_000).links) == 32


@pytest.mark.parametrize(
    ("traceparent", "expected"),
    [
        pytest.param(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c", id="W3C"
        ),
        pytest.param("", "", id="none"),
    ],
)
def test_the_trace_id(traceparent: str, expected: str) -> None:
    assert trace_id(traceparent) == expected
