"""The execution of one plan: results folded as they come, stopped when newer input overtakes it. Used by `worker`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from services.planner.core.keys import Lane
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Step
from services.planner.inventory.store import Fold, Store
from services.planner.links.execution import Execution, Executor
from services.planner.links.failures import SessionLostError
from services.planner.results import StepOutcome, StepResult
from services.planner.work.overtaken import must_stop
from services.planner.work.own_writes import OwnWrites, may_be_sent

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Newer:
    """Whether newer input came for a key that is being executed, and how urgent it is."""

    lane: Lane | None = None
    event: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, lane: Lane) -> None:
        """Newer input came."""
        self.lane = lane if self.lane is None else min(lane, self.lane)
        self.event.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One plan on its way. `replan` computes what would be planned now: a plan, None for nothing at all, or raises
    StillPlannedError when it cannot say.
    """

    plan: Plan
    lane: Lane
    traceparent: str
    links: tuple[str, ...]
    newer: Newer
    replan: Callable[[], Awaitable[Plan | None]]
    results: dict[str, StepResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended. `awaited`: steps after whose conflict the view will see a newer object; `cut`: why the stream
    broke, empty when it did not.
    """

    awaited: frozenset[str] = frozenset()
    cut: str = ""


class StillPlannedError(Exception):
    """Newer input cannot be planned now: what is being executed goes on."""


class Runner:
    """Executes plans."""

    def __init__(self, executor: Executor, store: Store, fold: Fold, writes: OwnWrites) -> None:
        self._executor = executor
        self._store = store
        self._fold = fold
        self._writes = writes

    async def run(self, run: Run) -> Ended:
        """Executes the plan to its end. Raises SessionLostError when it could not begin, CallFailedError when the
        executor does not take it.
        """
        execution = self._executor.execute(run.plan, lane=run.lane, traceparent=run.traceparent, links=run.links)
        steps = {step.id: step for step in run.plan.steps}
        awaited: set[str] = set()
        watching = asyncio.create_task(self._watch(run, execution), name=f"newer input for {run.plan.key}")
        self._writes.advance(run.plan, run.results, run.traceparent)
        try:
            async for result in execution.results():
                step = steps.get(result.step_id)
                if step is not None and self._take(run, step, result):
                    awaited.add(result.step_id)
        except SessionLostError as error:
            return Ended(awaited=frozenset(awaited), cut=str(error))
        finally:
            self._writes.finish(run.plan)
            self._doubt_deletions(run)
            watching.cancel()
            await asyncio.wait((watching,))
        return Ended(awaited=frozenset(awaited))

    def _doubt_deletions(self, run: Run) -> None:
        """Deletions that may have been sent and were not answered may have taken effect."""
        for step in run.plan.steps:
            result = run.results.get(step.id)
            unknown = result is not None and result.outcome is StepOutcome.UNKNOWN
            if isinstance(step.work, AwsCall) and (unknown or may_be_sent(step, run.results)):
                self._store.may_have_deleted(self._fold, step.work)

    def _take(self, run: Run, step: Step, result: StepResult) -> bool:
        """Folds one result. Answers whether the key has to wait for the view because of a conflict."""
        run.results[result.step_id] = result
        self._writes.advance(run.plan, run.results, run.traceparent)
        if isinstance(step.work, KubernetesWrite):
            accepted = result.outcome is StepOutcome.ACCEPTED
            self._store.wrote(step.work, result.answer if accepted else None, ended=result.ended)
            waits = self._writes.ended(run.plan.key, step.work, result, run.traceparent)
            return waits and result.outcome is StepOutcome.REFUSED
        if result.outcome is StepOutcome.ACCEPTED:
            sent = AwsCall(
                service=step.work.service,
                operation=step.work.operation,
                parameters=result.sent or step.work.parameters,
            )
            self._store.own(self._fold, sent, result.answer, ended=result.ended)
        return False

    async def _watch(self, run: Run, execution: Execution) -> None:
        """Plans anew whenever newer input has come, and stops the execution if that overtakes it."""
        while True:
            await run.newer.event.wait()
            run.newer.event.clear()
            urgent = run.newer.lane is not None and run.newer.lane < run.lane
            try:
                newer = await run.replan()
            except StillPlannedError:
                continue
            except Exception:
                # A fault of ours: what is being executed was planned well, and the key runs again afterwards.
                _LOGGER.exception("newer input could not be planned", extra={"key": str(run.plan.key)})
                continue
            if must_stop(run.plan, run.results, newer, urgent=urgent):
                await execution.stop()
                return
