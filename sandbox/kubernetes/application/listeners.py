"""The loopback sockets behind a container's ports."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Protocol

from sandbox.kubernetes.application.answers import Arrival
from sandbox.kubernetes.application.certificates import tls_context
from sandbox.kubernetes.application.connection import Connection
from sandbox.kubernetes.application.proxy_protocol import FIXED, Absence, Header, read_header, rest_of

HOST = "127.0.0.1"
_BACKLOG = 1024
_HANDSHAKE_SECONDS = 10.0

MakeConnection = Callable[[Arrival], Connection]


class Listener(Protocol):
    """An open port."""

    @property
    def place(self) -> tuple[str, int]:
        """Loopback address and port."""
        ...

    def close(self) -> None:
        """Accept nothing more; connections stay."""
        ...


class _Stream:
    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.place: tuple[str, int] = server.sockets[0].getsockname()

    def close(self) -> None:
        self._server.close()


class _Datagram:
    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        self.place: tuple[str, int] = transport.get_extra_info("sockname")

    def close(self) -> None:
        self._transport.close()


class _Tls:
    """Accepts by itself: a proxy protocol header comes before the handshake, and asyncio would not hand it back."""

    def __init__(self, sock: socket.socket, port: int, make: MakeConnection) -> None:
        self._sock = sock
        self._port = port
        self._make = make
        self._welcoming: set[asyncio.Task[None]] = set()
        self.place: tuple[str, int] = sock.getsockname()
        self._accepting = asyncio.create_task(self._accept())

    def close(self) -> None:
        self._accepting.cancel()
        for task in self._welcoming:
            task.cancel()
        asyncio.get_running_loop().remove_reader(self._sock)
        self._sock.close()

    async def _accept(self) -> None:
        while True:
            accepted, _ = await asyncio.get_running_loop().sock_accept(self._sock)
            task = asyncio.create_task(self._welcome(accepted))
            self._welcoming.add(task)
            task.add_done_callback(self._welcoming.discard)

    async def _welcome(self, accepted: socket.socket) -> None:
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                arrival = Arrival(port=self._port, tls=True, proxied=await _announced(accepted))
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: self._make(arrival), accepted, ssl=tls_context()
                )
        except (OSError, EOFError, TimeoutError):
            # What does not speak TLS, or leaves, is none of the pod's concern.
            accepted.close()
        except BaseException:
            accepted.close()
            raise


async def listen_stream(port: int, make: MakeConnection, *, tls: bool) -> Listener:
    """Listen for connections to a port of a pod. Raises OSError where no socket can be had."""
    sock = socket.create_server((HOST, 0), backlog=_BACKLOG)
    if tls:
        sock.setblocking(False)
        return _Tls(sock, port, make)
    arrival = Arrival(port=port)
    return _Stream(await asyncio.get_running_loop().create_server(lambda: make(arrival), sock=sock, backlog=_BACKLOG))


async def listen_datagram(make: Callable[[], asyncio.DatagramProtocol]) -> Listener:
    """Listen for datagrams. Raises OSError where no socket can be had."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(make, local_addr=(HOST, 0))
    return _Datagram(transport)


async def _announced(accepted: socket.socket) -> Header | None:
    """The header that a proxy sends before the handshake; a handshake begins otherwise and is left where it is."""
    if await _peek(accepted) != b"\r":
        return None
    head = await _exactly(accepted, FIXED)
    if read_header(head) in (Absence.NONE, Absence.MALFORMED):
        raise EOFError
    header = read_header(head + await _exactly(accepted, rest_of(head)))
    if not isinstance(header, Header):
        raise EOFError
    return header


async def _peek(accepted: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(accepted, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(accepted)
    with contextlib.suppress(BlockingIOError):
        return accepted.recv(1, socket.MSG_PEEK)
    return b""


async def _exactly(accepted: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        chunk = await asyncio.get_running_loop().sock_recv(accepted, count - len(found))
        if not chunk:
            raise EOFError
        found += chunk
    return found
