"""An AWS call from the budget to its result. Used by the runner, the guard, the observer and the tracker."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.executor.attempts import Attempt, Attempts
from services.executor.aws import wire
from services.executor.aws.gate import Gate
from services.executor.aws.roles import AssumedRoles, Clients
from services.executor.core.operations import OPERATIONS, Operation
from services.executor.core.steps import AssumedRole, CallResult, ErrorClass, Json, Lane
from services.executor.spans import call_span, mark
from services.executor.stopping import StopSignal
from services.runtime.telemetry import Attributes

_ASSUME_ROLE = OPERATIONS["sts", "AssumeRole"]


class AwsCaller:
    """Sends calls through the budget, each attempt in a thread and in a span `aws <Operation>` of its own."""

    def __init__(
        self, clients: Mapping[str, Any], gate: Gate, attempts: Attempts, threads: int, roles: AssumedRoles
    ) -> None:
        """Takes `threads` threads for urgent lanes, and as many again for edits and reads that fill the inventory: a
        slow bulk read never keeps a deregistration waiting for a thread.
        """
        self._clients = clients
        self._gate = gate
        self._attempts = attempts
        self._roles = roles
        self._urgent = ThreadPoolExecutor(threads, thread_name_prefix="aws-urgent")
        self._other = ThreadPoolExecutor(threads, thread_name_prefix="aws")

    async def call(
        self,
        operation: Operation,
        parameters: Mapping[str, Json],
        *,
        lane: Lane,
        stop: StopSignal | None = None,
        role: AssumedRole | None = None,
    ) -> CallResult:
        """Sends a call in a lane until there is an answer to keep; after `stop`, what waits counts as not sent. With a
        `role`, which is assumed first where need be, under that.
        """
        signal = stop or StopSignal()
        if role is None:
            return await self._call(self._clients, operation, parameters, lane, signal)

        async def assume(asked: Mapping[str, Json]) -> CallResult:
            return await self._call(self._clients, _ASSUME_ROLE, asked, lane, signal)

        clients = await self._roles.clients(role, assume)
        if isinstance(clients, CallResult):
            return clients
        return await self._call(clients, operation, parameters, lane, signal)

    async def _call(
        self, clients: Clients, operation: Operation, parameters: Mapping[str, Json], lane: Lane, signal: StopSignal
    ) -> CallResult:
        waited = 0.0

        async def admit() -> bool:
            nonlocal waited
            seconds = await self._gate.admit(operation, lane, signal)
            waited = seconds or 0.0
            return seconds is not None

        async def send(number: int) -> Attempt:
            client = clients[operation.service]
            return await self._send(client, operation, parameters, lane=lane, number=number, waited=waited)

        return await self._attempts.run(send, admit=admit, repeatable=operation.idempotent, stop=signal)

    async def _send(
        self,
        client: Any,
        operation: Operation,
        parameters: Mapping[str, Json],
        *,
        lane: Lane,
        number: int,
        waited: float,
    ) -> Attempt:
        pool = self._urgent if lane <= Lane.SERVE else self._other
        attributes: Attributes = {
            "rpc.service": operation.service,
            "elbow.attempt": number,
            "elbow.budget_wait_seconds": round(waited, 3),
            "elbow.lane": lane.name.lower(),
        }
        with call_span(f"aws {operation.name}", attributes) as span:
            answered = await asyncio.get_running_loop().run_in_executor(pool, wire.send, client, operation, parameters)
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
        self._roles.close()
