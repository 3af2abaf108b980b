"""Spans that the services exported, as the sandbox's trace store keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.integration.harness.http import JsonHttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One exported span."""

    id: str
    parent: str | None
    trace: str
    name: str
    service: str


class Traces:
    """The trace store."""

    def __init__(self, url: str) -> None:
        self._http = JsonHttp(url=url)

    def trace(self, trace_id: str) -> Sequence[Span]:
        """The spans of a trace so far, by start."""
        return self._spans(f"/traces/{trace_id}")

    def named(self, name: str) -> Sequence[Span]:
        """The latest spans of a name, oldest first."""
        return self._spans("/spans", name=name, limit="1000")

    def _spans(self, path: str, **query: str) -> Sequence[Span]:
        return [
            Span(id=s["span_id"], parent=s["parent_id"], trace=s["trace_id"], name=s["name"], service=s["service"])
            for s in self._http("GET", path, query=query)["spans"]
        ]
