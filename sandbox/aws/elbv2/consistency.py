"""What is seen late: a value with its past, so that a reader can be shown it as it was (aws-elbv2, section 4.3).

Pure: times are sandbox seconds, given by the caller. The data plane sees listeners and targets late, readers what was
created, the tagging API tags, DeleteTargetGroup the end of a reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True)
class Past(Generic[V]):
    """The values that something had, each with the time from which on it held."""

    values: tuple[tuple[float, V], ...] = ()

    def changed(self, value: V, now: float) -> Past[V]:
        """With this value from now on; as it is where that is what it held."""
        if self.values and self.values[-1][1] == value:
            return self
        return replace(self, values=(*self.values, (now, value)))

    def seen(self, now: float, delay: float) -> V | None:
        """What a reader sees that sees changes after this delay; None before it sees any."""
        return next((value for since, value in reversed(self.values) if since + delay <= now), None)

    def next_change(self, now: float, delay: float) -> float | None:
        """When such a reader sees the next change; None when it has seen all."""
        return next((since + delay for since, _ in self.values if since + delay > now), None)

    def without_the_old(self, now: float, delay: float) -> Past[V]:
        """Without what such a reader never sees again."""
        seen = sum(since + delay <= now for since, _ in self.values)
        return replace(self, values=self.values[seen - 1 :]) if seen > 1 else self


def is_unseen(created_at: float, now: float, window: float) -> bool:
    """Whether a reader does not find yet what was created then."""
    return now < created_at + window
