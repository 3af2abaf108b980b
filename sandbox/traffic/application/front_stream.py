"""One request of an HTTP/1 connection and the way back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.traffic.application.downstream import ClientGoneError, ClientSilentError, MalformedBodyError
from sandbox.traffic.application.gate import Gate
from sandbox.traffic.application.messages import LAST_CHUNK, End, RequestHead, chunk, response_head
from sandbox.traffic.application.tls_headers import client_headers
from sandbox.traffic.core.requests import HeaderList, Request, without
from sandbox.traffic.wire import Wire

if TYPE_CHECKING:
    from sandbox.traffic.application.front import Front


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
        self.length: int | None = int(length) if length.isdecimal() and not coded else None
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
