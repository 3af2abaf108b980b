"""What `elbow trace` shows."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.cli.rendering.trace import TYPED, duration, list_lines, trace_lines
from services.cli.trace_store import Span, is_whole

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECOND = 1_000_000_000
NOON = 1_700_000_000 * SECOND


def a_span(name: str, service: str, parent: str | None, begin_ms: float, length_ms: float, **more: Any) -> Span:
    begin = NOON + int(begin_ms * 1e6)
    return Span(
        trace_id=TRACE,
        span_id=name,
        parent_id=parent,
        name=name,
        service=f"elbow-{service}",
        start_ns=begin,
        end_ns=begin + int(length_ms * 1e6),
        **more,
    )


CHANGE = [
    a_span(
        "observe change",
        "watcher",
        None,
        0,
        1,
        attributes={"elbow.kind": "EndpointSlice", "elbow.object": "shop/web-1"},
    ),
    a_span("queue", "planner", "observe change", 2, 100),
    a_span("compute plan", "planner", "observe change", 102, 4),
    a_span("execute plan", "executor", "observe change", 110, 90),
    a_span("step aws RegisterTargets", "executor", "execute plan", 111, 88),
    a_span(
        "aws RegisterTargets",
        "executor",
        "step aws RegisterTargets",
        150,
        48,
        attributes={"elbow.attempt": 2, "elbow.budget_wait_seconds": 0.04},
    ),
]


def plain(spans: Sequence[Span]) -> Sequence[str]:
    return [line.plain for line in trace_lines(spans, TYPED)]


def test_a_change_through_three_services() -> None:
    heading, *rows = plain(CHANGE)
    assert heading.startswith(f"trace {TRACE}  ")
    assert heading.endswith(", 200 ms, 1 AWS call")
    assert rows == [
        "observe change EndpointSlice shop/web-1  watcher     +0.0 ms    1.0 ms  =.......................",
        "|- queue                                 planner     +2.0 ms    100 ms  ============............",
        "|- compute plan                          planner     +102 ms    4.0 ms  ............=...........",
        "`- execute plan                          executor    +110 ms     90 ms  .............===========",
        "   `- step aws RegisterTargets           executor    +111 ms     88 ms  .............===========",
        "      `- aws RegisterTargets             executor    +150 ms     48 ms  ..................======"
        "  attempt 2, 0.04 s for budget",
    ]


def test_a_narrow_terminal_gets_no_bars() -> None:
    rows = [line.plain for line in trace_lines(CHANGE, TYPED, width=80)][1:]
    assert rows[0] == "observe change EndpointSlice shop/web-1  watcher     +0.0 ms    1.0 ms"
    assert rows[-1].endswith(" 48 ms  attempt 2, 0.04 s for budget")


def test_polls_of_health_are_counted_apart() -> None:
    poll = a_span("aws DescribeTargetHealth", "executor", "execute plan", 160, 4)
    assert plain([*CHANGE, poll])[0].endswith(", 1 AWS call, 1 health poll")


def test_a_span_whose_parent_did_not_arrive_stands_at_the_top() -> None:
    lost = a_span("aws CreateRule", "executor", "never seen", 10, 5)
    names = [row.split("  ")[0] for row in plain([CHANGE[0], lost])[1:]]
    assert names == ["observe change EndpointSlice shop/web-1", "aws CreateRule"]


def test_an_error_is_said_with_its_reason() -> None:
    failed = a_span(
        "aws CreateRule",
        "executor",
        None,
        0,
        5,
        status="error",
        status_message="the priority is taken",
        attributes={"elbow.reason": "PriorityInUse"},
    )
    assert plain([failed])[1].endswith("failed: PriorityInUse the priority is taken")


def test_a_list_of_traces() -> None:
    rows = [line.plain for line in list_lines([(TRACE, CHANGE), ("b" * 32, [])])]
    assert rows[0].startswith(f"{TRACE}  ")
    assert rows[0].endswith("  200 ms  1 AWS call  ok  observe change EndpointSlice shop/web-1")
    assert rows[1] == f"{'b' * 32}  not in the trace store"


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        pytest.param(40_000, "0.0 ms", id="next to nothing"),
        pytest.param(1_240_000, "1.2 ms", id="a tenth below ten milliseconds"),
        pytest.param(38_400_000, "38 ms", id="milliseconds"),
        pytest.param(1_204_000_000, "1.20 s", id="seconds"),
    ],
)
def test_durations(nanoseconds: int, expected: str) -> None:
    assert duration(nanoseconds) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param(CHANGE, True, id="all of it"),
        pytest.param([], False, id="nothing arrived"),
        pytest.param(CHANGE[:3], False, id="the executor's part is on its way"),
        pytest.param([*CHANGE[:1], CHANGE[3], CHANGE[5]], False, id="a parent is on its way"),
    ],
)
def test_when_a_trace_is_whole(spans: Sequence[Span], expected: bool) -> None:
    assert is_whole(spans) is expected
