"""An AWS call from the budget to its result. Used by the runner, the guard, the observer and the tracker."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.executor.attempts import Attempt, Attempts
from services.executor.aws import wire
from services.executor.aws.gate import Gate
from services.executor.core.operations import Operation
from services.executor.core.steps import CallResult, ErrorClass, Json, Lane
from services.executor.spans import call_span, mark
from services.executor.stopping import StopSignal
from services.runtime.telemetry import Attributes


class AwsCaller:
    """Sends calls through the budget, each attempt in a thread and in a span `aws <Operation>` of its own."""

    def __init__(self, clients: Mapping[str, Any], gate: Gate, attempts: Attempts, threads: int) -> None:
        """Takes `threads` threads for urgent lanes, and as many again for edits and reads that fill the inventory: a
        slow bulk read never keeps a deregistration waiting for a thread.
        """
        self._clients = clients
        self._gate = gate
        self._attempts = attempts
        self._urgent = ThreadPoolExecutor(threads, thread_name_prefix="aws-urgent")
        self._other = ThreadPoolExecutor(threads, thread_name_prefix="aws")

    async def call(
        self, operation: Operation, parameters: Mapping[str, Json], *, lane: Lane, stop: StopSignal | None = None
    ) -> CallResult:
        """Sends a call in a lane until there is an answer to keep; after `stop`, what waits counts as not sent."""
        signal = stop or StopSignal()
        waited = 0.0

        async def admit() -> bool:
            nonlocal waited
            seconds = await self._gate.admit(operation, lane, signal)
            waited = seconds or 0.0
            return seconds is not None

        async def send(number: int) -> Attempt:
            return await self._send(operation, parameters, lane=lane, number=number, waited=waited)

        return await self._attempts.run(send, admit=admit, repeatable=operation.idempotent, stop=signal)

    async def _send(
        self, operation: Operation, parameters: Mapping[str, Json], *, lane: Lane, number: int, waited: float
    ) -> Attempt:
        pool = self._urgent if lane <= Lane.SERVE else self._other
        attributes: Attributes = {
            "rpc.service": operation.service,
            "elbow.attempt": number,
            "elbow.budget_wait_seconds": round(waited, 3),
            "elbow.lane": lane.name.lower(),
        }
        with call_span(f"aws {operation.name}", attributes) as span:
            answered = await asyncio.get_running_loop().run_in_executor(
                pool, wire.send, self._clients[operation.service], operation, parameters
            )
            span.set_attribute("aws.request_id", answered.request_id)
            mark(span, answered.attempt.error)
        self._tell_budget(operation, answered.attempt)
        return answered.attempt

    def _tell_budget(self, operation: Operation, attempt: Attempt) -> None:
        if attempt.error is None:
            self._gate.succeeded(operation)
        elif attempt.error.error_class is ErrorClass.THROTTLED:
            self._gate.throttled(operation)

    def close(self) -> None:
        """Gives the threads and connections up; calls in flight end by their time-outs."""
        self._urgent.shutdown(wait=False)
        self._other.shutdown(wait=False)
        for client in self._clients.values():
            client.close()
