"""Events for users: each said once per object, generation and text, in plans of their own that keep no key waiting."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from services.planner.caution import Caution
from services.planner.core.keys import Key, Lane
from services.planner.core.plans import Plan, Report
from services.planner.links.execution import Executor
from services.planner.links.failures import CallFailedError, SessionLostError
from services.planner.results import StepOutcome
from services.runtime.tasks import Tasks

_LOGGER = logging.getLogger(__name__)
_REMEMBERED = 50_000
"""Reports that are remembered, the oldest are forgotten first: an Event that is said again has the same name."""


class Reporter:
    """Sends reports in the background; none while plans are only observed."""

    def __init__(
        self,
        executor: Executor,
        report_plan: Callable[[Key, Iterable[Report]], Plan],
        tasks: Tasks,
        caution: Caution,
    ) -> None:
        self._executor = executor
        self._report_plan = report_plan
        self._tasks = tasks
        self._caution = caution
        self._said: dict[tuple[str, int, str, str], None] = {}
        self.pending = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def say(self, key: Key, reports: Iterable[Report], traceparent: str) -> None:
        """Sends those of the reports that were not sent yet."""
        fresh = [report for report in reports if _identity(report) not in self._said]
        if not fresh or self._caution.reason:
            return
        for report in fresh:
            self._said[_identity(report)] = None
        while len(self._said) > _REMEMBERED:
            del self._said[next(iter(self._said))]
        self.pending += 1
        self._idle.clear()
        self._tasks.spawn(f"report on {key}", self._send(key, fresh, traceparent))

    async def idle(self) -> None:
        """Returns when nothing is being sent."""
        await self._idle.wait()

    async def _send(self, key: Key, reports: list[Report], traceparent: str) -> None:
        """A report that cannot be sent is forgotten, so that the next run of its key sends it again."""
        try:
            plan = self._report_plan(key, reports)
            execution = self._executor.execute(plan, lane=Lane.RESYNC, traceparent=traceparent, links=())
            async for result in execution.results():
                if result.outcome is not StepOutcome.ACCEPTED:
                    _LOGGER.warning("an Event was not written", extra={"key": str(key), "reason": str(result.error)})
        except (SessionLostError, CallFailedError) as error:
            for report in reports:
                self._said.pop(_identity(report), None)
            _LOGGER.warning("Events were not written", extra={"key": str(key), "reason": str(error)})
        finally:
            self.pending -= 1
            if not self.pending:
                self._idle.set()


def _identity(report: Report) -> tuple[str, int, str, str]:
    return report.uid, report.generation, str(report.reason), report.message
