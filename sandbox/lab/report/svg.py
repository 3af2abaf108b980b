"""Charts in SVG, one above the other on one time axis. Colours are classes; the page's style sheet gives them.

A chart is drawn from numbers alone, so equal records give equal bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from sandbox.lab.report.axis import Scale, number, ticks
from sandbox.lab.report.series import LatencyBin, Stack
from sandbox.lab.timeline import Mark

WIDTH = 960
_LEFT, _RIGHT = 52, 12
_TITLE, _GAP, _AXIS = 26, 22, 30
_MARKS = 22
_LEAST_MARK_GAP = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart: stacks or latencies, with its title and what its numbers count."""

    title: str
    unit: str
    """Said after every number of it: `requests/s`."""
    names: Sequence[str]
    """Its parts from the bottom up; a part's class is its name as `class_of` gives it."""
    stacks: Sequence[Stack] = ()
    lines: Sequence[LatencyBin] = ()
    height: int = 120
    whole: bool = False
    """It counts things."""

    @property
    def top(self) -> float:
        """Its largest value."""
        heights = [stack.height for stack in self.stacks] + [one.p99 for one in self.lines]
        return max(heights, default=0.0)


def class_of(name: str) -> str:
    """The style class of a part: `no answer` becomes `c-no-answer`."""
    return "c-" + "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def drawn(charts: Sequence[Chart], marks: Sequence[Mark], seconds: float) -> str:
    """All charts in one picture. `seconds`: where the time axis ends."""
    time = Scale(top=seconds, begin=_LEFT, end=WIDTH - _RIGHT)
    height = _MARKS + sum(_TITLE + chart.height + _GAP for chart in charts) + _AXIS
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" xmlns="http://www.w3.org/2000/svg">',
        "<title>What happened over time</title>",
    ]
    bottom = height - _AXIS - _GAP
    parts += _marks(marks, time, bottom)
    top = _MARKS
    for chart in charts:
        parts += _chart(chart, time, top + _TITLE)
        top += _TITLE + chart.height + _GAP
    parts += _time_axis(time, bottom)
    return "\n".join([*parts, "</svg>"])


def _marks(marks: Sequence[Mark], time: Scale, bottom: float) -> Iterator[str]:
    last = -1e9
    for order, mark in enumerate(marks, start=1):
        x = time.at(mark.at)
        # Numbers that would lie on each other move apart; their lines stay where they are.
        last = text_x = min(max(x, last + _LEAST_MARK_GAP), WIDTH - _RIGHT)
        yield f'<line class="mark" x1="{x}" y1="{_MARKS}" x2="{x}" y2="{bottom}"/>'
        yield f'<g class="flag"><title>{escape(mark.title)}</title><circle cx="{text_x}" cy="11" r="8"/>'
        yield f'<text x="{text_x}" y="14.5">{order}</text></g>'


def _chart(chart: Chart, time: Scale, top: float) -> Iterator[str]:
    steps = ticks(chart.top or 1, 4, whole=chart.whole)
    ceiling = max(chart.top, steps[-1]) or 1.0
    value = Scale(top=ceiling, begin=top + chart.height, end=top)
    yield f'<text class="title" x="{_LEFT}" y="{top - 9}">{escape(chart.title)}</text>'
    yield f'<text class="unit" x="{WIDTH - _RIGHT}" y="{top - 9}">{escape(chart.unit)}</text>'
    for step in steps:
        y = value.at(step)
        yield f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{WIDTH - _RIGHT}" y2="{y}"/>'
        yield f'<text class="tick-y" x="{_LEFT - 7}" y="{y + 3.5}">{number(step)}</text>'
    for stack in chart.stacks:
        yield from _stack(chart, stack, time, value)
    if chart.lines:
        yield from _lines(chart.lines, time, value)


def _stack(chart: Chart, stack: Stack, time: Scale, value: Scale) -> Iterator[str]:
    x, right = time.at(stack.start), time.at(stack.end)
    gap = 0.6 if right - x > 3 else 0.0
    base = 0.0
    for name in chart.names:
        part = stack.parts.get(name, 0)
        if not part:
            continue
        y, below = value.at(base + part), value.at(base)
        base += part
        # What is rare must be seen all the same: nothing is thinner than a line.
        tall = max(below - y, 1.2)
        yield (
            f'<rect class="{class_of(name)}" x="{x}" y="{round(below - tall, 2)}" '
            f'width="{round(max(right - x - gap, 0.8), 2)}" height="{round(tall, 2)}">'
            f"<title>{_span(stack.start, stack.end)}: {escape(name)} {number(round(part, 2))} {escape(chart.unit)}"
            "</title></rect>"
        )


def _lines(bins: Sequence[LatencyBin], time: Scale, value: Scale) -> Iterator[str]:
    for name, points in (
        ("p99", [(one, one.p99) for one in bins]),
        ("median", [(one, one.median) for one in bins]),
    ):
        places = [f"{time.at((one.start + one.end) / 2)},{value.at(of)}" for one, of in points]
        yield f'<polyline class="{class_of(name)}" points="{" ".join(places)}"/>'
    for one in bins:
        x = time.at((one.start + one.end) / 2)
        yield f'<circle class="dot {class_of("median")}" cx="{x}" cy="{value.at(one.median)}" r="1.6">'
        yield f"<title>{_span(one.start, one.end)}: median {one.median:.1f} ms, p99 {one.p99:.1f} ms</title></circle>"


def _time_axis(time: Scale, bottom: float) -> Iterable[str]:
    yield f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{WIDTH - _RIGHT}" y2="{bottom}"/>'
    for step in ticks(time.top, 10):
        x = time.at(step)
        yield f'<line class="axis" x1="{x}" y1="{bottom}" x2="{x}" y2="{bottom + 4}"/>'
        yield f'<text class="tick-x" x="{x}" y="{bottom + 17}">{number(step)} s</text>'


def _span(start: float, end: float) -> str:
    return f"{number(round(start, 2))} to {number(round(end, 2))} s"
