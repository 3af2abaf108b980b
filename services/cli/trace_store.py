"""Asks a trace store for the spans of a trace: `GET <url>/traces/<trace id>` answers {"spans": [...]}.

The sandbox runs such a store. Used by `elbow trace`.
"""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from services.cli.errors import CliError

EXECUTED = "execute plan"
"""The span that every trace of a reconcile has that changed something; it ends after all it caused."""

_TIMEOUT_SECONDS = 5.0
_LOOK_SECONDS = 0.3  # longer than the delay with which the sandbox's environment lets services export
# The store is named by address; a proxy set for AWS or for downloads is not for it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One finished span, as the store tells it. Ids are lower-case hexadecimal."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    service: str
    """The resource's `service.name`."""

    start_ns: int
    """Nanoseconds since the epoch."""

    end_ns: int
    status: str = "unset"
    """unset, ok or error."""

    status_message: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


class _Answer(BaseModel):
    spans: list[Span]


_FORM = TypeAdapter(_Answer)


class TraceStore:
    """One trace store by its URL."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise CliError(f"a trace store has an http:// or https:// address, not {url!r}")
        self._url = url.rstrip("/")

    async def trace(self, trace_id: str) -> Sequence[Span]:
        """The spans of a trace by start; empty when the store does not know it."""
        return await asyncio.to_thread(self._get, trace_id)

    async def whole_trace(self, trace_id: str, *, wait_seconds: float) -> Sequence[Span]:
        """As `trace`, and looks again while spans still arrive: services export them some moments after they end.

        It is taken as whole when two looks agree on it; after `wait_seconds` it is taken as it is.
        """
        end = time.monotonic() + wait_seconds
        spans = await self.trace(trace_id)
        while time.monotonic() < end:
            await asyncio.sleep(_LOOK_SECONDS)
            before, spans = spans, await self.trace(trace_id)
            if len(spans) == len(before) and is_whole(spans):
                break
        return spans

    def _get(self, trace_id: str) -> Sequence[Span]:
        url = f"{self._url}/traces/{trace_id}"
        try:
            with _OPENER.open(url, timeout=_TIMEOUT_SECONDS) as response:
                spans = _FORM.validate_json(response.read()).spans
        except (urllib.error.URLError, OSError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise CliError(f"the trace store at {self._url} does not answer: {reason}") from error
        except ValidationError as error:
            raise CliError(f"what answers at {self._url} is no trace store") from error
        return sorted(spans, key=lambda span: (span.start_ns, span.span_id))


def is_whole(spans: Sequence[Span]) -> bool:
    """Whether the trace came as far as a plan that was executed, and no span of it lacks its parent."""
    known = {span.span_id for span in spans}
    executed = any(span.name == EXECUTED for span in spans)
    return executed and all(span.parent_id is None or span.parent_id in known for span in spans)
