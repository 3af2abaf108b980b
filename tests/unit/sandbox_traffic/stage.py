"""A data plane in the test's own process: load balancers from a snapshot, addresses from a table in memory."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.address_table import Place
from sandbox.clock import Clock
from sandbox.traffic.balancers import Balancers
from sandbox.traffic.decoding import configuration
from sandbox.traffic.environment import Environment
from sandbox.traffic.listening import Listening
from tests.unit.sandbox_traffic.snapshots import DNS

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Table:
    """Addresses of targets."""

    known: dict[tuple[str, int, str], tuple[str, int]] = field(default_factory=dict)

    def resolve(self, host: str, port: int, protocol: str = "tcp") -> tuple[str, int] | None:
        return self.known.get((host, port, protocol))


class Stage:
    """Load balancers that carry traffic to whatever the test puts behind addresses."""

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self.table = Table()
        self.environment = Environment(addresses=self.table, clock=clock, chance=chance)
        self.listening = Listening(Balancers(self.environment))
        self.places: Mapping[Place, tuple[str, int]] = {}
        self._servers = contextlib.AsyncExitStack()
        self._talks: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def apply(self, snapshot: Mapping[str, Any]) -> None:
        """Put a snapshot in force."""
        made, problems = configuration(snapshot)
        assert problems == []
        self.environment.fleet.apply(made)
        self.places = await self.listening.sync(made)

    def place(self, port: int = 80, host: str = DNS, protocol: str = "tcp") -> tuple[str, int]:
        """Where a load balancer's name and port are served."""
        return self.places[Place(host=host, port=port, protocol=protocol)]

    async def dial(
        self, port: int = 80, host: str = DNS, **further: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a load balancer."""
        reader, writer = await asyncio.open_connection(*self.place(port, host), **further)
        self._writers.append(writer)
        return reader, writer

    async def serve(self, address: str, talk: Talk, port: int = 8080, **further: Any) -> None:
        """Put a TCP server behind an address."""

        async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._talks.append(task)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(reader, writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(polite, "127.0.0.1", 0, **further)
        self._servers.callback(server.close)
        self.table.known[address, port, "tcp"] = server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """End clients, load balancers and targets, each to the last socket."""
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
        await self.listening.close()
        await self.environment.close()
        await self._servers.aclose()
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@contextlib.asynccontextmanager
async def staged(
    snapshot: Mapping[str, Any], *, clock: Clock | None = None, chance: Callable[[], float] = lambda: 0.0
) -> AsyncIterator[Stage]:
    """A stage with this snapshot in force."""
    stage = Stage(clock or Clock(), chance)
    try:
        await stage.apply(snapshot)
        yield stage
    finally:
        await stage.close()


async def read_head(reader: asyncio.StreamReader) -> list[str]:
    """The lines of a message's head."""
    return (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]


@dataclass(frozen=True)
class Got:
    """A response as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


async def receive(reader: asyncio.StreamReader, *, to_head: bool = False) -> Got:
    """One response from a connection."""
    lines = await read_head(reader)
    pairs = [line.split(": ", 1) for line in lines[1:]]
    headers = [(name, value) for name, value in pairs]
    named = {name.lower(): value for name, value in headers}
    status = int(lines[0].split()[1])
    body = b""
    if named.get("transfer-encoding") == "chunked":
        while (size := int(await reader.readline(), 16)) > 0:
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif "content-length" in named and not to_head:
        body = await reader.readexactly(int(named["content-length"]))
    return Got(status, headers, body)


async def ask(stage: Stage, request: str | bytes = "GET / HTTP/1.1\r\nHost: web\r\n\r\n", **where: Any) -> Got:
    """One request on a connection of its own."""
    reader, writer = await stage.dial(**where)
    try:
        writer.write(request.encode() if isinstance(request, str) else request)
        return await receive(reader)
    finally:
        writer.close()


def echo(name: str = "pod") -> Talk:
    """A target that answers every request with its name, the request's head and its body."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            lines = await read_head(reader)
            named = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines[1:]}
            body = b""
            if named.get("transfer-encoding") == "chunked":
                while (size := int(await reader.readline(), 16)) > 0:
                    body += (await reader.readexactly(size + 2))[:-2]
                await reader.readline()
            else:
                body = await reader.readexactly(int(named.get("content-length", 0)))
            said = "\n".join([name, *lines]).encode() + b"\n\n" + body
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Pod: %b\r\n\r\n" % (len(said), name.encode()))
            if not lines[0].startswith("HEAD"):
                writer.write(said)
            await writer.drain()

    return talk
