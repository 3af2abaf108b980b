"""The fill: everything of the region, read once in the background (architecture, section 7). A background task of the
planner.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.planner.core.keys import Lane
from services.planner.inventory.asker import Asker
from services.planner.inventory.observations import Query, Scope
from services.planner.inventory.store import Store
from services.planner.links.failures import CallFailedError, SessionLostError

_LOGGER = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 2.0, 60.0


class Fill:
    """Reads everything, and tries again until that worked once: what is known then stays known across sessions."""

    def __init__(
        self,
        asker: Asker,
        store: Store,
        *,
        ready: Callable[[], Awaitable[None]],
        instance_ids: Callable[[], tuple[str, ...]],
        ended: Callable[[], None],
    ) -> None:
        """`ready` returns when there is a session and a view; `instance_ids` names the nodes' instances then;
        `ended` is told when it worked, or was refused: nobody needs to wait for it any more.
        """
        self._asker = asker
        self._store = store
        self._ready = ready
        self._instance_ids = instance_ids
        self._ended = ended

    async def run(self) -> None:
        """Until the inventory is filled."""
        wait = _FIRST_WAIT_SECONDS
        while not self._store.answers.filled:
            await self._ready()
            try:
                query = Query(scope=Scope.ALL, keys=self._instance_ids())
                await self._asker.ask(query, lane=Lane.RESYNC, traceparent="")
            except (SessionLostError, CallFailedError) as error:
                if isinstance(error, CallFailedError):
                    self._store.answers.unfillable = True
                    self._ended()
                _LOGGER.warning("AWS could not be read in bulk", extra={"reason": str(error), "seconds": wait})
                await asyncio.sleep(wait)
                wait = min(_LONGEST_WAIT_SECONDS, 2 * wait)
        self._ended()
        _LOGGER.info("the inventory is filled")
