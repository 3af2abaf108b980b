"""Holding a call: it stops before or after its effect until somebody lets it go."""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sandbox.aws.faults.selecting import Selector
from sandbox.aws.record import CallRecord, Phase


class HoldState(enum.StrEnum):
    WAITING = "waiting"
    """Its call has not come yet."""
    HELD = "held"
    DONE = "done"
    """Its call was let go."""


class Outcome(enum.StrEnum):
    """What becomes of a held call."""

    CONTINUE = "continue"
    DISCARD = "discard"
    """The connection is closed without an answer; held before its effect, the call never has one."""


@dataclass(slots=True, kw_only=True)
class Hold:
    """Stops the n-th call that it selects, counted from when it was set. Thread-safe."""

    kind: ClassVar[str] = "hold"

    selector: Selector
    nth: int = 1
    when: Phase = Phase.BEFORE
    state: HoldState = HoldState.WAITING
    call: CallRecord | None = None
    outcome: Outcome | None = None
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _released: threading.Event = field(default_factory=threading.Event)

    def claims(self, call: CallRecord) -> bool:
        """Counts a call that arrived; whether it is the one to stop."""
        with self._lock:
            if self.state is not HoldState.WAITING or self.call is not None or not self.selector.selects(call):
                return False
            self._seen += 1
            if self._seen == self.nth:
                self.call = call
            return self.call is call

    def wait(self) -> Outcome:
        """Blocks the thread of the call until it is let go."""
        with self._lock:
            if self.state is HoldState.WAITING:
                self.state = HoldState.HELD
        self._released.wait()
        return self.outcome or Outcome.CONTINUE

    def release(self, outcome: Outcome) -> None:
        """Lets the call go, also one that has not come yet. A second release changes nothing."""
        with self._lock:
            if self.state is not HoldState.DONE:
                self.outcome = outcome
                self.state = HoldState.DONE
                self._released.set()

    def end(self) -> None:
        self.release(Outcome.CONTINUE)

    def shown(self) -> Mapping[str, Any]:
        return {
            **self.selector.shown(),
            "nth": self.nth,
            "when": self.when.value,
            "state": self.state.value,
            "outcome": self.outcome.value if self.outcome else None,
            "call": self.call.as_json() if self.call else None,
        }
