"""A planner's parts on real channels, with a watcher and an executor that do what a test says.

Whole seconds never pass here: a test waits for what has to happen, and fails by the time limit if it does not.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from elbow.cluster.v1 import objects_pb2 as cluster
from elbow.executor.v1 import executor_service_pb2 as executor
from elbow.executor.v1 import executor_service_pb2_grpc as executor_rpc
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as planner
from elbow.planner.v1 import planner_service_pb2_grpc as planner_rpc
from elbow.watcher.v1 import watcher_service_pb2 as watcher
from elbow.watcher.v1 import watcher_service_pb2_grpc as watcher_rpc

from services.planner.assembly import Assembly, Options, assemble
from services.planner.core.inputs import Cluster
from services.planner.leadership import Leadership, Term
from services.planner.servicer import FULL_NAME as PLANNER_NAME
from services.planner.servicer import PlannerServicer
from services.planner.work.core_port import Core
from services.runtime.channel import open_channel
from services.runtime.errors import ServiceError
from services.runtime.server import Registration, Server
from services.runtime.settings import ServerSettings, TlsSettings
from services.runtime.tasks import Tasks

WATCHER_NAME = "elbow.watcher.v1.WatcherService"
EXECUTOR_NAME = "elbow.executor.v1.ExecutorService"
_LOOK_SECONDS = 0.005
KINDS = [kind for kind in cluster.Kind.values() if kind]
BODIES = {
    cluster.KIND_SERVICE: "service",
    cluster.KIND_INGRESS: "ingress",
    cluster.KIND_INGRESS_CLASS: "ingress_class",
    cluster.KIND_INGRESS_CLASS_PARAMS: "ingress_class_params",
    cluster.KIND_POD: "pod",
    cluster.KIND_ENDPOINT_SLICE: "endpoint_slice",
    cluster.KIND_NODE: "node",
    cluster.KIND_NAMESPACE: "namespace",
    cluster.KIND_TARGET_GROUP_BINDING: "target_group_binding",
}


def kind_of(thing: cluster.Object) -> "cluster.Kind.ValueType":
    body = thing.WhichOneof("body")
    return next(kind for kind, name in BODIES.items() if name == body)


def change(thing: cluster.Object, *, deleted_at: int = 0, traceparent: str = "") -> watcher.Change:
    """A live change; `deleted_at` is the revision of a deletion."""
    return watcher.Change(
        kind=kind_of(thing),
        object=thing,
        revision=str(deleted_at) if deleted_at else thing.metadata.resource_version,
        deleted=bool(deleted_at),
        traceparent=traceparent,
    )


class ScriptedWatcher(watcher_rpc.WatcherServiceServicer):
    """Says what it is told to, on the last stream that was opened; what is said while none is open waits for one."""

    def __init__(self) -> None:
        self._says: asyncio.Queue[watcher.WatchResponse | None] = asyncio.Queue()
        self._open = False
        self.receivers: list[str] = []

    async def Watch(self, request_iterator: AsyncIterator[watcher.WatchRequest], context: Any) -> AsyncIterator[Any]:
        async for request in request_iterator:
            self.receivers.append(request.receiver)
            break
        if self._open:
            self._says = asyncio.Queue()
        says, self._open = self._says, True
        while (said := await says.get()) is not None:
            yield said

    async def Project(self, request: watcher.ProjectRequest, context: Any) -> watcher.ProjectResponse:
        raise NotImplementedError

    def say(self, *messages: watcher.WatchResponse) -> None:
        """Sends messages."""
        for message in messages:
            self._says.put_nowait(message)

    def cut(self) -> None:
        """Ends the stream after what was said; what is said from now on is for the next one."""
        self._says.put_nowait(None)
        self._says, self._open = asyncio.Queue(), False

    def snapshot(self, *things: cluster.Object, at: int = 100, kinds: Iterable[int] = KINDS) -> None:
        """Sends a whole snapshot of these kinds."""
        for kind in kinds:
            found = [thing for thing in things if kind_of(thing) == kind]
            changes = [watcher.Change(kind=kind_of(t), object=t, snapshot=True) for t in found]
            self.say(
                watcher.WatchResponse(snapshot_begin=watcher.SnapshotBegin(kind=kind)),  # type: ignore[arg-type]
                watcher.WatchResponse(changes=watcher.Changes(changes=changes)),
                watcher.WatchResponse(synced=watcher.Synced(kind=kind, resource_version=str(at))),  # type: ignore[arg-type]
                self.state(kind, watcher.KIND_STATE_SYNCED),
            )

    def change(self, *changes: watcher.Change) -> None:
        """Sends live changes in one message."""
        self.say(watcher.WatchResponse(changes=watcher.Changes(changes=changes)))

    @staticmethod
    def state(kind: int, state: "watcher.KindState.ValueType", message: str = "") -> watcher.WatchResponse:
        report = watcher.KindReport(kind=kind, state=state, message=message)  # type: ignore[arg-type]
        return watcher.WatchResponse(kind_report=report)


@dataclass(slots=True)
class Executing:
    """One plan that the executor was sent."""

    plan: plan_pb2.Plan
    session: str
    traceparent: str
    links: list[str]
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def operations(self) -> list[str]:
        """What its steps do."""
        return [s.aws.operation or f"{s.kubernetes.verb} {s.kubernetes.resource}" for s in self.plan.steps]


Answer = Callable[[plan_pb2.Step], executor.StepResult]


class UnknownSessionError(ServiceError):
    """The session is not known."""


class ScriptedExecutor(executor_rpc.ExecutorServiceServicer):
    """Accepts every step, unless `answers` has another answer for its operation; holds plans while `hold` is set."""

    def __init__(self) -> None:
        self.hellos: list[executor.HelloRequest] = []
        self.session = ""
        self.plans: list[Executing] = []
        self.queries: list[executor.ObserveRequest] = []
        self.observations: dict[str, list[executor.ObserveResponse]] = {}
        self.tracks: list[executor.TrackRequest] = []
        self.answers: dict[str, list[Answer]] = {}
        self.hold = False
        self.sequence = 1_000
        self.refuses_hello = False
        self._health: asyncio.Queue[executor.TrackResponse | None] = asyncio.Queue()
        self._cut = asyncio.Event()

    def forget_session(self) -> None:
        """As a restarted executor: no session is known, every stream is cut."""
        self.session = ""
        self._health.put_nowait(None)
        self._cut.set()
        self._cut = asyncio.Event()

    def health(self, arn: str, *states: tuple[str, str]) -> None:
        """Sends an answer of the tracker: addresses with their states."""
        targets = [executor.TargetHealth(id=id_, port=80, state=state) for id_, state in states]
        self.sequence += 10
        self._health.put_nowait(executor.TrackResponse(target_group_arn=arn, begun=self.sequence, targets=targets))

    async def Hello(self, request: executor.HelloRequest, context: Any) -> executor.HelloResponse:
        self.hellos.append(request)
        if self.refuses_hello:
            raise UnknownSessionError("NotLeader", "the Lease says otherwise")
        self.session = f"session-{len(self.hellos)}"
        return executor.HelloResponse(session=self.session, sequence=self.sequence)

    async def Execute(
        self, request_iterator: AsyncIterator[executor.ExecuteRequest], context: Any
    ) -> AsyncIterator[Any]:
        executing = await self._receive(request_iterator)
        self.plans.append(executing)
        listening = asyncio.create_task(self._listen(request_iterator, executing))
        try:
            if self.hold:
                await self._held(executing)
            for step in executing.plan.steps:
                if executing.stopped.is_set():
                    yield executor.ExecuteResponse(
                        result=executor.StepResult(step_id=step.id, outcome=executor.OUTCOME_STOPPED)
                    )
                    continue
                yield executor.ExecuteResponse(result=self._result(step))
            yield executor.ExecuteResponse(finished=executor.Finished())
        finally:
            listening.cancel()

    async def _held(self, executing: Executing) -> None:
        cut = asyncio.create_task(self._cut.wait())
        go = asyncio.create_task(executing.go.wait())
        stopped = asyncio.create_task(executing.stopped.wait())
        await asyncio.wait((cut, go, stopped), return_when=asyncio.FIRST_COMPLETED)
        was_cut = cut.done()
        for task in (cut, go, stopped):
            task.cancel()
        if was_cut:
            raise UnknownSessionError("SessionEnded", "a newer one has begun")

    async def _receive(self, requests: AsyncIterator[executor.ExecuteRequest]) -> Executing:
        executing: Executing | None = None
        async for request in requests:
            if executing is None:
                if request.session != self.session:
                    raise UnknownSessionError("UnknownSession", "this session is not known")
                executing = Executing(plan_pb2.Plan(), request.session, request.traceparent, list(request.links))
            executing.plan.MergeFrom(request.part.plan)
            if request.part.last:
                return executing
        raise AssertionError("the stream ended before the plan")

    async def _listen(self, requests: AsyncIterator[executor.ExecuteRequest], executing: Executing) -> None:
        async for request in requests:
            if request.WhichOneof("message") == "stop":
                executing.stopped.set()

    def _result(self, step: plan_pb2.Step) -> executor.StepResult:
        self.sequence += 2
        name = step.aws.operation or step.kubernetes.verb
        scripted = self.answers.get(name)
        if scripted:
            result = scripted.pop(0)(step)
            result.step_id = step.id
        else:
            sent = step.aws.parameters or step.kubernetes.body
            result = executor.StepResult(step_id=step.id, outcome=executor.OUTCOME_ACCEPTED, sent=sent, answer="{}")
        result.begun, result.ended = self.sequence, self.sequence + 1
        return result

    async def Observe(self, request: executor.ObserveRequest, context: Any) -> AsyncIterator[Any]:
        if request.session != self.session:
            raise UnknownSessionError("UnknownSession", "this session is not known")
        self.queries.append(request)
        self.sequence += 10
        begun = self.sequence
        what = request.WhichOneof("query")
        name = executor.LookupKind.Name(request.lookup.kind) if what == "lookup" else str(what)
        for response in self.observations.get(name, []):
            if response.WhichOneof("message") == "observation":
                response.observation.begun = begun
            yield response
            if response.WhichOneof("message") == "error":
                return
        yield executor.ObserveResponse(complete=executor.Complete(begun=begun))

    async def Track(self, request_iterator: AsyncIterator[executor.TrackRequest], context: Any) -> AsyncIterator[Any]:
        async def listen() -> None:
            async for request in request_iterator:
                self.tracks.append(request)

        listening = asyncio.create_task(listen())
        try:
            while (health := await self._health.get()) is not None:
                yield health
        finally:
            listening.cancel()

    def asked(self) -> list[str]:
        """Queries by what they ask for, the fill left out."""
        asked = (q for q in self.queries if q.WhichOneof("query") != "all")
        return [
            executor.LookupKind.Name(q.lookup.kind).removeprefix("LOOKUP_KIND_")
            if q.WhichOneof("query") == "lookup"
            else "STACK"
            for q in asked
        ]

    def executed(self) -> list[list[str]]:
        """Operations of every plan, Events left out."""
        return [e.operations for e in self.plans if e.operations != ["event events"]]


def refused(error_class: "executor.ErrorClass.ValueType", code: str = "Code", message: str = "why") -> Answer:
    """An answer that refuses."""
    return lambda _: executor.StepResult(
        outcome=executor.OUTCOME_REFUSED, error=executor.Error(error_class=error_class, code=code, message=message)
    )


def accepted(answer: Mapping[str, Any]) -> Answer:
    """An answer that accepts."""
    return lambda step: executor.StepResult(
        outcome=executor.OUTCOME_ACCEPTED,
        sent=step.aws.parameters or step.kubernetes.body,
        answer=json.dumps(answer),
    )


@dataclass(slots=True)
class Bench:
    """A planner between its scripted peers."""

    watcher: ScriptedWatcher
    executor: ScriptedExecutor
    parts: Assembly
    leadership: Leadership
    stub: Any
    address: str

    async def status(self) -> planner.GetStatusResponse:
        answer: planner.GetStatusResponse = await self.stub.GetStatus(planner.GetStatusRequest())
        return answer

    async def stacks(self) -> list[planner.StackStatus]:
        found: list[planner.StackStatus] = []
        async for part in self.stub.ListStacks(planner.ListStacksRequest()):
            found.extend(part.stacks)
        return found

    async def settled(self) -> planner.GetStatusResponse:
        """Waits until everything is worked off."""
        while True:
            status = await self.status()
            if status.settled:
                return status
            await asyncio.sleep(_LOOK_SECONDS)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        while True:
            if holds():
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def report_health(self, arn: str, *states: tuple[str, str]) -> None:
        """Sends an answer of the tracker, once the registration of these targets is known: a poll that began before
        its end says nothing.
        """
        known = self.parts.workshop.store.whole
        await self.until(lambda: {t.id for t in known().targets.get(arn, ())} >= {id_ for id_, _ in states})
        self.executor.health(arn, *states)

    async def until_said(self, holds: Callable[[planner.GetStatusResponse], bool]) -> planner.GetStatusResponse:
        """Waits until the planner's status holds something."""
        while True:
            status = await self.status()
            if holds(status):
                return status
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_stack(self, holds: Callable[[planner.StackStatus], bool]) -> planner.StackStatus:
        """Waits until the only stack is listed and holds something."""
        while True:
            stacks = await self.stacks()
            if stacks and holds(stacks[0]):
                return stacks[0]
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def serving(name: str, full_name: str, add: Callable[[grpc.aio.Server], None]) -> AsyncIterator[str]:
    """A server for one servicer; answers its address."""
    server = Server(name, [Registration(add=add, full_name=full_name)], ServerSettings())
    address = await server.start()
    try:
        yield address
    finally:
        await server.stop(0)


@asynccontextmanager
async def running(core: Core, *, collect_seconds: float = 0.0, leads: bool = True) -> AsyncIterator[Bench]:
    """A planner that runs, with its peers."""
    watch, execute, leadership, tasks = ScriptedWatcher(), ScriptedExecutor(), Leadership(), Tasks()
    async with (
        serving(
            "watcher", WATCHER_NAME, lambda server: watcher_rpc.add_WatcherServiceServicer_to_server(watch, server)
        ) as watcher_address,
        serving(
            "executor",
            EXECUTOR_NAME,
            lambda server: executor_rpc.add_ExecutorServiceServicer_to_server(execute, server),
        ) as executor_address,
        open_channel(watcher_address, TlsSettings(), service_name="planner") as watcher_channel,
        open_channel(executor_address, TlsSettings(), service_name="planner") as executor_channel,
    ):
        options = Options(
            identity="planner-0",
            cluster=Cluster(name="rig", region="us-west-2", vpc_id="vpc-1"),
            workers=4,
            collect_seconds=collect_seconds,
        )
        parts = assemble(options, watcher=watcher_channel, executor=executor_channel, leadership=leadership, core=core)
        servicer = PlannerServicer(
            parts.workshop,
            leadership,
            identity="planner-0",
            watcher=(watcher_address, parts.watcher.outage),
            executor=(executor_address, parts.executor.outage),
        )
        if leads:
            leadership.set(Term(holder="planner-0", epoch=7))
        async with (
            serving(
                "planner",
                PLANNER_NAME,
                lambda server: planner_rpc.add_PlannerServiceServicer_to_server(servicer, server),
            ) as address,
            open_channel(address, TlsSettings(), service_name="test") as channel,
        ):
            for job in parts.background:
                tasks.spawn(job.name, _as_coroutine(job.run))
            try:
                yield Bench(watch, execute, parts, leadership, planner_rpc.PlannerServiceStub(channel), address)
            finally:
                await tasks.close()
                await parts.close()


async def _as_coroutine(job: Callable[[], Any]) -> None:
    await job()
