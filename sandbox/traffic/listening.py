"""The sockets of the load balancers: one a listener for its DNS name, one for each of its nodes, and the door.

The socket of a DNS name hands its connections to the nodes in turn, as the name's several addresses would.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.address_table import Place
from sandbox.traffic.clients import Client, claimed
from sandbox.traffic.configuration import Configuration, LoadBalancer

_log = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_BACKLOG = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What one socket stands for."""

    arn: str
    """Of the load balancer."""
    port: int
    zone: str
    """Of the node; empty for the DNS name, behind which are all."""
    datagrams: bool = False


class Service(Protocol):
    """Who takes what comes in at a spot."""

    def zone(self, spot: Spot) -> str | None:
        """The zone of the node that gets the next connection of a DNS name; None where no node is there."""

    async def accept(self, connection: socket.socket, client: Client, spot: Spot) -> None:
        """Serve one connection. Raises OSError or ValueError where it fails before it is served."""

    def datagrams(self, spot: Spot) -> asyncio.DatagramProtocol:
        """What serves the datagrams of a spot."""


class Listening:
    """Opens and closes sockets so that they are those of a configuration."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._open: dict[Spot, tuple[Callable[[], None], tuple[str, int]]] = {}
        self._places: dict[str, Spot] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._door: tuple[Callable[[], None], tuple[str, int]] | None = None

    async def sync(self, configuration: Configuration) -> Mapping[Place, tuple[str, int]]:
        """Open what is missing, close what is too much; where each place of the configuration is served now."""
        wanted = dict(_wanted(configuration))
        spots = set(wanted.values())
        for spot in self._open.keys() - spots:
            self._open.pop(spot)[0]()
        for spot in spots - self._open.keys():
            self._open[spot] = await (self._bind(spot) if spot.datagrams else self._listen(spot))
        self._places = {str(place): spot for place, spot in wanted.items()}
        return {place: self._open[spot][1] for place, spot in wanted.items()}

    async def open_door(self) -> tuple[str, int]:
        """Open the door, at which a client says who it is and where it wants to; its address."""
        server = _server()
        task = self._spawn(_accepting(server, self._enter))
        address = server.getsockname()
        self._door = (lambda: _shut(task, server), address)
        return str(address[0]), int(address[1])

    async def close(self) -> None:
        """Close everything, connections that are being accepted too."""
        for shut, _ in (*self._open.values(), *([self._door] if self._door else [])):
            shut()
        self._open.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what is closed is told then

    async def _listen(self, spot: Spot) -> tuple[Callable[[], None], tuple[str, int]]:
        server = _server()
        task = self._spawn(_accepting(server, lambda connection, client: self._accepted(connection, client, spot)))
        address = server.getsockname()
        return (lambda: _shut(task, server)), (str(address[0]), int(address[1]))

    async def _bind(self, spot: Spot) -> tuple[Callable[[], None], tuple[str, int]]:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self._service.datagrams(spot), local_addr=(_HOST, 0)
        )
        address = transport.get_extra_info("sockname")
        return transport.close, (str(address[0]), int(address[1]))

    def _accepted(self, connection: socket.socket, client: Client, spot: Spot) -> None:
        self._spawn(self._serve(connection, client, spot))

    def _enter(self, connection: socket.socket, _: Client) -> None:
        self._spawn(self._claim(connection))

    async def _claim(self, connection: socket.socket) -> None:
        try:
            client, place = await claimed(connection)
        except (ValueError, OSError) as error:
            _log.info("a claim at the door is refused: %s", error)
            connection.close()
            return
        spot = self._places.get(place)
        if spot is None or spot.datagrams:
            connection.close()
            return
        await self._serve(connection, client, spot)

    async def _serve(self, connection: socket.socket, client: Client, spot: Spot) -> None:
        zone = spot.zone or self._service.zone(spot)
        if zone is None:
            connection.close()
            return
        at_node = Spot(arn=spot.arn, port=spot.port, zone=zone)
        try:
            await self._service.accept(connection, client, at_node)
        except (OSError, ValueError) as error:
            _log.info("a connection to port %s of %s failed: %s", spot.port, spot.arn, error)
            with contextlib.suppress(OSError):
                connection.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _wanted(configuration: Configuration) -> Iterator[tuple[Place, Spot]]:
    for balancer in configuration.load_balancers:
        if balancer.carries:
            for listener in balancer.listeners:
                for protocol in _transports(listener.protocol):
                    yield from _places(balancer, listener.port, protocol)


def _transports(protocol: str) -> tuple[str, ...]:
    match protocol:
        case "UDP":
            return ("udp",)
        case "TCP_UDP":
            return ("tcp", "udp")
        case "QUIC" | "TCP_QUIC":
            return ()
        case _:
            return ("tcp",)


def _places(balancer: LoadBalancer, port: int, protocol: str) -> Iterator[tuple[Place, Spot]]:
    def spot(zone: str) -> Spot:
        return Spot(arn=balancer.arn, port=port, zone=zone, datagrams=protocol == "udp")

    yield Place(host=balancer.dns_name.lower(), port=port, protocol=protocol), spot("")
    for zone in balancer.zones:
        for host in (f"{zone.name}.{balancer.dns_name}".lower(), *zone.addresses):
            yield Place(host=host, port=port, protocol=protocol), spot(zone.name)


def _server() -> socket.socket:
    server = socket.create_server((_HOST, 0), backlog=_BACKLOG)
    server.setblocking(False)
    return server


async def _accepting(server: socket.socket, take: Callable[[socket.socket, Client], None]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            connection, peer = await loop.sock_accept(server)
        except OSError as error:
            _log.warning("no connection can be accepted: %s", error)
            await asyncio.sleep(0.1)
            continue
        connection.setblocking(False)
        # asyncio does this only for sockets that were made with the protocol named; without it, an answer of two
        # writes waits for the client's delayed acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        take(connection, Client(address=peer[0], port=peer[1]))


def _shut(task: asyncio.Task[None], server: socket.socket) -> None:
    task.cancel()
    asyncio.get_running_loop().remove_reader(server.fileno())
    server.close()
