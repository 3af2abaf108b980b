"""One turn of one key, and what is worked with in it. Used by `planning`, `aftermath` and `worker`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from services.planner.caution import Caution
from services.planner.core.keys import Key, Lane
from services.planner.inventory.asker import Asker
from services.planner.inventory.store import Store
from services.planner.links.tracking import Tracked
from services.planner.view.cluster import ClusterView
from services.planner.work.bindings_to_come import BindingsToCome
from services.planner.work.causes import Cause, Causes
from services.planner.work.core_port import CoreThread
from services.planner.work.gather import Gatherer
from services.planner.work.keeping import Keeping
from services.planner.work.key_reports import KeyReports
from services.planner.work.ledger import KeyRecord, Ledger
from services.planner.work.network_needs import NetworkNeeds
from services.planner.work.own_writes import OwnWrites
from services.planner.work.reporter import Reporter
from services.planner.work.running import Newer, Runner
from services.planner.work.sweeping import Sweeping
from services.planner.workqueue.gate import Gate


@dataclass(slots=True, kw_only=True)
class Turn:
    """One run of one key; `traceparent` is that of the run, as soon as it has one. `sweeps`: it looks for drift,
    and what its plan changes is drift."""

    key: Key
    lane: Lane
    cause: Cause
    record: KeyRecord
    traceparent: str = ""
    sweeps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What all workers share; made once by `app`. `clock` in seconds, `now_ns` since the epoch. `parked`: keys that
    wait until the view has seen their own writes; `executing`: keys whose plan is being executed; `unfilled`: keys that
    wait until the account has been read; `caution`: whether plans are executed; `sweeping`: the key that is looked at
    for drift.
    """

    gate: Gate[Key]
    view: ClusterView
    store: Store
    core: CoreThread
    asker: Asker
    gatherer: Gatherer
    to_come: BindingsToCome
    needs: NetworkNeeds
    causes: Causes
    writes: OwnWrites
    ledger: Ledger
    runner: Runner
    reporter: Reporter
    keeping: Keeping
    reports: KeyReports
    tracked: Tracked
    caution: Caution
    clock: Callable[[], float]
    now_ns: Callable[[], int] = time.time_ns
    parked: dict[Key, Lane] = field(default_factory=dict)
    unfilled: dict[Key, Lane] = field(default_factory=dict)
    executing: dict[Key, Newer] = field(default_factory=dict)
    sweeping: Sweeping = field(default_factory=Sweeping)

    def wake(self, key: Key, lane: Lane, traceparent: str) -> None:
        """Asks for a run now, which belongs to a trace, to see whether something follows."""
        self.causes.note(key, traceparent, self.now_ns(), quiet=True)
        self.gate.queue.add(key, lane)

    def wake_later(self, key: Key, lane: Lane, traceparent: str, seconds: float) -> None:
        """Asks for a run in a while, which belongs to a trace."""
        self.note_later(key, traceparent, seconds)
        self.gate.queue.add_after(key, lane, seconds)

    def note_later(self, key: Key, traceparent: str, seconds: float) -> None:
        """The key's next run, due in a while, belongs to the trace."""
        self.causes.note(key, traceparent, self.now_ns() + int(seconds * 1e9), quiet=True)
