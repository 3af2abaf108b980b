"""The workqueue: lanes, delays and backoff as one object. Used by the planner's workers through `gate.Gate`."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from services.planner.core.keys import Lane
from services.planner.workqueue.backoff import Backoff, Failure
from services.planner.workqueue.delays import Delays
from services.planner.workqueue.queue import LaneQueue

K = TypeVar("K", bound=Hashable)


class WorkQueue(Generic[K]):
    """Keeps the package's promises. Times are those of `clock`, in seconds; it is not thread-safe.

    A run answers every delay that stood when it began, so `take` drops the key's delays: what the key still waits
    for, its next run says again. `on_change` is called after everything that may let `take` give a key, or change
    when it will.
    """

    def __init__(self, clock: Callable[[], float], on_change: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_change = on_change
        self._queue: LaneQueue[K] = LaneQueue()
        self._later: Delays[K] = Delays()
        self._windows: Delays[K] = Delays()
        self._backoff: Backoff[K] = Backoff()
        self._failed: dict[K, Failure] = {}

    def add(self, key: K, lane: Lane) -> None:
        """Asks for a run now. While a window is open, only a more urgent lane than the window's goes past it."""
        window = self._windows.get(key)
        if window is not None and lane >= window.lane:
            return
        self._queue.add(key, lane)
        self._on_change()

    def collect(self, key: K, lane: Lane, seconds: float) -> None:
        """Asks for a run when a window closes that opens now, unless one is open: changes that come in between are
        answered by one run. A key that is queued already is not held back.
        """
        if self._queue.closed:
            return
        window = self._windows.get(key)
        if window is None and key not in self._queue.processing and self._queue.lane_of(key) is not None:
            self._queue.add(key, lane)
        else:
            self._windows.add(key, self._clock() + seconds, lane)
        self._on_change()

    def add_after(self, key: K, lane: Lane, seconds: float) -> None:
        """Asks for a run in `seconds`, or earlier if something else does."""
        if self._queue.closed:
            return
        self._later.add(key, self._clock() + seconds, lane)
        self._on_change()

    def retry(self, key: K, lane: Lane, failure: Failure) -> float:
        """Asks for a run after a backoff and answers how many seconds that is."""
        seconds = self._backoff.fail(key, failure)
        self._failed[key] = failure
        self.add_after(key, lane, seconds)
        return seconds

    def forget(self, key: K) -> None:
        """Notes a success."""
        self._backoff.forget(key)
        self._failed.pop(key, None)

    def take(self) -> tuple[K, Lane] | None:
        """The next key that is due and its lane; None when none is. The caller must call `done`."""
        now = self._clock()
        for waiting in (self._windows, self._later):
            for key, lane in waiting.due(now):
                self._queue.add(key, lane)
        taken = self._queue.take()
        if taken is not None:
            self._later.drop(taken[0])
            self._windows.drop(taken[0])
        return taken

    def done(self, key: K) -> None:
        """Ends the processing of a key; if it was added meanwhile, it is queued again."""
        self._queue.done(key)
        self._on_change()

    def next_due(self) -> float | None:
        """When a key that waits for a time is due next; None when none waits."""
        times = (self._later.next_due(), self._windows.next_due())
        return min((time for time in times if time is not None), default=None)

    def close(self, *, drop: bool) -> None:
        """Nothing is added from now on and nothing waits any more; `drop` also forgets what is queued."""
        self._queue.close(drop=drop)
        self._later, self._windows = Delays(), Delays()
        self._on_change()

    @property
    def drained(self) -> bool:
        """Whether it was closed and nothing is queued or being processed."""
        return self._queue.closed and not self._queue.queued and not self._queue.processing

    def queued(self) -> set[K]:
        """Keys that wait for a worker, or for a window that closes in a moment."""
        return {*self._queue.queued, *self._windows.waiting()}

    def running(self) -> set[K]:
        """Keys that are being processed."""
        return set(self._queue.processing)

    def busy(self, key: K) -> bool:
        """Whether the key waits for its turn or is being processed."""
        return key in self.queued() or key in self.running()

    def waiting(self) -> dict[K, Failure | None]:
        """Keys that wait for a time and for nothing else, with the failure that made them wait."""
        busy = self.queued() | self.running()
        return {key: self._failed.get(key) for key in self._later.waiting() if key not in busy}
