"""The planner's parts and how they hang together, apart from process, Lease and sockets. Made by `app`, and by contract
tests on channels of their own.
"""

import asyncio
from dataclasses import dataclass, field

import grpc.aio

from services.planner.caution import Caution
from services.planner.core.inputs import Cluster
from services.planner.core.keys import Key
from services.planner.core.service_ownership import Claim
from services.planner.inventory.asker import Asker
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.observations import Observation
from services.planner.inventory.store import Store
from services.planner.leadership import Leadership
from services.planner.links.executor import ExecutorLink
from services.planner.links.tracking import Tracked
from services.planner.links.watcher import WatcherLink
from services.planner.preview.preview import Preview
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Event
from services.planner.view.references import instance_id
from services.planner.work.bindings_to_come import BindingsToCome
from services.planner.work.causes import Causes
from services.planner.work.core_port import Core, CoreThread
from services.planner.work.dispatch import Dispatch
from services.planner.work.fill import Fill
from services.planner.work.gather import Gatherer
from services.planner.work.keeping import Keeping
from services.planner.work.key_reports import KeyReports
from services.planner.work.ledger import Ledger
from services.planner.work.network_needs import NetworkNeeds
from services.planner.work.own_writes import OwnWrites
from services.planner.work.readiness import Readiness
from services.planner.work.reporter import Reporter
from services.planner.work.running import Runner
from services.planner.work.sweep import Sweep
from services.planner.work.turn import Workshop
from services.planner.work.worker import Worker
from services.planner.workqueue.gate import Gate
from services.runtime.service import Background
from services.runtime.tasks import Tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the parts are made with. `collect_seconds`: for how long registrations gather; `caution`: whether plans are
    executed; `sweep_seconds`: in which all keys are looked at for drift, 0 for never."""

    identity: str
    cluster: Cluster
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    workers: int = 8
    collect_seconds: float = 0.1
    caution: Caution = field(default_factory=Caution)
    sweep_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The parts that run, and those that are asked."""

    workshop: Workshop
    readiness: Readiness
    watcher: WatcherLink
    executor: ExecutorLink
    background: tuple[Background, ...]
    tasks: Tasks

    async def drain(self) -> None:
        """Takes no key any more, and returns when what is in hand has ended."""
        self.workshop.gate.queue.close(drop=True)
        await self.workshop.gate.drained()
        await self.workshop.reporter.idle()
        await self.workshop.keeping.idle()

    async def close(self) -> None:
        """Ends what is left."""
        await self.tasks.close()
        self.workshop.core.close()


def assemble(
    options: Options,
    *,
    watcher: grpc.aio.Channel,
    executor: grpc.aio.Channel,
    leadership: Leadership,
    core: Core,
) -> Assembly:
    """Makes the parts. Needs a running event loop; nothing runs yet."""
    clock = asyncio.get_running_loop().time
    tasks, view, ledger, gate = Tasks(), ClusterView(Claim.of(options.cluster)), Ledger(), Gate[Key]()
    caution = options.caution
    readiness = Readiness(gate, leadership, view, caution)
    store = Store(cluster_name=options.cluster.name, lifetimes=options.lifetimes, clock=clock)
    tracked, writes = Tracked(), OwnWrites(view)
    needs = NetworkNeeds(view, store, ledger, cluster_name=options.cluster.name)

    to_come = BindingsToCome(view, ledger, gate.queue.busy)

    def on_event(event: Event) -> None:
        dispatch.on_event(event)
        readiness.look()

    def on_health(observation: Observation) -> None:
        dispatch.on_health(observation)

    def on_watcher(connected: bool) -> None:
        if not connected:
            view.cut()

    def on_session(has_session: bool) -> None:
        readiness.has_session = has_session
        readiness.look()

    executor_link = ExecutorLink(executor, leadership, tracked, on_health=on_health, on_change=on_session)
    watcher_link = WatcherLink(
        watcher,
        receiver=options.identity,
        on_event=on_event,
        on_change=on_watcher,
        secrets=view.secrets_needed,
    )
    asker = Asker(executor_link, store, clock)
    workshop = Workshop(
        gate=gate,
        view=view,
        store=store,
        core=CoreThread(core),
        asker=asker,
        gatherer=Gatherer(options.cluster, view, store, needs, to_come),
        to_come=to_come,
        needs=needs,
        causes=Causes(),
        writes=writes,
        ledger=ledger,
        runner=Runner(executor_link, store, core.fold, writes),
        keeping=Keeping(executor_link, tasks, caution),
        reporter=Reporter(executor_link, core.report_plan, tasks, caution),
        reports=KeyReports(view, needs),
        tracked=tracked,
        caution=caution,
        clock=clock,
    )
    dispatch = Dispatch(workshop, collect_seconds=options.collect_seconds)
    caution.listen(dispatch.begin_anew)
    caution.listen(readiness.look)
    preview = Preview(workshop)
    fill = Fill(asker, store, ready=readiness.ready, instance_ids=lambda: _instances(view), ended=dispatch.on_filled)
    sweep = Sweep(workshop, ready=readiness.ready, period_seconds=options.sweep_seconds)
    workers = (
        Background(name=f"worker {n}", run=Worker(workshop, preview.of_stack).run) for n in range(options.workers)
    )
    return Assembly(
        workshop=workshop,
        readiness=readiness,
        watcher=watcher_link,
        executor=executor_link,
        background=(
            Background(name="watcher link", run=watcher_link.run),
            Background(name="executor link", run=executor_link.run),
            Background(name="readiness", run=readiness.run),
            Background(name="fill", run=fill.run),
            *((Background(name="drift sweep", run=sweep.run),) if options.sweep_seconds else ()),
            Background(name="guard of reports", run=tasks.guard),
            *workers,
        ),
        tasks=tasks,
    )


def _instances(view: ClusterView) -> tuple[str, ...]:
    return tuple(sorted(filter(None, map(instance_id, view.nodes().values()))))
