"""Who reaches the targets of a Service's target group, on which ports (service behaviour, sections 11 and 12)."""

from dataclasses import dataclass

from services.planner.core.annotations.shapes import TRAFFIC_PORT
from services.planner.core.aws import Subnet
from services.planner.core.desired import DesiredAccess, GroupToken
from services.planner.core.inputs import StackInput
from services.planner.core.objects import NetworkingPeer, NetworkingPort

_TCP, _UDP = "TCP", "UDP"
# Transports of a target group's traffic, in the order in which rules name them.
_TRANSPORTS = {"UDP": (_UDP,), "QUIC": (_UDP,), "TCP_UDP": (_UDP, _TCP), "TCP_QUIC": (_UDP, _TCP)}
_EVERYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What is known of a target group's traffic. `protocol` is the group's; `port`: that of the targets, by number or
    name; `ipv6`: targets have IPv6 addresses."""

    protocol: str
    port: int | str
    health_check_port: str
    keeps_client_address: bool
    ipv6: bool = False

    @property
    def transports(self) -> tuple[str, ...]:
        """What is sent to the targets."""
        return _TRANSPORTS.get(self.protocol, (_TCP,))

    @property
    def datagrams(self) -> bool:
        """Whether clients send datagrams, whose address targets always see."""
        return _UDP in self.transports

    @property
    def separate_health_check(self) -> int | None:
        """The health check's port where it is not the traffic's; a name counts as another port than any number."""
        if self.health_check_port == TRAFFIC_PORT or self.health_check_port == str(self.port):
            return None
        return int(self.health_check_port)


def from_group(traffic: Traffic, backend: str | GroupToken, *, restricted: bool) -> tuple[DesiredAccess, ...]:
    """One rule with all ports, for a load balancer with security groups. Not `restricted`: every port."""
    if restricted:
        ports = _ports(traffic)
    else:
        ports = [NetworkingPort(protocol=_TCP)] + [NetworkingPort(protocol=_UDP)] * traffic.datagrams
    peer = backend if isinstance(backend, GroupToken) else NetworkingPeer(security_group_id=backend)
    return (DesiredAccess(peers=(peer,), ports=tuple(ports)),)


def _ports(traffic: Traffic) -> list[NetworkingPort]:
    ports = [NetworkingPort(protocol=transport, port=traffic.port) for transport in traffic.transports]
    apart = traffic.separate_health_check
    if apart is not None:
        ports.append(NetworkingPort(port=apart))
    elif _TCP not in traffic.transports:
        # Health checks of datagrams are connections.
        ports.append(NetworkingPort(port=traffic.port))
    return ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where traffic comes from without security groups: the `scheme`, the load balancer's `subnets` by id, and the
    ranges that the Service names."""

    scheme: str
    subnets: tuple[str, ...]
    ranges: tuple[str, ...]


def from_addresses(inp: StackInput, traffic: Traffic, addresses: Addresses) -> tuple[DesiredAccess, ...]:
    """A rule for traffic and, where that does not cover it, one for health checks. The network must be known."""
    known = (inp.inventory.subnets.get(subnet) for subnet in addresses.subnets)
    of_subnets = tuple(sorted(cidr for subnet in known if subnet is not None for cidr in _cidrs(subnet, traffic)))
    by_client = traffic.datagrams or traffic.keeps_client_address
    sources = of_subnets
    if by_client:
        sources = addresses.ranges or _default_ranges(inp, addresses.scheme, traffic)
    transports = sorted(traffic.transports)
    rules = [_access(sources, tuple(NetworkingPort(protocol=t, port=traffic.port) for t in transports))]
    apart = traffic.separate_health_check
    open_to_all = any(source in _EVERYWHERE for source in sources)
    covered = not traffic.keeps_client_address or not addresses.ranges or open_to_all
    if traffic.protocol == _UDP or apart is not None or not covered:
        port = traffic.port if apart is None else apart
        rules.append(_access(of_subnets, (NetworkingPort(port=port),)))
    return tuple(rules)


def _cidrs(subnet: Subnet, traffic: Traffic) -> tuple[str, ...]:
    return subnet.ipv6_cidrs if traffic.ipv6 else (subnet.cidr,)


def _default_ranges(inp: StackInput, scheme: str, traffic: Traffic) -> tuple[str, ...]:
    if scheme != "internal":
        return (_EVERYWHERE[traffic.ipv6],)
    vpc = inp.inventory.vpc
    if vpc is None:
        return ()
    return vpc.ipv6_cidrs if traffic.ipv6 else vpc.cidrs


def _access(sources: tuple[str, ...], ports: tuple[NetworkingPort, ...]) -> DesiredAccess:
    return DesiredAccess(peers=tuple(NetworkingPeer(cidr=cidr) for cidr in sources), ports=ports)
