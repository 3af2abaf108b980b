"""Passes connections and datagrams on from a node port to one of its endpoints."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from sandbox.clock import Clock

HOST = "127.0.0.1"
_FLOW_SECONDS = 120.0
"""Sandbox seconds for which replies to a UDP client find their way back (Linux: `nf_conntrack_udp_timeout_stream`)."""

Choose = Callable[[], tuple[str, int] | None]
"""The socket of an endpoint for a new connection; None where there is none."""


class StreamForwarder:
    """A node port for TCP. Connections that stand are not touched when the endpoints change."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._server: asyncio.Server | None = None
        self._sides: set[_Side] = set()

    async def start(self) -> tuple[str, int]:
        """Open it; where it listens."""
        sock = socket.create_server((HOST, 0), backlog=1024)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Side(self._sides, self._choose), sock=sock
        )
        place: tuple[str, int] = sock.getsockname()
        return place

    def close(self) -> None:
        """Accept nothing more."""
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        """Close it and every connection."""
        self.close()
        for side in list(self._sides):
            side.cut()


class _Side(asyncio.Protocol):
    """One half of a connection that is passed on; what comes in here goes out at the other."""

    def __init__(self, all_sides: "set[_Side]", choose: Choose | None = None) -> None:
        self._all = all_sides
        self._choose = choose
        self._transport: asyncio.Transport | None = None
        self._peer: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._all.add(self)
        if self._choose is not None:
            self._transport.pause_reading()
            self._connecting = asyncio.create_task(self._connect(self._choose()))

    def connection_lost(self, error: Exception | None) -> None:
        self._all.discard(self)
        if self._connecting is not None:
            self._connecting.cancel()
        if self._peer is not None and error is not None:
            self._peer.abort()
        elif self._peer is not None:
            self._peer.close()

    def data_received(self, data: bytes) -> None:
        if self._peer is not None:
            self._peer.write(data)

    def eof_received(self) -> bool:
        if self._peer is not None and self._peer.can_write_eof():
            self._peer.write_eof()
        return True

    def pause_writing(self) -> None:
        if self._peer is not None:
            self._peer.pause_reading()

    def resume_writing(self) -> None:
        if self._peer is not None:
            self._peer.resume_reading()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _connect(self, place: tuple[str, int] | None) -> None:
        if place is None:
            self.cut()
            return
        try:
            peer, other = await asyncio.get_running_loop().create_connection(lambda: _Side(self._all), *place)
        except OSError:
            self.cut()
            return
        self._peer, other._peer = peer, self._transport
        if self._transport is not None:
            self._transport.resume_reading()


class DatagramForwarder(asyncio.DatagramProtocol):
    """A node port for UDP: the datagrams of one client go to one endpoint, and its answers come back."""

    def __init__(self, choose: Choose, clock: Clock) -> None:
        self._choose = choose
        self._clock = clock
        self._transport: asyncio.DatagramTransport | None = None
        self._flows: dict[Any, _Flow] = {}

    async def start(self) -> tuple[str, int]:
        """Open it; where it listens."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        assert self._transport is not None  # noqa: S101 - the endpoint is made
        place: tuple[str, int] = self._transport.get_extra_info("sockname")
        return place

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        for flow in list(self._flows.values()):
            flow.close()

    cut = close

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, client: Any) -> None:
        flow = self._flows.get(client)
        if flow is None:
            place = self._choose()
            if place is None or self._transport is None:
                return
            flow = self._flows[client] = _Flow(self._transport, client, place, over=lambda: self._flows.pop(client))
        flow.send(data, self._clock.real(_FLOW_SECONDS))


class _Flow(asyncio.DatagramProtocol):
    def __init__(
        self, front: asyncio.DatagramTransport, client: Any, place: tuple[str, int], *, over: Callable[[], object]
    ) -> None:
        self._front = front
        self._client = client
        self._over = over
        self._early: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._end: asyncio.TimerHandle | None = None
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(loop.create_datagram_endpoint(lambda: self, remote_addr=place))

    def send(self, data: bytes, idle_seconds: float) -> None:
        """Pass a datagram on; without another the flow ends after so many seconds of the wall."""
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(idle_seconds, self.close)
        if self._transport is None:
            self._early.append(data)
        else:
            self._transport.sendto(data)

    def close(self) -> None:
        self._opening.cancel()
        if self._end is not None:
            self._end.cancel()
        if self._transport is not None:
            self._transport.close()
        self._over()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        for data in self._early:
            self._transport.sendto(data)
        self._early.clear()

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._front.sendto(data, self._client)
