"""The load balancers of both kinds, as what the sockets hand their connections to."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict

from sandbox.traffic.application.balancers import ApplicationBalancers
from sandbox.traffic.clients import Client
from sandbox.traffic.configuration import Kind, LoadBalancer
from sandbox.traffic.core.algorithms import Turn
from sandbox.traffic.environment import Environment
from sandbox.traffic.listening import Spot
from sandbox.traffic.network.balancers import NetworkBalancers


class Balancers:
    """Takes what comes in and gives it to the load balancer that it is for; see `listening.Service`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._application = ApplicationBalancers(environment)
        self._network = NetworkBalancers(environment, self._to_application)
        self._turns: defaultdict[str, Turn] = defaultdict(Turn)

    def zone(self, spot: Spot) -> str | None:
        """The nodes that are in the DNS answer get what comes to the name in turn."""
        balancer = self._environment.fleet.balancer(spot.arn)
        zones = [] if balancer is None else self._zones(balancer)
        return zones[self._turns[spot.arn].next(len(zones))] if zones else None

    async def accept(self, connection: socket.socket, client: Client, spot: Spot) -> None:
        """Serve one connection."""
        balancer = self._environment.fleet.balancer(spot.arn)
        if balancer is None:
            connection.close()
        elif balancer.kind is Kind.APPLICATION:
            await self._application.accept(connection, client, arn=spot.arn, port=spot.port, zone=spot.zone)
        else:
            await self._network.accept(connection, client, arn=spot.arn, port=spot.port, zone=spot.zone)

    def datagrams(self, spot: Spot) -> asyncio.DatagramProtocol:
        """What serves the datagrams of a spot."""
        return self._network.datagrams(arn=spot.arn, port=spot.port, zone=lambda: spot.zone or self.zone(spot))

    async def _to_application(self, connection: socket.socket, client: Client, arn: str, port: int) -> None:
        await self.accept(connection, client, Spot(arn=arn, port=port, zone=self._any_zone(arn)))

    def _any_zone(self, arn: str) -> str:
        return self.zone(Spot(arn=arn, port=0, zone="")) or ""

    def _zones(self, balancer: LoadBalancer) -> list[str]:
        if balancer.kind is Kind.NETWORK:
            return self._network.router.zones(balancer)
        return [zone.name for zone in balancer.zones]
