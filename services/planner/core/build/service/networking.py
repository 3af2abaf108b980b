"""Who reaches the targets of a Service's target group, on which ports (service behaviour, sections 11 and 12)."""

from dataclasses import dataclass

from services.planner.core.annotations.shapes import TRAFFIC_PORT
from services.planner.core.desired import DesiredAccess, GroupToken
from services.planner.core.inputs import StackInput
from services.planner.core.objects import NetworkingPeer, NetworkingPort

_EVERYWHERE = "0.0.0.0/0"
_DATAGRAMS = "UDP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What is known of a target group's traffic. `port`: that of the targets, by number or name."""

    protocol: str
    port: int | str
    health_check_port: str
    keeps_client_address: bool

    @property
    def separate_health_check(self) -> int | None:
        """The health check's port where it is not the traffic's; a name counts as another port than any number."""
        if self.health_check_port == TRAFFIC_PORT or self.health_check_port == str(self.port):
            return None
        return int(self.health_check_port)


def from_group(traffic: Traffic, backend: GroupToken) -> tuple[DesiredAccess, ...]:
    """One rule with all ports, for a load balancer with security groups."""
    ports = [NetworkingPort(protocol=traffic.protocol, port=traffic.port)]
    apart = traffic.separate_health_check
    if apart is not None:
        ports.append(NetworkingPort(port=apart))
    elif traffic.protocol == _DATAGRAMS:
        # Health checks of a UDP target group are connections.
        ports.append(NetworkingPort(port=traffic.port))
    return (DesiredAccess(peers=(backend,), ports=tuple(ports)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where traffic comes from without security groups: the `scheme`, the load balancer's `subnets` by id, and the
    ranges that the Service names."""

    scheme: str
    subnets: tuple[str, ...]
    ranges: tuple[str, ...]


def from_addresses(inp: StackInput, traffic: Traffic, addresses: Addresses) -> tuple[DesiredAccess, ...]:
    """A rule for traffic and, where that does not cover it, one for health checks. The network must be known."""
    of_subnets = tuple(sorted(inp.inventory.subnets[s].cidr for s in addresses.subnets if s in inp.inventory.subnets))
    by_client = traffic.protocol == _DATAGRAMS or traffic.keeps_client_address
    sources = (addresses.ranges or _default_ranges(inp, addresses.scheme)) if by_client else of_subnets
    rules = [_access(sources, traffic.protocol, traffic.port)]
    apart = traffic.separate_health_check
    covered = not traffic.keeps_client_address or not addresses.ranges or _EVERYWHERE in sources
    if traffic.protocol == _DATAGRAMS or apart is not None or not covered:
        rules.append(_access(of_subnets, "TCP", traffic.port if apart is None else apart))
    return tuple(rules)


def _default_ranges(inp: StackInput, scheme: str) -> tuple[str, ...]:
    vpc = inp.inventory.vpc
    return (vpc.cidrs if vpc is not None else ()) if scheme == "internal" else (_EVERYWHERE,)


def _access(sources: tuple[str, ...], protocol: str, port: int | str) -> DesiredAccess:
    return DesiredAccess(
        peers=tuple(NetworkingPeer(cidr=cidr) for cidr in sources),
        ports=(NetworkingPort(protocol=protocol, port=port),),
    )
