"""The core as the workers call it: pure functions, run in one thread of their own so that a long computation never
holds the event loop (architecture, section 6).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from services.planner.core.aws import Inventory
from services.planner.core.binding import plan_binding
from services.planner.core.fold import fold
from services.planner.core.guard import guard
from services.planner.core.inputs import BindingInput, GateInput, NetworkInput, StackInput
from services.planner.core.keys import Key
from services.planner.core.network import plan_network
from services.planner.core.outcomes import Outcome
from services.planner.core.plans import AwsCall, Plan, Report
from services.planner.core.reports import report_plan
from services.planner.core.stack import plan_stack
from services.planner.core.targets.readiness import plan_gates
from services.planner.core.updates import Update

Input = StackInput | BindingInput | GateInput | NetworkInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The pure functions that decide. Every one is total: an input that cannot be understood gives `Errored`."""

    plan_stack: Callable[[StackInput], Outcome] = plan_stack
    plan_binding: Callable[[BindingInput], Outcome] = plan_binding
    plan_gates: Callable[[GateInput], Outcome] = plan_gates
    plan_network: Callable[[NetworkInput], Outcome] = plan_network
    fold: Callable[[Inventory, AwsCall, Mapping[str, Any]], tuple[Update, ...]] = fold
    guard: Callable[[Input, Outcome, float], Outcome] = guard
    report_plan: Callable[[Key, Iterable[Report]], Plan] = report_plan

    def plan(self, inp: Input, now: float) -> Outcome:
        """The outcome for one key, as far as the guards let it happen. `now`: seconds since the epoch."""
        return self.guard(inp, self._unguarded(inp), now)

    def _unguarded(self, inp: Input) -> Outcome:
        match inp:
            case StackInput():
                return self.plan_stack(inp)
            case BindingInput():
                return self.plan_binding(inp)
            case GateInput():
                return self.plan_gates(inp)
            case NetworkInput():
                return self.plan_network(inp)


class CoreThread:
    """One thread for all planning. `now` gives seconds since the epoch, for the guards."""

    def __init__(self, core: Core, now: Callable[[], float] = time.time) -> None:
        self._core = core
        self._now = now
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="core")

    async def plan(self, inp: Input) -> Outcome:
        """The outcome for one key; an exception of the core is a fault of ours and is raised here."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._core.plan, inp, self._now())

    def close(self) -> None:
        """Ends the thread once it has computed what it has begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
