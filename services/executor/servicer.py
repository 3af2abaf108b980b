"""The gRPC face of the executor: sessions, streams, and the hand-over to runner, observer and tracker."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, TypeVar

import grpc
import grpc.aio
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.executor.v1 import executor_service_pb2_grpc as pb_grpc
from elbow.plan.v1 import plan_pb2

from services.executor import convert
from services.executor.aws.observer import Observer
from services.executor.core import graph
from services.executor.core.observations import Observation
from services.executor.core.steps import Lane
from services.executor.runner import Run, Runner
from services.executor.sequence import Sequence
from services.executor.sessions import Session, Sessions, UnknownSessionError
from services.executor.stopping import StopSignal
from services.executor.tracker import Report, Tracker
from services.runtime import telemetry
from services.runtime.errors import InvalidRequestError
from services.runtime.tasks import Tasks

_LOGGER = logging.getLogger(__name__)

FULL_NAME = "elbow.executor.v1.ExecutorService"

_UNSENT_OBSERVATIONS = 16  # what a slow reader may leave waiting in memory; each is below 1 MiB

Context = grpc.aio.ServicerContext[Any, Any]
MakeTracker = Callable[[Report], Tracker]
MessageT = TypeVar("MessageT")


class _Outbox(Generic[MessageT]):
    """Messages on their way to a stream, which ends with them or with the session."""

    def __init__(self, session: Session, limit: int = 0) -> None:
        self._session = session
        self._queue: asyncio.Queue[MessageT | None] = asyncio.Queue(limit)

    async def put(self, message: MessageT) -> None:
        """Adds a message; waits while the stream is slow and there is a limit."""
        await self._queue.put(message)

    def put_nowait(self, message: MessageT) -> None:
        """Adds a message to an outbox without limit."""
        self._queue.put_nowait(message)

    async def close(self) -> None:
        """Says that no message follows."""
        await self._queue.put(None)

    async def messages(self) -> AsyncIterator[MessageT]:
        """The messages until `close`. Raises UnknownSessionError as soon as the session ends."""
        ended = asyncio.create_task(self._session.ended.wait())
        try:
            while True:
                following = asyncio.create_task(self._queue.get())
                await asyncio.wait((following, ended), return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    raise UnknownSessionError("SessionEnded", "this session has ended: a newer one has begun")
                message = following.result()
                if message is None:
                    return
                yield message
        finally:
            ended.cancel()


class ExecutorServicer(pb_grpc.ExecutorServiceServicer):
    """Serves the leading planner."""

    def __init__(
        self,
        *,
        sequence: Sequence,
        sessions: Sessions,
        runner: Runner,
        observer: Observer,
        make_tracker: MakeTracker,
        tasks: Tasks,
    ) -> None:
        self._sequence = sequence
        self._sessions = sessions
        self._runner = runner
        self._observer = observer
        self._make_tracker = make_tracker
        self._tasks = tasks

    async def Hello(self, request: pb.HelloRequest, context: Context) -> pb.HelloResponse:
        """Opens a session; answered when the older session's calls in flight have ended."""
        session = await self._sessions.hello(request.holder, request.epoch)
        return pb.HelloResponse(session=session.id, sequence=self._sequence.next())

    async def Execute(
        self, request_iterator: AsyncIterator[pb.ExecuteRequest], context: Context
    ) -> AsyncIterator[pb.ExecuteResponse]:
        """Runs one plan. The plan outlives a cut stream until its calls in flight have ended."""
        session, head, message = await self._plan(request_iterator)
        plan = convert.plan_of(message)
        try:
            steps = graph.build(plan.steps)
        except graph.InvalidPlanError as error:
            raise InvalidRequestError("InvalidPlan", str(error)) from error
        outbox: _Outbox[pb.ExecuteResponse] = _Outbox(session)
        run = Run(
            plan=plan,
            report=lambda result: outbox.put_nowait(pb.ExecuteResponse(result=convert.result_message(result))),
            stop=StopSignal(),
            confirm=lambda: self._sessions.confirm(session),
            traceparent=head.traceparent,
            links=tuple(head.links),
        )

        async def execute() -> None:
            await self._runner.run(run, steps)
            outbox.put_nowait(pb.ExecuteResponse(finished=pb.Finished()))
            await outbox.close()

        session.adopt(self._tasks.spawn(f"plan {plan.id}", execute()), at_end=run.stop.set)
        listening = self._tasks.spawn(f"stop of plan {plan.id}", _listen_for_stop(request_iterator, run.stop))
        try:
            async for response in outbox.messages():
                yield response
        finally:
            run.stop.set()
            listening.cancel()

    async def Observe(self, request: pb.ObserveRequest, context: Context) -> AsyncIterator[pb.ObserveResponse]:
        """Reads AWS and streams what each call answers."""
        session = await self._sessions.current(request.session)
        query = convert.query_of(request)
        lane = convert.lane_of(request.lane) or Lane.RESYNC
        outbox: _Outbox[pb.ObserveResponse] = _Outbox(session, _UNSENT_OBSERVATIONS)
        begun = self._sequence.next()

        async def emit(observation: Observation) -> None:
            for response in convert.observation_messages(observation):
                await outbox.put(response)

        async def read() -> None:
            with telemetry.continued(request.traceparent):
                error = await self._observer.answer(query, lane, emit)
            last = (
                pb.ObserveResponse(complete=pb.Complete(begun=begun))
                if error is None
                else pb.ObserveResponse(error=convert.error_message(error))
            )
            await outbox.put(last)
            await outbox.close()

        reading = self._tasks.spawn("observe", read())
        try:
            async for response in outbox.messages():
                yield response
        finally:
            reading.cancel()

    async def Track(
        self, request_iterator: AsyncIterator[pb.TrackRequest], context: Context
    ) -> AsyncIterator[pb.TrackResponse]:
        """Polls what the planner names until it ends the stream."""
        first = await anext(aiter(request_iterator), None)
        if first is None:
            return
        session = await self._sessions.current(first.session)
        outbox: _Outbox[pb.TrackResponse] = _Outbox(session)
        tracker = self._make_tracker(lambda health: outbox.put_nowait(convert.health_message(health)))

        async def listen() -> None:
            async for request in _until_cut(request_iterator):
                tracker.replace(convert.tracked_groups(request), reset=request.reset)
            await outbox.close()

        tracker.replace(convert.tracked_groups(first), reset=first.reset)
        listening = self._tasks.spawn("track", listen())
        try:
            async for response in outbox.messages():
                yield response
        finally:
            listening.cancel()
            tracker.close()

    async def _plan(
        self, requests: AsyncIterator[pb.ExecuteRequest]
    ) -> tuple[Session, pb.ExecuteRequest, plan_pb2.Plan]:
        """The session, the first message, and the plan of all parts. A stop before the last part leaves no plan."""
        session: Session | None = None
        head = pb.ExecuteRequest()
        parts: list[plan_pb2.Plan] = []
        async for request in requests:
            if session is None:
                session, head = await self._sessions.current(request.session), request
            if request.WhichOneof("message") != "part":
                raise InvalidRequestError("PlanIncomplete", "the plan was stopped before its last part")
            parts.append(request.part.plan)
            if request.part.last:
                return session, head, convert.merged_plan(parts)
        raise InvalidRequestError("PlanIncomplete", "the stream ended before the last part of the plan")


async def _until_cut(requests: AsyncIterator[MessageT]) -> AsyncIterator[MessageT]:
    """The messages of a stream; a stream that was cut ends like one that the caller ended, and the handler hears of it
    by its own cancellation.
    """
    try:
        async for request in requests:
            yield request
    except (grpc.RpcError, grpc.aio.BaseError) as error:
        _LOGGER.debug("stream cut", extra={"detail": str(error)})


async def _listen_for_stop(requests: AsyncIterator[pb.ExecuteRequest], stop: StopSignal) -> None:
    """Ends with a stop or with the caller's half of the stream, which alone stops nothing."""
    async for request in _until_cut(requests):
        if request.WhichOneof("message") == "stop":
            stop.set()
            return
