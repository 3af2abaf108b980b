"""Faults that can be switched on: hold the n-th call, answer with an error, refuse every connection.

The gateway asks before and after each call; the admin interface switches.
"""

from __future__ import annotations

import enum
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which calls a fault is about; never those of the sandbox's own parts."""

    operation: re.Pattern[str]
    """Matches the whole name of the operation."""
    mutating: bool
    """Only calls that change something; otherwise all calls."""
    match: str
    """A string that the parameters contain, written as JSON; empty for any."""

    def selects(self, call: CallRecord) -> bool:
        request = call.request
        if request.from_sandbox:
            return False
        if self.mutating and not request.mutating:
            return False
        if not self.operation.fullmatch(request.operation):
            return False
        return not self.match or self.match in json.dumps(request.parameters)


@dataclass(slots=True, kw_only=True)
class Hold:
    """Stops the n-th call that it selects, counted from when it was set."""

    id: int
    selector: Selector
    nth: int
    when: Phase
    state: HoldState = HoldState.WAITING
    seen: int = 0
    call: CallRecord | None = None
    outcome: Outcome | None = None
    released: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "operation": self.selector.operation.pattern,
            "mutating": self.selector.mutating,
            "match": self.selector.match,
            "nth": self.nth,
            "when": self.when.value,
            "state": self.state.value,
            "outcome": self.outcome.value if self.outcome else None,
            "call": self.call.as_json() if self.call else None,
        }


@dataclass(slots=True, kw_only=True)
class InjectedError:
    """Answers the next calls that it selects with an error; they have no effect."""

    id: int
    selector: Selector
    code: str
    message: str
    status: int
    times_left: int

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "operation": self.selector.operation.pattern,
            "mutating": self.selector.mutating,
            "match": self.selector.match,
            "code": self.code,
            "status": self.status,
            "times_left": self.times_left,
        }


class Faults:
    """All switches of one endpoint, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holds: dict[int, Hold] = {}
        self._errors: list[InjectedError] = []
        self._ids = 0
        self.down = False
        """While True, connections are closed without an answer, the admin interface apart."""

    def add_hold(self, selector: Selector, *, nth: int, when: Phase) -> Hold:
        with self._lock:
            self._ids += 1
            hold = Hold(id=self._ids, selector=selector, nth=nth, when=when)
            self._holds[hold.id] = hold
            return hold

    def holds(self) -> list[Hold]:
        with self._lock:
            return list(self._holds.values())

    def release(self, hold_id: int, outcome: Outcome) -> Hold | None:
        """Let the call of a hold go, also one that has not come yet; None for an unknown id."""
        with self._lock:
            hold = self._holds.get(hold_id)
            if hold is not None and hold.state is not HoldState.DONE:
                hold.outcome = outcome
                hold.state = HoldState.DONE
                hold.released.set()
            return hold

    def clear_holds(self, outcome: Outcome = Outcome.CONTINUE) -> None:
        """Remove all holds; what they hold goes on."""
        for hold in self.holds():
            self.release(hold.id, outcome)
        with self._lock:
            self._holds.clear()

    def claim(self, call: CallRecord) -> list[Hold]:
        """Count a call that arrived; gives the holds whose n-th call it is."""
        claimed = []
        with self._lock:
            for hold in self._holds.values():
                if hold.state is HoldState.WAITING and hold.call is None and hold.selector.selects(call):
                    hold.seen += 1
                    if hold.seen == hold.nth:
                        hold.call = call
                        claimed.append(hold)
        return claimed

    def wait(self, claimed: list[Hold], when: Phase) -> Outcome:
        """Block the calling thread as long as one of these holds holds at this point."""
        for hold in claimed:
            if hold.when is not when:
                continue
            with self._lock:
                if hold.state is HoldState.WAITING:
                    hold.state = HoldState.HELD
            hold.released.wait()
            if hold.outcome is Outcome.DISCARD:
                return Outcome.DISCARD
        return Outcome.CONTINUE

    def add_error(self, selector: Selector, *, code: str, message: str, status: int, times: int) -> InjectedError:
        with self._lock:
            self._ids += 1
            error = InjectedError(
                id=self._ids, selector=selector, code=code, message=message, status=status, times_left=times
            )
            self._errors.append(error)
            return error

    def errors(self) -> list[InjectedError]:
        with self._lock:
            return list(self._errors)

    def clear_errors(self) -> None:
        with self._lock:
            self._errors.clear()

    def take_error(self, call: CallRecord) -> InjectedError | None:
        """The error that this call is to be answered with, counted off."""
        with self._lock:
            for error in self._errors:
                if error.times_left > 0 and error.selector.selects(call):
                    error.times_left -= 1
                    return error
        return None
