"""Which key is being looked at for drift. Set by `sweep`, taken by the worker that runs the key."""

import asyncio

from services.planner.core.keys import Key, Lane


class Sweeping:
    """One key at a time."""

    def __init__(self) -> None:
        self._key: Key | None = None
        self._ended = asyncio.Event()

    def begin(self, key: Key) -> None:
        """The next run of the key looks for drift, unless it has a more urgent reason to run."""
        self._key = key
        self._ended.clear()

    def takes(self, key: Key, lane: Lane) -> bool:
        """Whether this run of the key is the one that looks for drift."""
        return key == self._key and lane is Lane.SWEEP

    def end(self, key: Key) -> None:
        """A run of the key has ended, whatever it was for."""
        if key == self._key:
            self._key = None
            self._ended.set()

    async def ended(self) -> None:
        """Returns when the key has run."""
        await self._ended.wait()
