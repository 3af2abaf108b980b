"""What the seeded AWS account holds: the facts that a cluster's sandbox and the tests start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldNode:
    """One instance that a Kubernetes node stands for."""

    id: str
    ip: str
    """The primary private address."""
    eni: str
    """Its only network interface; pods' addresses are secondary addresses of it."""
    az: str
    """The letter of its zone: `a`, `b` or `c`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsWorld:
    """A running endpoint and the identifiers of what was seeded."""

    url: str
    region: str
    cluster_name: str
    vpc: str
    subnets: Mapping[str, str]
    """Subnet ids by name: `public-a` to `private-c`."""
    sg: str
    """The nodes' security group."""
    custom_sg: str
    """A security group that a user made for load balancers."""
    nodes: tuple[WorldNode, ...]
    certs: Mapping[str, str]
    """Certificate ARNs by name: `www` (www.example.com), `wild` (*.example.com), `shop` (shop.example.org and api.)."""
    eips: tuple[str, ...]
    """Allocation ids of elastic addresses."""
    tgs: Mapping[str, str]
    """ARNs of target groups that a user made: `hand-ip`, `hand-instance`."""
    acl: str
    """ARN of a web ACL."""

    def as_json(self) -> dict[str, Any]:
        """The world as plain JSON data."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
