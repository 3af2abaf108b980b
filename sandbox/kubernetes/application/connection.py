"""One connection to a pod: its first bytes say whether a proxy announces itself, and whether HTTP is spoken."""

import asyncio
import socket
import struct
from dataclasses import replace
from typing import Protocol, cast

from aiohttp.web_protocol import RequestHandler

from sandbox.kubernetes.application.answers import Arrival
from sandbox.kubernetes.application.options import Answer, Options
from sandbox.kubernetes.application.proxy_protocol import Absence, Header, read_header

_METHODS = tuple(
    f"{name} ".encode()
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "QUERY")
)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Server(Protocol):
    """What a connection needs from the application that it belongs to."""

    @property
    def options(self) -> Options: ...
    def opened(self, connection: "Connection") -> None: ...
    def closed(self, connection: "Connection") -> None: ...
    def http(self, connection: "Connection") -> RequestHandler: ...


class Connection(asyncio.Protocol):
    """Gives the connection to aiohttp if it speaks HTTP, and else sends back what comes in."""

    def __init__(self, server: Server, arrival: Arrival) -> None:
        self.arrival = arrival
        self.busy = False
        """A request is under way; whoever answers it says when it is not any more."""
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._http: RequestHandler | None = None
        self._streams = False

    @property
    def handler(self) -> RequestHandler | None:
        """What serves the connection, once it turned out to speak HTTP."""
        return self._http

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.closed(self)
        if self._http is not None:
            self._http.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._http is not None:
            self.busy = True
            self._http.data_received(data)
        elif self._streams:
            self._echo(data)
        else:
            self._head += data
            self._decide()

    def eof_received(self) -> bool | None:
        if self._http is not None:
            self._http.eof_received()
        return None

    def pause_writing(self) -> None:
        if self._http is not None:
            self._http.pause_writing()
        elif self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._http is not None:
            self._http.resume_writing()
        elif self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """Close when what was written has been sent."""
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Close at once, as the kernel does for a process that is no more."""
        if self._transport is not None:
            self._transport.abort()

    def reset(self) -> None:
        """Close so that the other side sees a reset."""
        if self._transport is not None:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()

    def _decide(self) -> None:
        if self.arrival.proxied is None:
            header = read_header(self._head)
            if header is Absence.INCOMPLETE:
                return
            if header is Absence.MALFORMED:
                self.cut()
                return
            if isinstance(header, Header):
                self.arrival = replace(self.arrival, proxied=header)
                self._head = self._head[header.size :]
        if not self._head or any(method.startswith(self._head) for method in _METHODS):
            return
        head, self._head = self._head, b""
        if head.startswith(_METHODS):
            self._speak_http(head)
        else:
            self._streams = True
            self._echo(head)

    def _speak_http(self, head: bytes) -> None:
        self.busy = True
        self._http = self._server.http(self)
        assert self._transport is not None  # noqa: S101 - data comes in only while connected
        self._http.connection_made(self._transport)
        self._http.data_received(head)

    def _echo(self, data: bytes) -> None:
        match self._server.options.fault.answer:
            case Answer.HANG:
                return
            case Answer.RESET:
                self.reset()
            case _ if self._transport is not None:
                self._transport.write(data)
