"""What has to survive a restart is written beside the plans, in plans of their own that keep no key waiting.

Called when a plan has been carried out, or nothing was left to do; the watch brings the record back. A write that did
not arrive is planned again with the next run of its key.
"""

import asyncio
import logging

from services.planner.caution import Caution
from services.planner.core.draft import Draft
from services.planner.core.keys import Key, Lane
from services.planner.core.plans import KubernetesWrite
from services.planner.links.execution import Executor
from services.planner.links.failures import CallFailedError, SessionLostError
from services.planner.results import StepOutcome
from services.runtime.tasks import Tasks

_LOGGER = logging.getLogger(__name__)


class Keeping:
    """Sends the writes; none while plans are only observed."""

    def __init__(self, executor: Executor, tasks: Tasks, caution: Caution) -> None:
        self._executor = executor
        self._tasks = tasks
        self._caution = caution
        self._sent: dict[Key, KubernetesWrite] = {}
        self._unkept: dict[Key, str] = {}
        self.pending = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def keep(self, key: Key, write: KubernetesWrite | None, traceparent: str) -> None:
        """Sends a write, unless the very same is on its way, or arrived and was not seen yet. None: all is written."""
        if write is None:
            self._sent.pop(key, None)
            return
        if self._caution.reason or self._sent.get(key) == write:
            return
        self._sent[key] = write
        self.pending += 1
        self._idle.clear()
        self._tasks.spawn(f"record of {key}", self._send(key, write, traceparent))

    def note_unkept(self, key: Key, reason: str) -> None:
        """Logs why nothing is kept of the key, once; empty: something is."""
        if reason and self._unkept.get(key) != reason:
            _LOGGER.warning("no record is kept", extra={"key": str(key), "reason": reason})
        if reason:
            self._unkept[key] = reason
        else:
            self._unkept.pop(key, None)

    async def idle(self) -> None:
        """Returns when nothing is being sent."""
        await self._idle.wait()

    async def _send(self, key: Key, write: KubernetesWrite, traceparent: str) -> None:
        draft = Draft()
        draft.write("keep-record", write)
        try:
            execution = self._executor.execute(draft.plan(key), lane=Lane.RESYNC, traceparent=traceparent, links=())
            async for result in execution.results():
                if result.outcome is not StepOutcome.ACCEPTED:
                    self._failed(key, write, str(result.error))
        except (SessionLostError, CallFailedError) as error:
            self._failed(key, write, str(error))
        finally:
            self.pending -= 1
            if not self.pending:
                self._idle.set()

    def _failed(self, key: Key, write: KubernetesWrite, reason: str) -> None:
        if self._sent.get(key) == write:
            del self._sent[key]
        _LOGGER.warning("a record was not written", extra={"key": str(key), "reason": reason})
