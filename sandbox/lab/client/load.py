"""An open-loop load: requests leave at a fixed rate, whatever became of those before them.

A closed loop sends less while the other side is slow and so hides what users would have met (coordinated omission).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.lab.client.addresses import Addresses
from sandbox.lab.client.http import Answer, Connection, ExchangeError, Request, unverified_tls
from sandbox.lab.timeline import Sample

POD_HEADER = "x-pod"
"""With which every answer of a sandbox pod carries its name."""
_MOST_UNDER_WAY = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent."""

    url: str
    rps: float
    name: str = ""
    """Told in its samples, where there are several loads."""
    keep_alive: bool = True
    """Connections are used again; else each request opens one."""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept": "application/json"})
    patience_seconds: float = 70.0
    """A request without an answer after this is `late`. More than the longest time-out of a load balancer."""


class LoadGenerator:
    """Sends one load. `now`: seconds on the experiment's axis; `seen` gets every sample when it is complete."""

    def __init__(self, load: Load, addresses: Addresses, seen: Callable[[Sample], None], now: Callable[[], float]):
        parts = urlsplit(load.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._load = load
        self._addresses = addresses
        self._seen = seen
        self._now = now
        self._request = Request(host=parts.netloc, path=path, headers=load.headers)
        self._name = parts.hostname or ""
        self._tls = unverified_tls() if parts.scheme == "https" else None
        self._idle: list[Connection] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float | None = None) -> None:
        """Sends for some time, or until cancelled; then waits for what is under way."""
        begin, number = self._now(), 0
        try:
            while seconds is None or number < seconds * self._load.rps:
                due = begin + number / self._load.rps
                ahead = due - self._now()
                if ahead > 0:
                    await asyncio.sleep(ahead)
                self._send(due)
                number += 1
                if ahead < -1:
                    await asyncio.sleep(0)  # it is behind, and the answers must be read all the same
        finally:
            await self._finish()

    def _send(self, due: float) -> None:
        if len(self._under_way) >= _MOST_UNDER_WAY:
            self._seen(self._sample(due, error="too many under way"))
            return
        task = asyncio.create_task(self._one(due))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _finish(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way)
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _one(self, due: float) -> None:
        try:
            async with asyncio.timeout(self._load.patience_seconds):
                answer = await self._exchange()
        except TimeoutError:
            self._seen(self._sample(due, error="late"))
        except ExchangeError as error:
            self._seen(self._sample(due, error=error.kind))
        else:
            self._seen(self._sample(due, answer=answer))

    async def _exchange(self) -> Answer:
        connection = self._taken() or await Connection.to(
            self._addresses.of_url(self._load.url), tls=self._tls, name=self._name
        )
        try:
            return await connection.exchange(self._request, keep=self._load.keep_alive)
        finally:
            if connection.is_open:
                self._idle.append(connection)
            else:
                connection.close()

    def _taken(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            connection.close()
        return None

    def _sample(self, due: float, *, answer: Answer | None = None, error: str = "") -> Sample:
        return Sample(
            at=due,
            seconds=self._now() - due,
            status=answer.status if answer else 0,
            pod=answer.headers.get(POD_HEADER, "") if answer else "",
            error=error,
            load=self._load.name,
        )
