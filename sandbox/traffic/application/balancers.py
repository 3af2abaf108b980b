"""All application load balancers: takes accepted connections and serves them."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict

from sandbox.traffic.application.exchange import Exchange
from sandbox.traffic.application.front import Front
from sandbox.traffic.application.gate import Gate
from sandbox.traffic.application.upstream import Pool
from sandbox.traffic.certificates import context
from sandbox.traffic.clients import Client
from sandbox.traffic.environment import Environment

_HANDSHAKE_SECONDS = 10.0


class ApplicationBalancers:
    """Serves the connections of every application load balancer."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._pools: defaultdict[str, Pool] = defaultdict(lambda: Pool(environment))

    async def accept(self, connection: socket.socket, client: Client, *, arn: str, port: int, zone: str) -> None:
        """Serve one connection to a listener of the load balancer, at its node in that zone.

        Raises OSError (which a failed TLS handshake is, too) and ValueError (of certificates).
        """
        gate = self._gate(arn, port, zone)
        if gate is None:
            connection.close()
            return
        self._environment.figures.connection(arn)
        tls = context(gate.listener, http=("http/1.1",)) if gate.listener.protocol == "HTTPS" else None
        exchange = Exchange(self._environment, self._pools[arn])
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: Front(self._environment, exchange, lambda: self._gate(arn, port, zone), client),
            connection,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else _HANDSHAKE_SECONDS,
        )

    def _gate(self, arn: str, port: int, zone: str) -> Gate | None:
        balancer = self._environment.fleet.balancer(arn)
        for listener in balancer.listeners if balancer is not None else ():
            if listener.port == port and balancer is not None:
                return Gate(balancer=balancer, listener=listener, zone=zone)
        return None
