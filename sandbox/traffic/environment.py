"""What every part of the data plane shares; made once by `process`."""

from __future__ import annotations

import asyncio
import random
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.clock import Clock
from sandbox.traffic.core.stickiness import Seal
from sandbox.traffic.figures import Figures
from sandbox.traffic.fleet import Fleet
from sandbox.traffic.wire import Wire


class Addresses(Protocol):
    """Which loopback socket stands for an address of the sandbox's network."""

    def resolve(self, host: str, port: int, protocol: str = "tcp") -> tuple[str, int] | None:
        """Where to dial; None where nobody listens."""


def unverified() -> ssl.SSLContext:
    """TLS to a target: load balancers do not look at its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Clock, addresses, configuration in force, counters, chance."""

    addresses: Addresses
    """Of pods and nodes."""
    clock: Clock = field(default_factory=Clock)
    fleet: Fleet = field(default_factory=Fleet)
    figures: Figures = field(default_factory=Figures)
    seal: Seal = field(default_factory=lambda: Seal(secret=secrets.token_bytes(32)))
    chance: Callable[[], float] = random.random
    tls_to_targets: ssl.SSLContext = field(default_factory=unverified)
    wires: set[Wire] = field(default_factory=set)
    """Every connection that is open; each takes itself out when it is gone."""

    def trace_root(self) -> str:
        """A new name for a request in X-Amzn-Trace-Id."""
        return f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"

    async def close(self) -> None:
        """End every connection."""
        while self.wires:
            for wire in tuple(self.wires):
                wire.reset()
            await asyncio.sleep(0)
