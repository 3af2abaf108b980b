"""The execution of one plan, with an executor that ends it when told to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from services.planner.core.fold import fold
from services.planner.core.keys import Lane
from services.planner.core.plans import Plan
from services.planner.results import StepResult
from services.planner.work.own_writes import OwnWrites
from services.planner.work.running import Ended, Newer, Run, Runner, StillPlannedError
from tests.unit.planner_shell.aws_things import store
from tests.unit.planner_shell.plan_things import accepted, plan, register
from tests.unit.planner_shell.things import ARN, view_of


class Executing:
    """A plan at the executor: its results come when it is let go."""

    def __init__(self, *results: StepResult) -> None:
        self._results = results
        self.go = asyncio.Event()
        self.stops = 0

    async def results(self) -> AsyncIterator[StepResult]:
        await self.go.wait()
        for result in self._results:
            yield result

    async def stop(self) -> None:
        self.stops += 1


class Executor:
    """Gives the one execution."""

    def __init__(self, executing: Executing) -> None:
        self._executing = executing

    def execute(self, plan: Plan, *, lane: Lane, traceparent: str, links: Sequence[str]) -> Any:
        return self._executing


def runner(executing: Executing) -> Runner:
    return Runner(Executor(executing), store(), fold, OwnWrites(view_of()))


def run(replan: Any) -> Run:
    return Run(
        plan=plan(register(1)),
        lane=Lane.SERVE,
        traceparent="",
        links=(),
        newer=Newer(),
        replan=replan,
        results={},
    )


async def ticks() -> None:
    """Lets everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("answers", "stops"),
    [
        pytest.param([None], 1, id="nothing is wanted any more"),
        pytest.param([plan(register(1, 2))], 0, id="more is wanted"),
        pytest.param([StillPlannedError(), None], 1, id="what cannot be planned now is planned at the next change"),
        pytest.param([ZeroDivisionError("a fault"), None], 1, id="a fault of ours does not end the watch"),
    ],
)
async def test_newer_input_is_planned_while_the_plan_runs(answers: list[Any], stops: int) -> None:
    async def replan() -> Plan | None:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    left = [*answers]
    executing = Executing()
    job = run(replan)
    task = asyncio.create_task(runner(executing).run(job))
    for _ in answers:
        await ticks()
        job.newer.tell(Lane.SERVE)
    await ticks()
    executing.go.set()
    assert await task == Ended()
    assert executing.stops == stops


async def test_results_are_folded_as_they_come() -> None:
    executing = Executing(accepted("register"))
    known = store()
    job = run(None)
    executing.go.set()
    await Runner(Executor(executing), known, fold, OwnWrites(view_of())).run(job)
    assert [target.id for target in known.whole().targets[ARN]] == ["10.0.0.1"]
    assert list(job.results) == ["register"]


async def test_a_worker_that_is_cancelled_ends_also_while_a_newer_plan_is_given_up() -> None:
    given_up = asyncio.Event()

    async def slow_to_give_up() -> Plan | None:
        try:
            await asyncio.Event().wait()
        finally:
            await given_up.wait()
        return None

    executing = Executing()
    job = run(slow_to_give_up)
    task = asyncio.create_task(runner(executing).run(job))
    await ticks()
    job.newer.tell(Lane.SERVE)
    await ticks()
    executing.go.set()
    await ticks()
    task.cancel()
    await ticks()
    given_up.set()
    with pytest.raises(asyncio.CancelledError):
        await task
