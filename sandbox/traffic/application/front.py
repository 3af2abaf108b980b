"""A client's connection in HTTP/1: its requests one after another, and the answers to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sandbox.traffic.application.downstream import ClientGoneError, MalformedBodyError
from sandbox.traffic.application.exchange import Exchange
from sandbox.traffic.application.front_stream import FrontStream
from sandbox.traffic.application.gate import Gate
from sandbox.traffic.application.messages import (
    MalformedError,
    RequestEvent,
    RequestHead,
    RequestReader,
)
from sandbox.traffic.clients import Client
from sandbox.traffic.core.answers import error
from sandbox.traffic.environment import Environment
from sandbox.traffic.wire import Wire

_QUEUED = 64
_KEEP_ALIVE_SECONDS = 3600.0


class Front(Wire):
    """Serves one client connection."""

    def __init__(
        self, environment: Environment, exchange: Exchange, gate: Callable[[], Gate | None], client: Client
    ) -> None:
        super().__init__()
        self.client = client
        self.when_gone: Callable[[], None] | None = None
        self.tunnel: Wire | None = None
        """The target's connection once this one is no HTTP any more."""
        self._environment = environment
        self._exchange = exchange
        self._gate = gate
        self._reader = RequestReader()
        self._malformed: MalformedError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._idle_seconds = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._environment.wires.add(self)
        self._task = asyncio.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        if self.tunnel is not None:
            self._stir()
            self.tunnel.write(data)
            return
        try:
            self._reader.feed(data)
        except MalformedError as error_:
            self._malformed = error_
        if len(self._reader.events) > _QUEUED:
            self.pause()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._environment.wires.discard(self)
        if self._idle is not None:
            self._idle.cancel()
        if self.when_gone is not None:
            self.when_gone()
        if self.tunnel is not None:
            self.tunnel.close()
        self._wake()

    async def next(self, seconds: float) -> RequestEvent:
        """The next part of what the client sends.

        Raises TimeoutError after so many seconds of the wall, ClientGoneError, MalformedBodyError.
        """
        events = self._reader.events
        while not events:
            if self._malformed is not None:
                raise MalformedBodyError(str(self._malformed))
            if self.is_closed:
                raise ClientGoneError
            self.resume()
            self._waiter = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(seconds):
                await self._waiter
        return events.popleft()

    def go_on_after_upgrade(self) -> None:
        """The target did not take the other protocol: what the client sends is HTTP again."""
        try:
            self._reader.go_on()
        except MalformedError as error_:
            self._malformed = error_

    def open_tunnel(self, upstream: Wire, idle_seconds: float) -> None:
        """Hand everything from now on to the target."""
        self.tunnel = upstream
        self._idle_seconds = idle_seconds
        self._stir()
        if self._reader.rest:
            upstream.write(self._reader.rest)

    def from_tunnel(self, data: bytes) -> None:
        """What the target sends through the tunnel."""
        self._stir()
        self.write(data)

    def _stir(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self.close)

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _serve(self) -> None:
        try:
            await self._requests()
        finally:
            if self.tunnel is None:
                self.close()

    async def _requests(self) -> None:
        clock = self._environment.clock
        begun = clock.now()
        while (gate := self._gate()) is not None:
            idle = clock.real(gate.idle_seconds)
            try:
                head = await self.next(idle)
            except (TimeoutError, ClientGoneError):
                return
            except MalformedBodyError as malformed:
                await self._refuse(gate, str(malformed))
                return
            assert isinstance(head, RequestHead)  # noqa: S101 - a request begins with its head
            gate = self._gate() or gate  # what was changed while the connection idled holds for this request
            life = float(gate.balancer.attributes.get("client_keep_alive.seconds") or _KEEP_ALIVE_SECONDS)
            stream = FrontStream(self, head, gate, idle, last=clock.now() - begun >= life)
            await self._exchange.serve(stream, gate)
            if self.tunnel is not None or not await stream.is_reusable():
                return

    async def _refuse(self, gate: Gate, why: str) -> None:
        head = RequestHead(method="GET", target="/", headers=(), version="1.1", keeps_alive=False, upgrades=False)
        stream = FrontStream(self, head, gate, 0, last=True)
        await self._exchange.answer(stream, gate, error(400, f"malformed: {why}", close=True))
