"""The session with the executor: opened while this planner leads, opened again when it breaks, and the three calls that
run inside it. `ExecutorLink.run` is a background task of the planner; the workers call `observe` and `execute`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

import grpc
import grpc.aio
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.executor.v1 import executor_service_pb2_grpc as rpc

from services.planner.convert.observations import from_tracked, to_health, to_observation, to_request
from services.planner.convert.plans import PART_BYTES, to_error
from services.planner.core.keys import Lane
from services.planner.core.plans import Plan
from services.planner.inventory.observations import Observation, Query
from services.planner.leadership import Leadership, Term
from services.planner.links.execution import Execution
from services.planner.links.failures import CallFailedError, SessionLostError, describe
from services.planner.links.tracking import Tracked, Tracking
from services.planner.outage import Outage
from services.planner.results import CallError, ErrorClass

HELLO_SECONDS = 30.0
"""Longest time that a Hello may take: the executor answers it when the older calls in flight have ended."""

_REJECTIONS = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNIMPLEMENTED}
_LOGGER = logging.getLogger(__name__)


class ExecutorLink:
    """One session at a time. It lives as long as its Track stream: whatever ends that ends the session."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        leadership: Leadership,
        tracked: Tracked,
        *,
        on_health: Callable[[Observation], None],
        on_change: Callable[[bool], None],
    ) -> None:
        """`on_health` takes each answer of the tracker; `on_change` is told when a session begins and ends."""
        self._stub = rpc.ExecutorServiceStub(channel)
        self._leadership = leadership
        self._tracked = tracked
        self._on_health = on_health
        self._on_change = on_change
        self._session = ""
        self._refused = asyncio.Event()
        self.outage = Outage(
            _LOGGER,
            name="executor",
            meaning="nothing is executed or observed until it is back",
            clock=asyncio.get_running_loop().time,
        )

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            term = await self._leadership.held()
            reason = await self._session_of(term)
            if self._session:
                self._session = ""
                self._on_change(False)
            if self._leadership.term == term:
                await asyncio.sleep(self.outage.goes_on(reason))

    async def observe(self, query: Query, *, lane: Lane, traceparent: str) -> AsyncIterator[Observation | int]:
        """What AWS answers, call by call, and last the sequence number at which the query began: it is answered whole.

        Raises CallFailedError when a call failed, SessionLostError when there is no session or it broke.
        """
        session = self._open_session()
        call = self._stub.Observe(to_request(query, session=session, lane=lane, traceparent=traceparent))
        try:
            async for message in call:
                match message.WhichOneof("message"):
                    case "observation":
                        yield to_observation(message.observation)
                    case "complete":
                        yield message.complete.begun
                        return
                    case "error":
                        raise CallFailedError(to_error(message.error))
        except grpc.aio.AioRpcError as error:
            raise self._failure(session, error) from error
        finally:
            call.cancel()
        raise SessionLostError("the executor ended an observation without an answer")

    def execute(self, plan: Plan, *, lane: Lane, traceparent: str, links: Sequence[str]) -> Execution:
        """Begins the execution of a plan. Raises SessionLostError when there is no session."""
        session = self._open_session()
        return Execution(
            self._stub.Execute(),
            plan,
            session=session,
            lane=lane,
            traceparent=traceparent,
            links=links,
            failure=lambda error: self._failure(session, error),
        )

    def _open_session(self) -> str:
        if not self._session:
            raise SessionLostError("there is no session with the executor")
        return self._session

    def _failure(self, session: str, error: grpc.aio.AioRpcError) -> Exception:
        """The error for a call that broke. Where the executor does not know the session, a new one is opened."""
        if error.code() in _REJECTIONS:
            rejection = CallError(
                error_class=ErrorClass.PERMANENT, code=error.code().name, message=error.details() or ""
            )
            return CallFailedError(rejection)
        if error.code() is grpc.StatusCode.FAILED_PRECONDITION and session == self._session:
            self._refused.set()
        return SessionLostError(describe(error))

    async def _session_of(self, term: Term) -> str:
        """Opens a session, keeps it and answers why it ended."""
        try:
            hello = await self._stub.Hello(pb.HelloRequest(holder=term.holder, epoch=term.epoch), timeout=HELLO_SECONDS)
            call = self._stub.Track()
            await call.write(self._first(hello.session))
        except grpc.aio.AioRpcError as error:
            return describe(error)
        self._session = hello.session
        self._refused.clear()
        self.outage.ends()
        self._on_change(True)
        try:
            return await _first_to_end(
                self._read(call), self._write(call), self._until_refused(), self._until_over(term)
            )
        finally:
            call.cancel()

    async def _read(self, call: Any) -> str:
        try:
            async for message in call:
                self._on_health(to_health(message))
        except grpc.aio.AioRpcError as error:
            return describe(error)
        return "it ended the stream of target health"

    async def _write(self, call: Any) -> str:
        try:
            while True:
                for request in _chunks(await self._tracked.changes()):
                    await call.write(request)
        except grpc.aio.AioRpcError as error:
            return describe(error)
        except asyncio.InvalidStateError:
            return "it ended the stream of target health"

    async def _until_refused(self) -> str:
        await self._refused.wait()
        return "it does not know the session any more"

    async def _until_over(self, term: Term) -> str:
        await self._leadership.ended(term)
        return "this planner does not lead any more"

    def _first(self, session: str) -> pb.TrackRequest:
        """The first message: everything that is tracked, unless that is too much for one message; the rest follows."""
        everything = self._tracked.everything()
        chunks = list(_chunks(everything)) or [pb.TrackRequest()]
        first = chunks[0]
        for tracking in everything[len(first.groups) :]:
            self._tracked.again(tracking)
        first.session, first.reset = session, True
        return first


def _chunks(groups: Sequence[Tracking]) -> list[pb.TrackRequest]:
    chunks: list[pb.TrackRequest] = []
    size = PART_BYTES + 1
    for tracking in groups:
        message = from_tracked(tracking.group, tracking.traceparent)
        if size > PART_BYTES:
            chunks.append(pb.TrackRequest())
            size = 0
        chunks[-1].groups.append(message)
        size += message.ByteSize()
    return chunks


async def _first_to_end(*jobs: Coroutine[Any, Any, str]) -> str:
    """Runs jobs side by side until one ends, and answers what it answers; the others are cancelled."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task.result() for task in tasks if task in done)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
