"""The record of calls: what was asked of the endpoint, in order. The gateway writes it; tests count from it."""

from __future__ import annotations

import enum
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from sandbox.aws.requests import AwsRequest

CAPACITY = 100_000
"""Calls that are kept; the oldest go first."""


class Phase(enum.StrEnum):
    """How far a call came."""

    BEFORE = "before"
    """It arrived and has had no effect: it waits, was refused by a switch, or was discarded."""
    AFTER = "after"
    """It reached AWS: it took effect, or was refused by AWS's own rules."""


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """One call. Its phase, its end and its error are filled in as they happen."""

    seq: int
    """1 for the first call of the endpoint's life, then upwards without holes, also over a clear."""
    request: AwsRequest
    started: float
    """Seconds since the epoch, when the request had arrived whole."""
    phase: Phase = Phase.BEFORE
    ended: float | None = None
    """Seconds since the epoch, when its answer was ready or its connection was closed; None while it is under way."""
    error: str | None = None
    """The error code of its answer."""
    answered: bool = False
    """False while it is under way, and for good when it was discarded."""

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "service": self.request.service,
            "operation": self.request.operation,
            "parameters": self.request.parameters,
            "mutating": self.request.mutating,
            "caller": self.request.caller,
            "started": self.started,
            "ended": self.ended,
            "phase": self.phase.value,
            "error": self.error,
            "answered": self.answered,
        }


class CallLog:
    """All calls, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[CallRecord] = deque(maxlen=CAPACITY)
        self._seq = 0

    def arrived(self, request: AwsRequest, now: float) -> CallRecord:
        """Begin the record of a call."""
        with self._lock:
            self._seq += 1
            record = CallRecord(seq=self._seq, request=request, started=now)
            self._calls.append(record)
            return record

    def calls(self, since: int = 0) -> list[CallRecord]:
        """Calls with a number above `since`, in order of arrival."""
        with self._lock:
            return [record for record in self._calls if record.seq > since]

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        with self._lock:
            self._calls.clear()
