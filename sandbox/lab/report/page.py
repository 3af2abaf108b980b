"""The report of one experiment: what was done, what was expected and seen, and what happened over time."""

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from sandbox.lab.findings import NO_ANSWER, by_class
from sandbox.lab.record import Measure, Record
from sandbox.lab.report import series
from sandbox.lab.report.axis import bin_width
from sandbox.lab.report.style import STYLE
from sandbox.lab.report.svg import Chart, class_of, drawn
from sandbox.lab.timeline import Timeline
from sandbox.lab.verdicts import Outcome, Verdict

STATUSES = ("2xx", "3xx", "4xx", "5xx", "500", "502", "503", "504", NO_ANSWER)
STATES = ("healthy", "initial", "draining", "unhealthy", "unhealthy.draining", "unused", "unavailable")
CALLS = (series.CHANGE, series.READ, series.POLL, series.REFUSED)
_SIGNS = {Outcome.HOLDS: "✓", Outcome.FAILS: "✗", Outcome.UNAVAILABLE: "-"}


def page(record: Record) -> str:
    """The whole file."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(record.name)}: {record.result}</title>",
            f"<style>{STYLE}</style></head><body><main>",
            *_head(record),
            *_verdicts(record.verdicts),
            *_measures(record.measures),
            *_charts(record.timeline),
            *_manifests(record.manifests),
            "</main></body></html>",
            "",
        ]
    )


def _head(record: Record) -> Iterator[str]:
    yield f'<header><p class="kicker">elbow lab &middot; {escape(record.name)}</p>'
    yield f"<h1>{escape(record.title)}</h1>"
    yield f'<p class="result {class_of(record.result)}"><b>{record.result}</b> {escape(record.tally)}</p>'
    if record.problem:
        yield f'<p class="problem">{escape(record.problem)}</p>'
    yield f'<p class="done">{escape(record.done)}</p>'
    facts = [Measure(label="started", value=record.started), *record.settings]
    items = "".join(f"<li><span>{escape(fact.label)}</span> {escape(fact.value)}</li>" for fact in facts)
    yield f'<ul class="facts">{items}</ul></header>'


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    if not verdicts:
        return
    yield '<section><h2>Expected and seen</h2><div class="wide"><table><thead><tr>'
    yield "<th></th><th>check</th><th>expected</th><th>seen</th></tr></thead><tbody>"
    for one in verdicts:
        yield (
            f'<tr class="{class_of(one.outcome)}"><td class="sign" title="{one.outcome}">{_SIGNS[one.outcome]}</td>'
            f"<th>{escape(one.check)}</th><td>{escape(one.expected)}</td><td>{escape(one.seen)}</td></tr>"
        )
    yield "</tbody></table></div></section>"


def _measures(measures: Sequence[Measure]) -> Iterator[str]:
    if not measures:
        return
    yield '<section><h2>Measured</h2><div class="wide"><table class="measures"><tbody>'
    yield from (f"<tr><th>{escape(one.label)}</th><td>{escape(one.value)}</td></tr>" for one in measures)
    yield "</tbody></table></div></section>"


def _charts(timeline: Timeline) -> Iterator[str]:
    charts = list(charts_of(timeline))
    if not charts:
        return
    yield "<section><h2>Over time</h2>"
    yield '<ol class="marks">'
    yield from (f"<li><span>{mark.at:.1f} s</span> {escape(mark.title)}</li>" for mark in timeline.marks)
    yield "</ol>"
    yield f'<figure class="wide">{drawn(charts, timeline.marks, timeline.end)}</figure>'
    yield "".join(_legends(timeline))
    yield "</section>"


def charts_of(timeline: Timeline) -> Iterator[Chart]:
    """The charts for which something was seen."""
    width = bin_width(timeline.end)
    if timeline.samples:
        stacks = series.requests(timeline.samples, width)
        yield Chart(title="Requests by status", unit="requests/s", names=STATUSES, stacks=stacks)
    failed = [sample for sample in timeline.samples if sample.is_failed]
    if failed:
        stacks = series.requests(failed, width)
        yield Chart(title="Of these, the failed ones", unit="requests/s", names=STATUSES, stacks=stacks, height=70)
    if any(sample.status for sample in timeline.samples):
        lines = series.latencies(timeline.samples, width)
        yield Chart(title="Time to answer, median and p99", unit="ms", names=(), lines=lines, height=80)
    if timeline.states:
        stacks = series.states(timeline.states, timeline.end)
        yield Chart(title="Targets by state", unit="targets", names=STATES, stacks=stacks, height=100, whole=True)
    if timeline.calls:
        stacks = series.calls(timeline.calls, width)
        yield Chart(title=f"AWS calls per {width:g} s", unit="calls", names=CALLS, stacks=stacks, height=80, whole=True)


def _legends(timeline: Timeline) -> Iterator[str]:
    """What colours mean, with how often each was seen."""
    states = {name: "" for one in timeline.states for name in one.counts if one.counts[name]}
    calls = Counter(map(series.kind_of, timeline.calls))
    latency = {"median": "", "p99": ""} if any(sample.status for sample in timeline.samples) else {}
    statuses = {name: f"{count:,}" for name, count in by_class(timeline.samples).items()}
    for title, names, seen in (
        ("Requests", STATUSES, statuses),
        ("Time to answer", tuple(latency), latency),
        ("Targets", STATES, states),
        ("AWS calls", CALLS, {name: f"{count:,}" for name, count in calls.items()}),
    ):
        shown = [name for name in names if name in seen]
        if shown:
            items = "".join(
                f'<li><i class="{class_of(name)}"></i>{escape(name)} <b>{seen[name]}</b></li>' for name in shown
            )
            yield f'<div class="legend"><span>{title}</span><ul>{items}</ul></div>'


def _manifests(manifests: Sequence[str]) -> Iterator[str]:
    if not manifests:
        return
    yield "<section><h2>What was applied</h2>"
    for order, text in enumerate(manifests, start=1):
        kinds = [line.removeprefix("kind: ") for line in text.splitlines() if line.startswith("kind: ")]
        yield f"<details><summary>{order}. {escape(', '.join(kinds))}</summary><pre>{escape(text)}</pre></details>"
    yield "</section>"
