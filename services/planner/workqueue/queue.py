"""The innermost layer: keys in lanes. Used by `workqueue.WorkQueue` only."""

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from services.planner.core.keys import Lane

K = TypeVar("K", bound=Hashable)


class LaneQueue(Generic[K]):
    """Keys that are queued, and keys that are being processed; see the package for what it promises.

    A key waits in one lane at most. Added again in a more urgent lane it is promoted to the end of that one; added
    again in the same or a less urgent lane it keeps its place. A key that is added while it is being processed waits
    beside the lanes and enters the most urgent lane that it was added in as soon as its processing has ended.
    """

    def __init__(self) -> None:
        self._lanes: dict[Lane, deque[K]] = {lane: deque() for lane in sorted(Lane)}
        self._lane_of: dict[K, Lane] = {}
        self._processing: dict[K, Lane] = {}
        self._again: dict[K, Lane] = {}
        self._closed = False

    def add(self, key: K, lane: Lane) -> None:
        """Asks for a run of the key. Ignored after `close`."""
        if self._closed:
            return
        if key in self._processing:
            self._again[key] = min(lane, self._again.get(key, lane))
            return
        current = self._lane_of.get(key)
        if current is not None and current <= lane:
            return
        if current is not None:
            self._lanes[current].remove(key)
        self._lane_of[key] = lane
        self._lanes[lane].append(key)

    def take(self) -> tuple[K, Lane] | None:
        """The next key, oldest of the most urgent lane, now being processed; None when nothing is queued."""
        for lane, keys in self._lanes.items():
            if keys:
                key = keys.popleft()
                del self._lane_of[key]
                self._processing[key] = lane
                return key, lane
        return None

    def done(self, key: K) -> None:
        """Ends the processing of a key that `take` gave; raises KeyError for any other."""
        del self._processing[key]
        lane = self._again.pop(key, None)
        if lane is not None:
            self.add(key, lane)

    def close(self, *, drop: bool) -> None:
        """Nothing is added from now on, re-adds included; `drop` also forgets what is queued."""
        self._closed = True
        self._again.clear()
        if drop:
            self._lane_of.clear()
            for keys in self._lanes.values():
                keys.clear()

    def lane_of(self, key: K) -> Lane | None:
        """The lane in which the key is queued, or will be once its processing ends."""
        return self._lane_of.get(key, self._again.get(key))

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def queued(self) -> Iterable[K]:
        """Keys that wait to be handed out or to be processed again."""
        return [*self._lane_of, *self._again]

    @property
    def processing(self) -> Iterable[K]:
        """Keys that were handed out and are not done."""
        return list(self._processing)
