"""The drift sweep: everything is observed anew, slowly, and what somebody else changed is put right (architecture,
section 7). A background task of the planner.

A key is looked at by an ordinary run of it, for which what it owns is doubted first: the plan then asks what AWS has,
in the executor's share for that, and is not empty where AWS has drifted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.planner.core.keys import Key, Lane
from services.planner.work.turn import Workshop

_LOGGER = logging.getLogger(__name__)


class Sweep:
    """Looks at every key that has nothing to do, one after the other, spread over the period."""

    def __init__(self, workshop: Workshop, *, ready: Callable[[], Awaitable[None]], period_seconds: float) -> None:
        self._w = workshop
        self._ready = ready
        self._period_seconds = period_seconds

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            begun = self._w.clock()
            keys = sorted(self._w.ledger.records(), key=_order)
            for number, key in enumerate(keys, start=1):
                await self._until(begun + self._period_seconds * number / (len(keys) + 1))
                await self._look_at(key)
            await self._until(begun + self._period_seconds)
            _LOGGER.debug("looked for drift", extra={"keys": len(keys), "seconds": self._w.clock() - begun})

    async def _until(self, due: float) -> None:
        await asyncio.sleep(max(0.0, due - self._w.clock()))

    async def _look_at(self, key: Key) -> None:
        await self._ready()
        record = self._w.ledger.find(key)
        if record is None or not record.settled or not self._w.store.answers.filled:
            return
        self._w.sweeping.begin(key)
        self._w.wake(key, Lane.SWEEP, "")
        await self._w.sweeping.ended()


def _order(key: Key) -> tuple[str, str]:
    return type(key).__name__, str(key)
