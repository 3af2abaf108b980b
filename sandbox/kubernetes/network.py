"""The network of the sandbox's pods and nodes: which loopback sockets stand for their addresses."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from sandbox.address_table import Place, write_table

_WRITING_SHARE = 0.2
"""Share of the time that writing may take: of a large table, many changes go into one write."""

Socket = tuple[str, int]


class PodNetwork:
    """The one writer of the table; within the process it is known what is about to be written."""

    def __init__(self, table: Path) -> None:
        self._table = table
        self._entries: dict[Place, Socket] = {}
        self._owned: dict[str, Mapping[Place, Socket]] = {}
        self._cut_off: frozenset[str] = frozenset()
        self._dirty = False
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Write an empty table. Must be called with the event loop running."""
        write_table(self._table, {})

    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        for one in self._waiting:
            one.cancel()
        self._table.unlink(missing_ok=True)

    def publish(self, owner: str, places: Mapping[Place, Socket]) -> None:
        """Let exactly these places be an owner's. A place that two owners have is the latter's."""
        before = self._owned.pop(owner, {})
        if dict(before) == dict(places):
            self._owned[owner] = before
            return
        for place, socket in before.items():
            if self._entries.get(place) == socket:
                del self._entries[place]
        if places:
            self._owned[owner] = dict(places)
            self._entries.update(places)
        self._changed()

    def cut_off(self, hosts: frozenset[str]) -> None:
        """Let nobody else reach exactly these addresses; within the process they resolve as before."""
        if hosts != self._cut_off:
            self._cut_off = hosts
            self._changed()

    async def published(self) -> None:
        """Return when everything published so far can be read by others."""
        if self._dirty:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    def resolve(self, place: Place) -> Socket | None:
        """What to dial; None where nothing listens."""
        return self._entries.get(place)

    def _changed(self) -> None:
        self._dirty = True
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._dirty:
            # What is published in one go is written in one.
            await asyncio.sleep(0)
            self._dirty = False
            waiting, self._waiting = self._waiting, []
            began = time.monotonic()
            write_table(self._table, self._reachable())
            took = time.monotonic() - began
            for one in waiting:
                if not one.done():
                    one.set_result(None)
            await asyncio.sleep(took * (1 / _WRITING_SHARE - 1))

    def _reachable(self) -> Mapping[Place, Socket]:
        if not self._cut_off:
            return self._entries
        return {place: socket for place, socket in self._entries.items() if place.host not in self._cut_off}
