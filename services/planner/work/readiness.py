"""When keys may be worked on: this planner leads, it is known whether plans are executed, the view is whole, the
executor has answered. Kept by `app`.
"""

import asyncio

from services.planner.caution import Caution
from services.planner.core.keys import Key
from services.planner.leadership import Leadership
from services.planner.view.cluster import ClusterView
from services.planner.workqueue.gate import Gate


class Readiness:
    """Opens and closes the gate. The view need not be connected: a frozen one is planned from as it is."""

    def __init__(self, gate: Gate[Key], leadership: Leadership, view: ClusterView, caution: Caution) -> None:
        self._gate = gate
        self._leadership = leadership
        self._view = view
        self._caution = caution
        self._opened = asyncio.Event()
        self.has_session = False

    def look(self) -> None:
        """Judges anew; called after every change of one of them."""
        reason = self._lacks()
        if reason == self._gate.closed_for:
            return
        self._gate.set_closed_for(reason)
        if reason:
            self._opened.clear()
        else:
            self._opened.set()

    async def run(self) -> None:
        """Follows the leadership, until it is cancelled; the links call `look` themselves."""
        while True:
            self.look()
            await self._leadership.changed()

    async def ready(self) -> None:
        """Returns when keys may be worked on."""
        await self._opened.wait()

    def _lacks(self) -> str:
        if self._leadership.term is None:
            return "this planner does not lead"
        if not self._caution.decided:
            return self._caution.reason
        if not self._view.ready:
            return "the view is not whole yet"
        return "" if self.has_session else "the executor has not answered"
