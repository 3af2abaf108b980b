"""All faults of one endpoint, as the gateway meets them on the way of a call."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sandbox.aws.faults.failures import Failure
from sandbox.aws.faults.holds import Hold, Outcome
from sandbox.aws.faults.selecting import Selector
from sandbox.aws.record import CallRecord, Phase
from sandbox.faults import Board, Outage


@dataclass(slots=True, kw_only=True)
class Delay:
    """Calls that it selects come late: they have their effect, and their answer, after so many more seconds."""

    kind: ClassVar[str] = "delay"

    selector: Selector
    delay_seconds: float
    """Of the wall's clock, by which who calls measures its time-outs."""
    _ended: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        self._ended.wait(self.delay_seconds)

    def end(self) -> None:
        self._ended.set()

    def shown(self) -> Mapping[str, Any]:
        return {**self.selector.shown(), "delay_seconds": self.delay_seconds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The faults that one call meets."""

    delays: Sequence[Delay]
    holds: Sequence[Hold]
    failure: Failure | None

    def wait(self) -> None:
        for delay in self.delays:
            delay.wait()

    def held(self, when: Phase) -> Outcome:
        """Blocks the calling thread as long as a hold holds at this point."""
        for hold in self.holds:
            if hold.when is when and hold.wait() is Outcome.DISCARD:
                return Outcome.DISCARD
        return Outcome.CONTINUE

    def fails(self, when: Phase) -> Failure | None:
        return self.failure if self.failure is not None and self.failure.when is when else None


class Faults:
    """The faults that are on, thread-safe."""

    def __init__(self) -> None:
        self.board = Board()

    @property
    def down(self) -> bool:
        return bool(self.board.active(Outage))

    def meet(self, call: CallRecord) -> Passage:
        """Counts a call that arrived; what it meets."""
        return Passage(
            delays=[delay for delay in self.board.active(Delay) if delay.selector.selects(call)],
            holds=[hold for hold in self.board.active(Hold) if hold.claims(call)],
            failure=next((failure for failure in self.board.active(Failure) if failure.takes(call)), None),
        )

    def discard_held(self) -> None:
        """Closes the connections of all calls that are held, as at the end of the endpoint."""
        for hold in self.board.active(Hold):
            hold.release(Outcome.DISCARD)
        self.board.reset()
