"""Background tasks that have a name and cannot die unnoticed.

Used by `service.run` for a service's background work, and by services for tasks that they start while they run.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_LOGGER = logging.getLogger(__name__)


class TaskFailedError(Exception):
    """A background task ended with an exception; the process that needs it must not go on as if nothing had
    happened.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"background task {name!r} failed")
        self.name = name


class Tasks:
    """A set of tasks that live until they return or until `close`.

    An exception that escapes a task is logged at once and raised by `guard`, which somebody must await:
    `service.run` does so for its own set, a service registers the `guard` of a set that it made as one of its
    background jobs.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failed: tuple[str, Exception] | None = None
        self._failure = asyncio.Event()

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Starts `work`. The task may be cancelled by the caller; that is no failure."""
        task = asyncio.create_task(self._guarded(name, work), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # Cancelled before its first step, a task never touches `work`, which Python would then report as forgotten.
        task.add_done_callback(lambda _: work.close())
        return task

    async def guard(self) -> None:
        """Waits for the first failure and raises TaskFailedError from it; waits for ever when there is none."""
        await self._failure.wait()
        if self._failed is not None:
            name, error = self._failed
            raise TaskFailedError(name) from error

    async def close(self) -> None:
        """Cancels what still runs and waits until it has ended. A failure on the way out is logged, not raised."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _guarded(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            _LOGGER.exception("background task failed", extra={"task": name})
            if self._failed is None:
                self._failed = (name, error)
                self._failure.set()
