"""How long AWS takes for what it does by itself: two tables, and single values that can be set.

All are sandbox seconds. Where AWS or its users report a range, the realistic table takes a value inside it
(aws-elbv2, sections 3.4, 4.3 and 8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """One table of delays; all 0 by default: AWS does everything at once."""

    application_register: float = 0.0
    """From RegisterTargets to the first check and the first request of an Application Load Balancer."""
    network_register: float = 0.0
    """The same of a Network Load Balancer."""
    application_deregister: float = 0.0
    """From DeregisterTargets to the last new request."""
    network_deregister: float = 0.0
    """From DeregisterTargets to the last new flow."""
    application_unhealthy: float = 0.0
    """From the verdict that a target is unhealthy to the last new request."""
    network_unhealthy: float = 0.0
    """The same of new flows."""
    application_switch: float = 0.0
    """From a change of a listener or a rule to the first request that follows it."""
    network_switch: float = 0.0
    """The same of new flows."""
    application_provisioning: float = 0.0
    """From CreateLoadBalancer to the state `active`."""
    network_provisioning: float = 0.0
    interface_release: float = 0.0
    """How long the network interfaces of a deleted load balancer stay, and hold its security groups and subnets."""
    target_group_release: float = 0.0
    """How long a target group is in use after the last rule that forwarded to it went."""
    longest_draining: float = 0.0
    """How long a target that drains is shown at most; it drains for its deregistration delay all the same."""
    read_after_create: float = 0.0
    """How long reads do not find what was created, and CreateRule not the listener."""
    tagging: float = 0.0
    """How long the tagging API shows the tags from before a change."""

    def register(self, *, network: bool) -> float:
        return self.network_register if network else self.application_register

    def deregister(self, *, network: bool) -> float:
        return self.network_deregister if network else self.application_deregister

    def unhealthy(self, *, network: bool) -> float:
        return self.network_unhealthy if network else self.application_unhealthy

    def switch(self, *, network: bool) -> float:
        return self.network_switch if network else self.application_switch

    def provisioning(self, *, network: bool) -> float:
        return self.network_provisioning if network else self.application_provisioning

    def with_values(self, values: Mapping[str, float]) -> Delays:
        """The table with these values changed, by name. Raises DelayError for what is no name or no delay."""
        for name, seconds in values.items():
            if name not in NAMES:
                raise DelayError(f"there is no delay '{name}'; there are {', '.join(NAMES)}")
            if not (0 <= seconds < math.inf):
                raise DelayError(f"the delay '{name}' is {seconds:g}; it has to be 0 or more seconds")
        return replace(self, **values)

    def as_json(self) -> dict[str, float]:
        return asdict(self)


class DelayError(Exception):
    """Why a delay cannot be set, in words for the one who set it."""


NAMES = tuple(one.name for one in fields(Delays))
"""All that can be set."""
IMMEDIATE = Delays()
REALISTIC = Delays(
    application_register=5,
    network_register=90,
    application_deregister=10,
    network_deregister=120,
    network_unhealthy=35,
    application_switch=3,
    network_switch=75,
    application_provisioning=150,
    network_provisioning=150,
    interface_release=60,
    longest_draining=3600,
    target_group_release=10,
    read_after_create=3,
    tagging=5,
)
"""As AWS is: what it documents, or else what its users measured."""
TABLES: Mapping[str, Delays] = {"immediate": IMMEDIATE, "realistic": REALISTIC}
