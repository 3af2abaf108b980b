"""Waiting for the budget: turns the pure budget into calls that wait. Event loop only; used by the AWS caller."""

import asyncio

from services.executor.core.budget import Budget, Ticket
from services.executor.core.operations import Operation
from services.executor.core.steps import Lane
from services.executor.stopping import StopSignal


class Gate:
    """Lets calls through in the order of the budget, on the event loop's clock."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Ticket, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def admit(self, operation: Operation, lane: Lane, stop: StopSignal) -> float | None:
        """Waits until the operation may be sent; returns the seconds waited, None when it was stopped before.

        Cancelling the wait gives the place in line up.
        """
        asked_at = self._loop.time()
        ticket = self._budget.ask(operation, lane)
        granted: asyncio.Future[None] = self._loop.create_future()
        self._waiting[ticket] = granted
        self._open()
        try:
            if granted.done() or await stop.or_done(granted):
                return self._loop.time() - asked_at
            return None
        finally:
            if self._waiting.pop(ticket, None) is not None:
                self._budget.cancel(ticket)

    def throttled(self, operation: Operation) -> None:
        """AWS answered the operation with a throttle."""
        self._budget.throttled(operation, self._loop.time())

    def succeeded(self, operation: Operation) -> None:
        """AWS took the operation."""
        self._budget.succeeded(operation, self._loop.time())

    def _open(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        granted, again_at = self._budget.grant(self._loop.time())
        for ticket in granted:
            future = self._waiting.pop(ticket)
            if not future.done():
                future.set_result(None)
        if again_at is not None:
            self._timer = self._loop.call_at(again_at, self._open)
