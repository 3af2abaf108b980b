"""One plan at the executor: sent in parts, its results as they come, and `stop`. Made by `executor.ExecutorLink`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import grpc.aio
from elbow.executor.v1 import executor_service_pb2 as pb

from services.planner.convert.plans import plan_parts, to_result
from services.planner.core.keys import Lane
from services.planner.core.plans import Plan
from services.planner.results import StepResult


class Executor(Protocol):
    """Who executes plans: the executor link."""

    def execute(self, plan: Plan, *, lane: Lane, traceparent: str, links: Sequence[str]) -> "Execution":
        """Begins the execution of a plan. Raises SessionLostError when there is no session."""
        ...


class Execution:
    """Results are read once, by one reader; `stop` may be called while it reads."""

    def __init__(
        self,
        call: Any,
        plan: Plan,
        *,
        session: str,
        lane: Lane,
        traceparent: str,
        links: Sequence[str],
        failure: Callable[[grpc.aio.AioRpcError], Exception],
    ) -> None:
        self._call = call
        self._plan = plan
        self._session = session
        self._lane = lane
        self._traceparent = traceparent
        self._links = links
        self._failure = failure
        self._stopped = False
        self._writing = asyncio.Lock()  # a stream takes one message at a time

    async def results(self) -> AsyncIterator[StepResult]:
        """The result of each step, as it ends. Raises the error that `failure` makes when the stream breaks: of the
        steps that had no result then nothing is known.
        """
        try:
            with suppress(asyncio.InvalidStateError):  # refused before its last part: reading says why
                await self._send()
            async for message in self._call:
                if message.WhichOneof("message") == "finished":
                    return
                yield to_result(message.result)
        except grpc.aio.AioRpcError as error:
            raise self._failure(error) from error
        finally:
            self._call.cancel()

    async def stop(self) -> None:
        """Asks that no step is sent that was not sent yet. What is in flight is still reported."""
        if self._stopped or self._call.done():
            return
        self._stopped = True
        with suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):  # it has ended meanwhile
            async with self._writing:
                await self._call.write(pb.ExecuteRequest(stop=pb.Stop()))

    async def _send(self) -> None:
        parts = list(plan_parts(self._plan, self._lane))
        async with self._writing:
            for number, part in enumerate(parts):
                request = pb.ExecuteRequest(part=pb.PlanPart(plan=part, last=number == len(parts) - 1))
                if number == 0:
                    request.session, request.traceparent = self._session, self._traceparent
                    request.links.extend(self._links)
                await self._call.write(request)
