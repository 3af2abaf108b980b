"""A client's connection in HTTP/1: its requests one after another, and the answers to them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from sandbox.traffic.application.downstream import ClientGoneError, ClientSilentError, MalformedBodyError
from sandbox.traffic.application.exchange import Exchange, Gate
from sandbox.traffic.application.messages import (
    LAST_CHUNK,
    End,
    MalformedError,
    RequestEvent,
    RequestHead,
    RequestReader,
    chunk,
    response_head,
)
from sandbox.traffic.application.tls_headers import client_headers
from sandbox.traffic.clients import Client
from sandbox.traffic.core.answers import error
from sandbox.traffic.core.requests import HeaderList, Request, without
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


class FrontStream:
    """One request of the connection and the way back; see `downstream`."""

    def __init__(self, front: Front, head: RequestHead, gate: Gate, idle: float, *, last: bool) -> None:
        self.is_http2 = False
        self.when_gone: Callable[[], None] | None = None
        self._front = front
        self._head = head
        self._idle = idle
        self._closes = last or not head.keeps_alive
        self._read_whole = False
        self._begun = False
        self._finished = False
        self._chunked = False
        named = {name.lower(): value for name, value in head.headers}
        coded = named.get("transfer-encoding", "").strip().lower() == "chunked"
        length = named.get("content-length", "")
        self.length: int | None = int(length) if length.isdigit() and not coded else None
        self.has_body = coded or bool(self.length)
        tls = front.tls
        headers = head.headers
        if tls is not None:
            added, gone = client_headers(gate, tls)
            headers = [*without(headers, gone), *added]
        self.request = Request(
            method=head.method,
            target=_origin_form(head.target),
            host=named.get("host", "").lower(),
            headers=headers,
            client=front.client.address,
            client_port=front.client.port,
            scheme="http" if tls is None else "https",
            port=gate.listener.port,
            version=head.version,
        )
        front.when_gone = self._gone
        if named.get("expect", "").lower() == "100-continue" and self.has_body:
            front.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def is_gone(self) -> bool:
        return self._front.is_closed

    @property
    def wants_tunnel(self) -> bool:
        return self._head.upgrades and bool(self.request.first("upgrade")) and not self.has_body

    async def read(self) -> bytes | None:
        try:
            event = await self._front.next(self._idle)
        except TimeoutError:
            raise ClientSilentError from None
        if isinstance(event, End):
            self._read_whole = True
            return None
        assert isinstance(event, bytes)  # noqa: S101 - between head and end there is only body
        return event

    def start(self, status: int, headers: HeaderList, length: int | None, *, close: bool = False) -> None:
        self._begun = True
        self._closes = self._closes or close
        bodiless = self._head.method == "HEAD" or status in (204, 304)
        sent = list(headers)
        if length is not None and status != 204:
            sent.append(("Content-Length", str(length)))
        elif not bodiless and self._head.version == "1.1":
            self._chunked = True
            sent.append(("Transfer-Encoding", "chunked"))
        elif not bodiless:
            self._closes = True
        sent.append(("Connection", "close" if self._closes else "keep-alive"))
        self._front.write(response_head(status, sent))

    async def send(self, data: bytes) -> None:
        if self._head.method != "HEAD":
            self._front.write(chunk(data) if self._chunked else data)
            await self._front.drain()

    def finish(self) -> None:
        if self._chunked:
            self._front.write(LAST_CHUNK)
        self._finished = True

    def break_off(self) -> None:
        self._front.reset()

    def become_tunnel(self, upstream: Wire, headers: HeaderList, idle_seconds: float) -> Callable[[bytes], None]:
        granted = without(headers, ("connection", "content-length", "transfer-encoding"))
        self._front.write(response_head(101, [*granted, ("Connection", "upgrade")]))
        self._front.when_gone = None
        self._front.open_tunnel(upstream, idle_seconds)
        return self._front.from_tunnel

    async def is_reusable(self) -> bool:
        """Whether the connection can take another request."""
        self._front.when_gone = None
        if self._closes or not self._finished or self._front.is_closed:
            return False
        if not self._read_whole and not await self._skip_rest():
            return False
        if self._head.upgrades:
            self._front.go_on_after_upgrade()
        return True

    async def _skip_rest(self) -> bool:
        """Take in what is left of a request that was answered without it, as far as it is there already."""
        with contextlib.suppress(TimeoutError, ClientGoneError, MalformedBodyError):
            while not isinstance(await self._front.next(0.001), End):
                pass
            return True
        return False

    def _gone(self) -> None:
        if self.when_gone is not None:
            self.when_gone()


def _origin_form(target: str) -> str:
    """Path and query of a request target, which may be a whole URL."""
    if target.startswith("/") or "://" not in target:
        return target
    rest = target.partition("://")[2]
    slash = rest.find("/")
    return rest[slash:] if slash >= 0 else "/"
