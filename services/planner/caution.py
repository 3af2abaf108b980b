"""Whether plans are executed or only shown. Kept by `app` and `kube.reference`, read by everything that acts.

Observing is the first run on a real cluster (architecture, section 9): everything is planned, and nothing is written to
AWS or to Kubernetes, the planner's own Lease apart.
"""

from collections.abc import Callable
from enum import StrEnum


class Mode(StrEnum):
    """What is done with plans."""

    EXECUTE = "execute"
    OBSERVE = "observe"


UNREAD = "it is not known yet whether the reference controller runs"


class Caution:
    """Why nothing is executed, if so."""

    def __init__(self, *, mode: Mode = Mode.EXECUTE, heeds_reference: bool = False) -> None:
        """`heeds_reference`: nothing is executed before `hear` has said that the reference controller does not run."""
        self._by_mode = "--mode=observe" if mode is Mode.OBSERVE else ""
        self._by_reference = UNREAD if heeds_reference else ""
        self._listeners: list[Callable[[], None]] = []

    @property
    def reason(self) -> str:
        """Why nothing is executed, for people; empty: plans are executed."""
        return self._by_mode or self._by_reference

    @property
    def decided(self) -> bool:
        """Whether it is known if plans are to be executed."""
        return self.reason != UNREAD

    def hear(self, reason: str) -> None:
        """Why the reference controller forbids to execute; empty: it does not."""
        before, self._by_reference = self.reason, reason
        if self.reason != before:
            for listener in self._listeners:
                listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls the listener after every change of the reason."""
        self._listeners.append(listener)
