"""Security groups, subnets, zones, networks and interfaces."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Permission:
    """One inbound rule with exactly one source. Identity is everything but the description (networking, section 6).

    `from_port` and `to_port` are None where AWS gives none (all ports).
    """

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr: str = ""
    cidr6: str = ""
    prefix_list: str = ""
    group: str = ""
    description: str = ""

    @property
    def identity(self) -> tuple[str, int, int, str, str, str, str]:
        """What makes two permissions the same rule for AWS."""
        ports = (self.from_port or 0, self.to_port or 0)
        return (self.protocol, *ports, self.cidr, self.cidr6, self.prefix_list, self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A security group with its inbound rules."""

    id: str
    name: str
    description: str
    vpc_id: str
    permissions: frozenset[Permission]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet; `ipv6_cidrs` are those associated."""

    id: str
    zone: str
    zone_id: str
    vpc_id: str
    available_addresses: int
    cidr: str
    ipv6_cidrs: tuple[str, ...] = ()
    outpost_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An availability zone; `type` is availability-zone, local-zone or wavelength-zone."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """The cluster's VPC with its associated address ranges."""

    id: str
    cidrs: tuple[str, ...]
    ipv6_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerVpc:
    """Another VPC than the cluster's, which targets may lie in, with its associated address ranges."""

    id: str
    cidrs: tuple[str, ...]
    ipv6_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """A route table: explicit subnet associations, whether it is the main one, and the gateways of its routes."""

    id: str
    main: bool
    subnets: tuple[str, ...]
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface; `instance_id` is empty when attached to none, `device_index` -1 then."""

    id: str
    groups: tuple[str, ...]
    addresses: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    instance_id: str = ""
    device_index: int = -1
