"""UDP flows: the datagrams of one client's port go to one target, and its answers come back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from sandbox.traffic.core.flows import DATAGRAM_IDLE_SECONDS, Flow, preserves_client, source_address
from sandbox.traffic.network.routing import Route, Router, ends_with_health, ends_with_target

if TYPE_CHECKING:
    from sandbox.traffic.environment import Environment

_LARGEST = 65_535
_Peer = tuple[str, int]


class Datagrams(asyncio.DatagramProtocol):
    """Serves the datagrams that come in at one socket of a network load balancer."""

    def __init__(
        self, environment: Environment, router: Router, *, arn: str, port: int, zone: Callable[[], str | None]
    ) -> None:
        self._environment = environment
        self._router = router
        self._arn = arn
        self._port = port
        self._zone = zone
        self._flows: dict[_Peer, DatagramFlow] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        for flow in tuple(self._flows.values()):
            flow.close()

    def datagram_received(self, data: bytes, addr: _Peer) -> None:
        flow = self._flows.get(addr)
        if flow is None:
            flow = self._new(addr)
        if flow is not None:
            flow.send(data)

    def _new(self, addr: _Peer) -> DatagramFlow | None:
        zone = self._zone()
        found = self._router.listener(self._arn, self._port, "udp")
        if zone is None or found is None:
            return None
        flow = Flow(protocol="udp", client=addr[0], client_port=addr[1], node=zone, port=self._port)
        route = self._router.route(*found, flow)
        if route is None:
            return None
        place = self._environment.addresses.resolve(route.target.address, route.target.port, "udp")
        if place is None:
            return None
        self._environment.figures.connection(self._arn)
        self._environment.figures.flow(route.state.group.arn, route.target.key)

        def back(data: bytes) -> None:
            if self._transport is not None:
                self._transport.sendto(data, addr)

        made = DatagramFlow(
            self._environment, route, flow, place, back=back, forget=lambda: self._flows.pop(addr, None)
        )
        self._flows[addr] = made
        return made


class DatagramFlow:
    """One client's datagrams to one target, until they cease for a while."""

    def __init__(
        self,
        environment: Environment,
        route: Route,
        flow: Flow,
        place: _Peer,
        *,
        back: Callable[[bytes], None],
        forget: Callable[[], object],
    ) -> None:
        self._environment = environment
        self._route = route
        self._back = back
        self._forget = forget
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        source = source_address(flow.client) if preserves_client(route.state.group) else None
        if source is not None:
            with contextlib.suppress(OSError):
                self._socket.bind((source, 0))
        self._socket.connect(place)
        self._prefix = route.header(flow)
        self._last = environment.clock.now()
        self._loop.add_reader(self._socket, self._answered)
        self._timer = self._loop.call_later(environment.clock.real(DATAGRAM_IDLE_SECONDS), self._look)
        route.state.busy[route.target.key].add(self)

    def send(self, data: bytes) -> None:
        """A datagram of the client."""
        self._last = self._environment.clock.now()
        with contextlib.suppress(OSError):  # a target that is not there is told to nobody
            self._socket.send(self._prefix + data)

    def target_gone(self) -> None:
        """The target's deregistration is complete."""
        if ends_with_target(self._route.state.group):
            self.close()

    def target_unhealthy(self) -> None:
        """The target became unhealthy."""
        if ends_with_health(self._route.state.group):
            self.close()

    def close(self) -> None:
        """Forget the flow: the client's next datagram begins another."""
        self._timer.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._route.state.busy[self._route.target.key].discard(self)
        self._forget()

    def _answered(self) -> None:
        try:
            data = self._socket.recv(_LARGEST)
        except OSError:
            return
        self._last = self._environment.clock.now()
        self._back(data)

    def _look(self) -> None:
        left = self._last + DATAGRAM_IDLE_SECONDS - self._environment.clock.now()
        if left <= 0:
            self.close()
        else:
            self._timer = self._loop.call_later(self._environment.clock.real(left), self._look)
