"""All network load balancers: takes accepted connections and datagrams and hands them to targets."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import Awaitable, Callable

from sandbox.traffic.certificates import context
from sandbox.traffic.clients import Client
from sandbox.traffic.configuration import Listener, LoadBalancer
from sandbox.traffic.core.flows import Flow, idle_seconds, preserves_client, source_address
from sandbox.traffic.environment import Environment
from sandbox.traffic.network.datagrams import Datagrams
from sandbox.traffic.network.routing import Route, Router
from sandbox.traffic.network.streams import Stream, to_tls

_CONNECT_SECONDS = 10.0
_HANDSHAKE_SECONDS = 10.0

HandOver = Callable[[socket.socket, Client, str, int], Awaitable[None]]
"""Gives a connection to the application load balancer that is a target: by its ARN and port."""


class NetworkBalancers:
    """Serves the flows of every network load balancer."""

    def __init__(self, environment: Environment, hand_over: HandOver) -> None:
        self._environment = environment
        self._hand_over = hand_over
        self.router = Router(environment)

    async def accept(self, connection: socket.socket, client: Client, *, arn: str, port: int, zone: str) -> None:
        """Serve one connection to a listener of the load balancer, at its node in that zone.

        Raises OSError (which a failed TLS handshake is, too) and ValueError (of certificates).
        """
        found = self.router.listener(arn, port, "tcp")
        if found is None:
            connection.close()
            return
        self._environment.figures.connection(arn)
        balancer, listener = found
        if listener.protocol == "TLS":
            await self._tls(connection, client, balancer, listener, zone)
            return
        flow = _flow(client, listener, zone)
        route = self.router.route(balancer, listener, flow)
        if route is None:
            _reset(connection)
        elif route.state.group.target_type == "alb":
            await self._hand_over(connection, client, route.target.id, route.target.port)
        else:
            stream = self._stream(listener)
            if await self._dial(stream, route, flow):
                await asyncio.get_running_loop().connect_accepted_socket(lambda: stream.client, connection)
                stream.joined(route)
            else:
                _reset(connection)

    def datagrams(self, *, arn: str, port: int, zone: Callable[[], str | None]) -> asyncio.DatagramProtocol:
        """What serves the datagrams at one socket."""
        return Datagrams(self._environment, self.router, arn=arn, port=port, zone=zone)

    async def _tls(
        self, connection: socket.socket, client: Client, balancer: LoadBalancer, listener: Listener, zone: str
    ) -> None:
        stream = self._stream(listener)
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: stream.client,
            connection,
            ssl=context(listener),
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
        )
        flow = _flow(client, listener, zone)
        route = self.router.route(balancer, listener, flow)
        if route is not None and await self._dial(stream, route, flow):
            stream.joined(route)
        else:
            stream.client.reset()

    def _stream(self, listener: Listener) -> Stream:
        return Stream(self._environment, idle_seconds=idle_seconds(listener.protocol, listener.attributes))

    async def _dial(self, stream: Stream, route: Route, flow: Flow) -> bool:
        """Connect the flow to its target; whether that went well."""
        environment, group, target = self._environment, route.state.group, route.target
        environment.figures.flow(group.arn, target.key)
        place = environment.addresses.resolve(target.address, target.port)
        if place is None:
            return False
        source = source_address(flow.client) if preserves_client(group) else None
        try:
            async with asyncio.timeout(environment.clock.real(_CONNECT_SECONDS)):
                await asyncio.get_running_loop().create_connection(
                    lambda: stream.target, *place, local_addr=(source, 0) if source is not None else None
                )
                stream.target.write(route.header(flow))
                if group.protocol == "TLS":
                    await to_tls(stream.target, environment.tls_to_targets)
        except (OSError, TimeoutError, ssl.SSLError):
            stream.target.reset()
            return False
        return True


def _flow(client: Client, listener: Listener, zone: str) -> Flow:
    return Flow(
        protocol="tcp",
        client=client.address,
        client_port=client.port,
        node=zone,
        port=listener.port,
        sequence=random.getrandbits(32),
    )


def _reset(connection: socket.socket) -> None:
    """Close a socket so that its peer sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
