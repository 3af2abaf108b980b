"""Spans that the services exported, as the sandbox's trace store keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.harness.http import JsonHttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One exported span."""

    id: str
    parent: str | None
    trace: str
    name: str
    service: str
    start_ns: int
    attributes: Mapping[str, Any]


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
            Span(
                id=span["span_id"],
                parent=span["parent_id"],
                trace=span["trace_id"],
                name=span["name"],
                service=span["service"],
                start_ns=span["start_ns"],
                attributes=span["attributes"],
            )
            for span in self._http("GET", path, query=query)["spans"]
        ]
