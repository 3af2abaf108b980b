"""Spans in memory, by trace and by name. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

CAPACITY = 50_000
"""Spans that are kept; whole traces go first that got no span for the longest time."""


class SpanStatus(StrEnum):
    """How the work of a span ended (OpenTelemetry trace specification, "Set Status")."""

    UNSET = "unset"
    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLink:
    """Another span that this one has to do with, in the same trace or another."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """Something that happened during a span."""

    name: str
    time_ns: int
    """Nanoseconds since the epoch."""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One finished span. Ids are lower-case hex, as in a traceparent header."""

    trace_id: str
    span_id: str
    parent_id: str | None
    """None for the root of its trace."""
    name: str
    service: str
    """The resource's `service.name`."""
    start_ns: int
    """Nanoseconds since the epoch."""
    end_ns: int
    status: SpanStatus = SpanStatus.UNSET
    status_message: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[SpanLink, ...] = ()
    events: tuple[SpanEvent, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class TraceStore:
    """The spans of the traces that were written to most recently."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._traces: dict[str, dict[str, Span]] = {}
        self._count = 0

    def add(self, spans: Iterable[Span]) -> None:
        """Keep spans; one that is sent twice is kept once."""
        for span in spans:
            # Taken out and put back, so that the traces stay in the order of their last span.
            trace = self._traces.pop(span.trace_id, {})
            self._count += span.span_id not in trace
            trace[span.span_id] = span
            self._traces[span.trace_id] = trace
        while self._count > self._capacity and len(self._traces) > 1:
            oldest = next(iter(self._traces))
            self._count -= len(self._traces.pop(oldest))

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace by start; empty if it is not known."""
        return sorted(self._traces.get(trace_id, {}).values(), key=_by_start)

    def find(self, *, name: str | None = None, service: str | None = None, limit: int) -> list[Span]:
        """The latest spans by start, oldest first, of a name and a service where given."""
        matching = (
            span
            for trace in self._traces.values()
            for span in trace.values()
            if name in (None, span.name) and service in (None, span.service)
        )
        return list(deque(sorted(matching, key=_by_start), maxlen=limit))

    def clear(self) -> None:
        self._traces.clear()
        self._count = 0


def _by_start(span: Span) -> tuple[int, str]:
    return span.start_ns, span.span_id
