"""The queue between what a controller sees and what it works on: an entry per object, never worked on twice at once."""

import asyncio
from collections import deque

from sandbox.kubernetes.client.objects import Key

_BACKOFF_SECONDS = (0.05, 10.0)
"""First and longest pause before an object is tried again after a failure; doubled in between."""


class WorkQueue:
    """Keys in the order in which they were first added.

    A key added while it waits is the same entry; added while it is worked on, it comes back when that work is done.
    """

    def __init__(self) -> None:
        self._waiting: deque[Key] = deque()
        self._dirty: set[Key] = set()
        self._working: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._ready = asyncio.Event()

    def add(self, key: Key) -> None:
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._waiting.append(key)
            self._ready.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Add the key later; of several times for one key the earliest counts."""
        loop = asyncio.get_running_loop()
        pending = self._timers.get(key)
        if pending is not None:
            if pending.when() <= loop.time() + seconds:
                return
            pending.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def retry(self, key: Key) -> None:
        """Add the key after a pause that doubles with each failure in a row."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(_BACKOFF_SECONDS[0] * 2**failures, _BACKOFF_SECONDS[1]))

    def forget(self, key: Key) -> None:
        """Start counting the failures of this key anew."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """The next key, now being worked on until `done`."""
        while not self._waiting:
            self._ready.clear()
            await self._ready.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: Key) -> None:
        self._working.discard(key)
        if key in self._dirty:
            self._waiting.append(key)
            self._ready.set()

    def stop(self) -> None:
        """Drop every pending timer; nothing comes back by itself after this."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)
