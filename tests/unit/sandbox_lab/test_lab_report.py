"""The report of an experiment: what it shows, and that it needs nothing else."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from sandbox.lab.record import Measure, Record, Result
from sandbox.lab.report.axis import Scale, bin_width, number, round_step, ticks
from sandbox.lab.report.page import page
from sandbox.lab.report.series import Stack, calls, latencies, requests, states
from sandbox.lab.timeline import CallSeen, Mark, Sample, TargetStates, Timeline
from sandbox.lab.verdicts import Verdict, judged, unavailable

GOOD = judged("targets are the pods", expected="10.0.0.1", seen="10.0.0.1")
BAD = judged("no request fails", expected=0, seen=3)
MISSING = unavailable("injected shutdown", expected="0 and 0", why="does not exist yet")


def timeline() -> Timeline:
    return Timeline(
        marks=[Mark(at=0.5, title="Applied"), Mark(at=4, title="Rolled <under> load")],
        samples=[
            Sample(at=1.0, seconds=0.004, status=200, pod="a"),
            Sample(at=1.2, seconds=0.005, status=200, pod="b"),
            Sample(at=5.0, seconds=0.1, status=502),
            Sample(at=5.1, seconds=0.1, status=0, error="reset"),
        ],
        states=[TargetStates(at=1, counts={"initial": 2}), TargetStates(at=3, counts={"healthy": 2})],
        calls=[CallSeen(at=0.6, operation="CreateRule", is_change=True)],
        end=10.0,
    )


def record(*verdicts: Verdict, seen: Timeline | None = None, is_measurement: bool = False, problem: str = "") -> Record:
    return Record(
        name="alb-2048",
        title="The 2048 game",
        done="It is applied.",
        is_measurement=is_measurement,
        started="2026-01-02 03:04 UTC",
        settings=[Measure(label="sandbox clock", value="10 times as fast as the wall's")],
        verdicts=verdicts,
        measures=[Measure(label="time to answer", value="median 3.0 ms")],
        manifests=["kind: Namespace\n---\nkind: Ingress\n"],
        timeline=seen or timeline(),
        problem=problem,
    )


@pytest.mark.parametrize(
    ("made", "result", "code"),
    [
        pytest.param(record(GOOD), Result.PASSED, 0, id="all as expected"),
        pytest.param(record(GOOD, BAD), Result.FAILED, 1, id="one is not"),
        pytest.param(record(GOOD, MISSING), Result.PASSED, 0, id="what is not available is no failure"),
        pytest.param(record(BAD, is_measurement=True), Result.MEASURED, 0, id="a measurement shows its failures"),
        pytest.param(record(GOOD, is_measurement=True), Result.PASSED, 0, id="a measurement may be as hoped for"),
        pytest.param(record(GOOD, problem="no sandbox"), Result.BROKEN, 2, id="it broke off"),
    ],
)
def test_how_an_experiment_ended(made: Record, result: Result, code: int) -> None:
    assert (made.result, made.result.exit_code) == (result, code)


def test_the_tally_leaves_out_what_is_not_available() -> None:
    assert record(GOOD, BAD, MISSING).tally == "1 of 2 as expected, 1 not available"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outside += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        if tag in ("script", "link", "img", "iframe"):
            self.outside.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_from_outside() -> None:
    seen = _Page()
    text = page(record(GOOD, BAD, MISSING))
    seen.feed(text)
    assert seen.outside == []
    assert not re.search(r"url\(|@import", text)


@pytest.mark.parametrize(
    "words",
    [
        "The 2048 game",
        "10 times as fast as the wall's",
        "1 of 2 as expected, 1 not available",
        "does not exist yet",
        "Requests by status",
        "Targets by state",
        "AWS calls per 0.2 s",
        "Rolled <under> load",
        "median 3.0 ms",
        "1. Namespace, Ingress",
    ],
)
def test_the_page_says(words: str) -> None:
    seen = _Page()
    seen.feed(page(record(GOOD, BAD, MISSING)))
    assert any(words in one for one in seen.words)


def test_the_charts_are_well_formed_and_have_every_mark() -> None:
    found = re.search(r"<svg.*</svg>", page(record(GOOD)), re.DOTALL)
    assert found
    picture = ElementTree.fromstring(found[0])
    flags = [one for one in picture.iter() if one.get("class") == "flag"]
    assert len(flags) == 2


def test_a_run_that_broke_off_before_anything_was_seen_has_a_page() -> None:
    text = page(replace(record(problem="no sandbox: port 1 & 2"), manifests=[], measures=[], timeline=Timeline()))
    assert "no sandbox: port 1 &amp; 2" in text
    assert "<svg" not in text


def test_equal_records_give_equal_pages() -> None:
    assert page(record(GOOD)) == page(record(GOOD))


@pytest.mark.parametrize(
    ("span", "most", "expected"),
    [
        pytest.param(10, 10, 1, id="a part each"),
        pytest.param(42, 10, 5, id="rounded up to the next round number"),
        pytest.param(0.9, 4, 0.25, id="below one"),
        pytest.param(1234, 4, 500, id="above a hundred"),
        pytest.param(0, 4, 1, id="nothing to divide"),
    ],
)
def test_steps_of_an_axis_are_round(span: float, most: int, expected: float) -> None:
    assert round_step(span, most) == pytest.approx(expected)


def test_ticks_begin_at_nothing_and_stay_below_the_top() -> None:
    assert list(ticks(42, 4)) == [0, 20, 40]


def test_what_is_counted_has_no_halves() -> None:
    assert list(ticks(2, 4, whole=True)) == [0, 1, 2]
    assert list(ticks(9, 4, whole=True)) == [0, 3, 6, 9]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(1, 0.1, id="never finer than a tenth of a second"),
        pytest.param(30, 0.5, id="half a minute"),
        pytest.param(600, 10, id="ten minutes"),
    ],
)
def test_bins_grow_with_the_time(seconds: float, expected: float) -> None:
    assert bin_width(seconds) == pytest.approx(expected)


def test_values_beyond_a_scale_stay_at_its_ends() -> None:
    scale = Scale(top=10, begin=100, end=0)
    assert [scale.at(value) for value in (-1, 0, 5, 10, 11)] == [100, 100, 50, 0, 0]


def test_numbers_are_short() -> None:
    assert [number(one) for one in (0, 0.25, 40.0, 1200)] == ["0", "0.25", "40", "1,200"]


def test_requests_are_counted_per_second_in_bins() -> None:
    stacks = requests(timeline().samples, 0.5)
    assert stacks == [
        Stack(start=1.0, end=1.5, parts={"2xx": 4.0}),
        Stack(start=5.0, end=5.5, parts={"502": 2.0, "no answer": 2.0}),
    ]


def test_latencies_leave_out_what_was_not_answered() -> None:
    [first, second] = latencies(timeline().samples, 1.0)
    assert (first.median, first.p99) == (4.0, 5.0)
    assert second.p99 == 100.0


def test_states_hold_until_the_next_one_and_the_last_until_the_end() -> None:
    assert states(timeline().states, 10.0) == [
        Stack(start=1, end=3, parts={"initial": 2}),
        Stack(start=3, end=10.0, parts={"healthy": 2}),
    ]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        pytest.param(CallSeen(at=0, operation="CreateRule", is_change=True), "changes", id="a change"),
        pytest.param(CallSeen(at=0, operation="DescribeRules", is_change=False), "reads", id="a read"),
        pytest.param(CallSeen(at=0, operation="DescribeTargetHealth", is_change=False), "health polls", id="a poll"),
        pytest.param(
            CallSeen(at=0, operation="CreateRule", is_change=True, error="Throttling"), "refused", id="a refusal"
        ),
    ],
)
def test_calls_are_told_by_what_they_are_for(call: CallSeen, kind: str) -> None:
    assert calls([call], 1.0) == [Stack(start=0.0, end=1.0, parts={kind: 1})]
