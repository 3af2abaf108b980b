"""One TCP connection, of a client or to a target: what all of them need, whatever is spoken over it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import Any

_LINGER_NOT = struct.pack("ii", 1, 0)
_TOGETHER = 1 << 16
"""Bytes that are not held back for more."""


class Wire(asyncio.Protocol):
    """A connection with flow control for who writes. Subclasses take what comes in."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.is_closed = False
        """Whether it is gone, by either side."""
        self._writable: asyncio.Future[None] | None = None
        self._unsent: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's promise, for the type
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        waiting, self._writable = self._writable, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def write(self, data: bytes) -> None:
        """Send, together with what is written in the same turn of the loop; on a connection that is gone, nothing."""
        if self.is_closed:
            return
        self._unsent.append(data)
        if len(self._unsent) == 1:
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Send what was written now."""
        unsent, self._unsent = self._unsent, []
        if unsent and self.transport is not None and not self.is_closed:
            self.transport.write(b"".join(unsent))

    async def drain(self) -> None:
        """Wait while more is unsent than should be."""
        if sum(map(len, self._unsent)) > _TOGETHER:
            self.flush()
        if self._writable is not None:
            await asyncio.shield(self._writable)

    def close(self) -> None:
        """End it after what was written is sent."""
        self.flush()
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        """End it at once, so that the peer sees a reset."""
        if self.transport is None:
            return
        connection: Any = self.transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()

    def pause(self) -> None:
        """Take nothing more in for now."""
        if self.transport is not None and not self.is_closed:
            with contextlib.suppress(RuntimeError):
                self.transport.pause_reading()

    def resume(self) -> None:
        if self.transport is not None and not self.is_closed:
            with contextlib.suppress(RuntimeError):
                self.transport.resume_reading()

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, where there is one."""
        if self.transport is None:
            return None
        session: ssl.SSLObject | None = self.transport.get_extra_info("ssl_object")
        return session
