"""A trace as a tree: who did what, when it began, how long it took."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from services.cli.rendering.columns import aligned
from services.cli.rendering.console import BAD, QUIET, SERVICE_STYLES
from services.cli.trace_store import Span

_PREFIX = "elbow-"
_BAR_CELLS = 24
_OBSERVE = "observe change"
_AWS = "aws "
_HEALTH_POLL = "aws DescribeTargetHealth"
_SHORTEST_WAIT_SECONDS = 0.01  # a shorter wait for the budget is none that a user would look for


@dataclass(frozen=True, slots=True, kw_only=True)
class Guides:
    """The strokes of a tree and of a bar."""

    branch: str
    last: str
    through: str
    blank: str
    bar: str
    rest: str


DRAWN = Guides(branch="├─ ", last="└─ ", through="│  ", blank="   ", bar="━", rest="·")
TYPED = Guides(branch="|- ", last="`- ", through="|  ", blank="   ", bar="=", rest=".")
"""For an encoding without box characters."""


def trace_lines(spans: Sequence[Span], guides: Guides = DRAWN, *, width: int | None = None) -> Iterator[Text]:
    """One trace: a heading, then one line per span. A span whose parent did not arrive stands at the top.

    Where the lines would be wider than `width` (in characters) they have no bars.
    """
    begin, end = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
    heading = f"  {_clock(begin)}, {duration(end - begin)}, {_calls(spans)}"
    yield Text.assemble(("trace ", QUIET), (spans[0].trace_id, "bold"), heading)
    tree = list(_tree(spans, guides))
    lines = aligned(
        [[*_facts(span, stem, begin), _bar(span, begin, end, guides), _remark(span)] for span, stem in tree]
    )
    if width is not None and any(line.cell_len > width for line in lines):
        lines = aligned([[*_facts(span, stem, begin), _remark(span)] for span, stem in tree])
    yield from lines


def list_lines(traces: Sequence[tuple[str, Sequence[Span]]]) -> Sequence[Text]:
    """One line per trace id; a trace without spans is one that the store does not have (any more)."""
    return aligned([_summary(trace_id, spans) for trace_id, spans in traces])


def duration(nanoseconds: int) -> str:
    """For people: 0.4 ms, 38 ms, 1.20 s."""
    milliseconds = nanoseconds / 1e6
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.2f} s"


def _tree(spans: Sequence[Span], guides: Guides) -> Iterator[tuple[Span, str]]:
    """Spans in the order of a tree, siblings by start, each with the strokes before its name."""
    known = {span.span_id for span in spans}
    children: Mapping[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: (span.start_ns, span.span_id)):
        children[span.parent_id if span.parent_id in known else None].append(span)

    def below(parent: str, stem: str) -> Iterator[tuple[Span, str]]:
        siblings = children[parent]
        for span in siblings:
            last = span is siblings[-1]
            yield span, stem + (guides.last if last else guides.branch)
            yield from below(span.span_id, stem + (guides.blank if last else guides.through))

    for root in list(children[None]):
        yield root, ""
        yield from below(root.span_id, "")


def _facts(span: Span, stem: str, begin: int) -> list[Text]:
    service, style = _service(span)
    name = Text.assemble((stem, QUIET), (_title(span), f"bold {style}" if span.name.startswith(_AWS) else style))
    return [
        name,
        Text(service, style=style),
        Text(f"+{duration(span.start_ns - begin)}".rjust(9), style=QUIET),
        Text(duration(span.end_ns - span.start_ns).rjust(8)),
    ]


def _service(span: Span) -> tuple[str, str]:
    """Name and style of the service that made the span."""
    name = span.service.removeprefix(_PREFIX)
    return name, SERVICE_STYLES.get(name, "")


def _title(span: Span) -> str:
    """The span's name, and the object that was seen where it is about one."""
    if span.name != _OBSERVE:
        return span.name
    seen = (span.attributes.get("elbow.kind", ""), span.attributes.get("elbow.object", ""))
    return " ".join(str(part) for part in (span.name, *seen) if part)


def _bar(span: Span, begin: int, end: int, guides: Guides) -> Text:
    """Where in the trace's time the span lies."""
    _, style = _service(span)
    cell = max(end - begin, 1) / _BAR_CELLS
    left = min(int((span.start_ns - begin) / cell), _BAR_CELLS - 1)
    length = max(1, min(round((span.end_ns - span.start_ns) / cell), _BAR_CELLS - left))
    right = _BAR_CELLS - left - length
    return Text.assemble((guides.rest * left, QUIET), (guides.bar * length, style), (guides.rest * right, QUIET))


def _remark(span: Span) -> Text:
    """What is not as usual about a span."""
    remarks = []
    if (attempt := span.attributes.get("elbow.attempt", 1)) != 1:
        remarks.append(f"attempt {attempt}")
    if (waited := span.attributes.get("elbow.budget_wait_seconds", 0)) >= _SHORTEST_WAIT_SECONDS:
        remarks.append(f"{waited:g} s for budget")
    if span.status != "error":
        return Text(", ".join(remarks), style=QUIET)
    reason = span.attributes.get("elbow.reason", "")
    remarks.append(" ".join(part for part in ("failed:", str(reason), span.status_message) if part))
    return Text(", ".join(remarks), style=BAD)


def _calls(spans: Sequence[Span]) -> str:
    polls = sum(span.name == _HEALTH_POLL for span in spans)
    number = sum(span.name.startswith(_AWS) for span in spans) - polls
    parts = [_count(number, "AWS call")] + ([_count(polls, "health poll")] if polls else [])
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _summary(trace_id: str, spans: Sequence[Span]) -> list[Text]:
    if not spans:
        return [Text(trace_id), Text("not in the trace store", style=QUIET)]
    begin, end = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
    failed = any(span.status == "error" for span in spans)
    first = min(spans, key=lambda span: (span.start_ns, span.span_id))
    return [
        Text(trace_id),
        Text(_clock(begin), style=QUIET),
        Text(duration(end - begin).rjust(8)),
        Text(_calls(spans)),
        Text("failed", style=BAD) if failed else Text("ok", style="green"),
        Text(_title(first)),
    ]


def _clock(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9).astimezone().strftime("%H:%M:%S")
