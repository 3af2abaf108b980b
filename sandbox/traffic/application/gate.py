"""Where requests of an application load balancer come in, as it is configured at that moment."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.traffic.configuration import Listener, LoadBalancer
from sandbox.traffic.core.forwarded import Forwarding


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One listener at one node."""

    balancer: LoadBalancer
    listener: Listener
    zone: str

    @property
    def idle_seconds(self) -> float:
        """Sandbox seconds after which silence ends a request."""
        return float(self.balancer.attributes.get("idle_timeout.timeout_seconds") or 60)

    @property
    def forwarding(self) -> Forwarding:
        """How requests are passed on."""
        return Forwarding.of(self.balancer.attributes)
