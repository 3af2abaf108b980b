"""What became of each key: its last outcome, its last plan and results, its traces. Read by the servicer; kept by the
worker.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.planner.core.keys import Key, Lane
from services.planner.core.plans import AwsCall, Plan
from services.planner.results import StepResult
from services.planner.work.causes import trace_id

TRACES_KEPT = 20


class State(StrEnum):
    """How a key's last run ended; the value is what a user reads."""

    READY = "ready"
    WAITING = "waiting"
    ERRORED = "errored"
    HELD = "held"
    OBSERVING = "observing"


@dataclass(slots=True, kw_only=True)
class KeyRecord:
    """One key. `plan` is the last one that had something to execute, with its lane and its results so far; `unexecuted`
    the one that is for reading only, while the key is errored or held, or nothing is executed.
    `traces`: trace ids of the runs that had something to execute, newest first, with their times in nanoseconds since
    the epoch. `settled`: the last outcome was an empty plan, so everything is as it should be. `asks`: how often in a
    row the key asked for the network; `repeats`: how often in a row the same plan was executed.
    """

    state: State = State.WAITING
    settled: bool = False
    plan: Plan | None = None
    unexecuted: Plan | None = None
    lane: Lane = Lane.RESYNC
    results: dict[str, StepResult] = field(default_factory=dict)
    traces: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=TRACES_KEPT))
    error: str = ""
    waits_for: str = ""
    asks: int = 0
    repeats: int = 0

    def begin(self, plan: Plan, lane: Lane, traceparent: str, now_ns: int) -> None:
        """A plan is executed now."""
        repeated = self.plan is not None and self.plan.steps == plan.steps
        self.repeats = self.repeats + 1 if repeated else 0
        self.plan, self.lane, self.results = plan, lane, {}
        trace = trace_id(traceparent)
        if trace and all(trace != known for _, known in self.traces):
            self.traces.appendleft((now_ns, trace))

    def end(
        self,
        state: State,
        *,
        error: str = "",
        waits_for: str = "",
        settled: bool = False,
        unexecuted: Plan | None = None,
    ) -> None:
        """A run has ended."""
        self.unexecuted = unexecuted
        self.state, self.error, self.waits_for, self.settled = state, error, waits_for, settled


class Ledger:
    """Records by key."""

    def __init__(self) -> None:
        self._records: dict[Key, KeyRecord] = {}

    def of(self, key: Key) -> KeyRecord:
        """The key's record, a new one if it has none."""
        return self._records.setdefault(key, KeyRecord())

    def find(self, key: Key) -> KeyRecord | None:
        """The key's record, if it was ever worked on."""
        return self._records.get(key)

    def drop(self, key: Key) -> None:
        """The key stands for nothing any more."""
        self._records.pop(key, None)

    def records(self) -> Mapping[Key, KeyRecord]:
        """All records."""
        return self._records


def summary(plan: Plan) -> str:
    """A plan in one line: what it does to which kinds, and in how many calls."""
    counted = Counter((str(change.action), change.kind) for change in plan.changes)
    changes = [f"{action} {number} {kind}{'s' if number > 1 else ''}" for (action, kind), number in counted.items()]
    calls = sum(isinstance(step.work, AwsCall) for step in plan.steps)
    return f"{', '.join(changes) or 'Kubernetes objects only'} ({calls} AWS call{'' if calls == 1 else 's'})"
