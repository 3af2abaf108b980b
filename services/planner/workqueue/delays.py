"""The middle layer: keys that wait for a time. Used by `workqueue.WorkQueue` only."""

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.planner.core.keys import Lane

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """When a key is due, on the clock of the caller in seconds, and in which lane."""

    due: float
    lane: Lane


class Delays(Generic[K]):
    """At most one delay per key: of two, the earlier time and the more urgent lane count."""

    def __init__(self) -> None:
        self._delays: dict[K, Delay] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0  # keeps the order of equal times, and keys out of comparisons

    def add(self, key: K, due: float, lane: Lane) -> None:
        """Lets the key wait until `due`."""
        known = self._delays.get(key)
        if known is not None:
            due, lane = min(due, known.due), min(lane, known.lane)
        self._delays[key] = Delay(due=due, lane=lane)
        if known is None or due < known.due:
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, key))

    def drop(self, key: K) -> None:
        """Forgets the key's delay, if there is one."""
        self._delays.pop(key, None)

    def get(self, key: K) -> Delay | None:
        """The key's delay."""
        return self._delays.get(key)

    def due(self, now: float) -> Iterator[tuple[K, Lane]]:
        """Takes the keys whose time has come, earliest first."""
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            if self._is_current(key, due):
                yield key, self._delays.pop(key).lane

    def next_due(self) -> float | None:
        """The earliest time that a key waits for, None when none waits."""
        while self._heap and not self._is_current(self._heap[0][2], self._heap[0][0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def waiting(self) -> list[K]:
        """Keys that wait."""
        return list(self._delays)

    def _is_current(self, key: K, due: float) -> bool:
        known = self._delays.get(key)
        return known is not None and known.due == due
