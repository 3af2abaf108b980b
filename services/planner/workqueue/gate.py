"""Where asyncio workers wait for the workqueue. One per planner; made by `app`."""

import asyncio
from typing import Generic, TypeVar

from services.planner.core.keys import Lane
from services.planner.workqueue.workqueue import WorkQueue

K = TypeVar("K")


class Gate(Generic[K]):
    """Hands out keys while it is open; closed, workers wait and keys gather in the queue.

    The event loop's clock is the queue's. `closed_for` says, for people, why it is closed; empty: it is open.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._news = asyncio.Event()
        self.queue: WorkQueue[K] = WorkQueue(loop.time, self._news.set)
        self._closed_for = "starting"

    @property
    def closed_for(self) -> str:
        """Why no key is handed out; empty when keys are."""
        return self._closed_for

    def set_closed_for(self, reason: str) -> None:
        """Closes the gate with a reason, or opens it with an empty one."""
        self._closed_for = reason
        self._news.set()

    async def take(self) -> tuple[K, Lane] | None:
        """The next key and its lane, as soon as there is one and the gate is open; None once all is drained."""
        while True:
            if self.queue.drained:
                self._news.set()  # the other workers end too
                return None
            taken = None if self._closed_for else self.queue.take()
            if taken is not None:
                return taken
            await self._wait()

    async def drained(self) -> None:
        """Returns when the queue was closed and the last key is done."""
        while not self.queue.drained:
            await self._wait()

    async def _wait(self) -> None:
        """Until something has changed or a time has come. Every waiter wakes: each then looks for itself."""
        self._news.clear()
        due = None if self._closed_for else self.queue.next_due()
        timeout = None if due is None else max(0.0, due - self._loop.time())
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            pass
