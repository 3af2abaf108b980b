"""Which subnets a load balancer is put into when no one names them (networking, section 1).

Called where no standing load balancer of the same scheme gives them. Everything is decided on what the inventory knows
of the VPC; what it does not know yet is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.planner.core.aws import Inventory, RouteTable, Subnet
from services.planner.core.gates import Gate
from services.planner.core.inputs import Cluster
from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Problem, Reason

_CLUSTER_TAG_PREFIX = "kubernetes.io/cluster"
_ROLE_TAGS = {"internet-facing": "kubernetes.io/role/elb", "internal": "kubernetes.io/role/internal-elb"}
_ROLE_VALUES = frozenset(("", "1"))
# A load balancer needs eight free addresses in each subnet.
_FREE_ADDRESSES = 8
_FOREIGN = "are tagged for other clusters"
_FULL = "have fewer than 8 free addresses"
_NARROW = "have no IPv6 range"
_OUTPOST = "outpost"
_REGION_ZONE = "availability-zone"
_LOCALES = frozenset((_REGION_ZONE, "local-zone", "wavelength-zone"))
# Zones that a load balancer in a region has to span, by its type.
_MINIMUM_ZONES = {"application": 2, "network": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a load balancer needs of its subnets: `type_` is application or network."""

    type_: str
    dual_stack: bool


def discover_subnets(
    *, where: ObjectRef, scheme: str, wanted: Wanted, cluster: Cluster, inventory: Inventory
) -> tuple[str, ...] | Lookup | Problem:
    """Ids of the subnets for a load balancer, sorted; or what has to be asked first; or why there are none, a problem
    of `where`."""
    if not inventory.knowledge.network:
        return Lookup(kind=LookupKind.NETWORK)
    in_vpc = [s for s in inventory.subnets.values() if s.vpc_id == cluster.vpc_id]
    candidates = [s for s in in_vpc if s.tags.get(_ROLE_TAGS[scheme]) in _ROLE_VALUES]
    if not candidates and Gate.SUBNET_DISCOVERY_BY_REACHABILITY in cluster.gates:
        if not inventory.knowledge.route_tables:
            return Lookup(kind=LookupKind.ROUTE_TABLES)
        tables = inventory.route_tables.values()
        candidates = [s for s in in_vpc if _public(s, tables) == (scheme == "internet-facing")]
    chosen = choose(candidates, wanted, cluster, inventory)
    if isinstance(chosen, str):
        return Problem(where=where, reason=Reason.SUBNETS_NOT_FOUND, message=f"{chosen} (scheme {scheme})")
    return chosen


def choose(
    candidates: Sequence[Subnet], wanted: Wanted, cluster: Cluster, inventory: Inventory
) -> tuple[str, ...] | str:
    """Ids of the candidates that will do, one in each zone, sorted; or why there are none."""
    eligible, rejections = _eligible(candidates, wanted, cluster)
    chosen = _one_per_zone(eligible, cluster.name)
    if not chosen:
        counted = ", ".join(f"{count} {why}" for why, count in rejections.items())
        return f"unable to resolve at least one subnet: of {len(candidates)} evaluated, {counted}"
    return refusal_of(chosen, wanted, cluster, inventory) or tuple(s.id for s in chosen)


def _public(subnet: Subnet, tables: Iterable[RouteTable]) -> bool:
    ordered = sorted(tables, key=lambda t: t.id)
    explicit = [t for t in ordered if subnet.id in t.subnets]
    used = explicit or [t for t in ordered if t.main]
    return bool(used) and any(gateway.startswith("igw") for gateway in used[0].gateways)


def _eligible(candidates: Iterable[Subnet], wanted: Wanted, cluster: Cluster) -> tuple[list[Subnet], dict[str, int]]:
    """Those that will do, and how many will not, each counted for the first thing that speaks against it."""
    eligible: list[Subnet] = []
    rejections = {_FOREIGN: 0, _FULL: 0, **({_NARROW: 0} if wanted.dual_stack else {})}
    for subnet in candidates:
        if Gate.SUBNETS_CLUSTER_TAG_CHECK in cluster.gates and not _open_to(subnet, cluster.name):
            rejections[_FOREIGN] += 1
        elif subnet.available_addresses < _FREE_ADDRESSES:
            rejections[_FULL] += 1
        elif wanted.dual_stack and not subnet.ipv6_cidrs:
            rejections[_NARROW] += 1
        else:
            eligible.append(subnet)
    return eligible, rejections


def _open_to(subnet: Subnet, cluster_name: str) -> bool:
    return _of_cluster(subnet, cluster_name) or not any(key.startswith(_CLUSTER_TAG_PREFIX) for key in subnet.tags)


def _of_cluster(subnet: Subnet, cluster_name: str) -> bool:
    return f"{_CLUSTER_TAG_PREFIX}/{cluster_name}" in subnet.tags


def _one_per_zone(eligible: Iterable[Subnet], cluster_name: str) -> list[Subnet]:
    best: dict[str, Subnet] = {}
    for subnet in sorted(eligible, key=lambda s: (not _of_cluster(s, cluster_name), s.id)):
        best.setdefault(subnet.zone, subnet)
    return sorted(best.values(), key=lambda s: s.id)


def refusal_of(chosen: Sequence[Subnet], wanted: Wanted, cluster: Cluster, inventory: Inventory) -> str:
    """Why the load balancer cannot be put into the subnets, or nothing."""
    if not chosen:
        return "no subnet is named"
    locales: set[str] = set()
    for subnet in chosen:
        locale = _locale(subnet, inventory)
        if locale not in _LOCALES and locale != _OUTPOST:
            return f'subnet {subnet.id} is in zone {subnet.zone}, whose type "{locale}" is not known'
        locales.add(locale)
    if len(locales) > 1:
        return f"subnets in multiple locales: {', '.join(sorted(locales))}"
    if locales == {_REGION_ZONE} and len(chosen) < _minimum_zones(wanted, cluster):
        return f"an {wanted.type_} load balancer needs subnets in two zones, found {len(chosen)}: {chosen[0].id}"
    narrow = [s.id for s in chosen if not s.ipv6_cidrs] if wanted.dual_stack else []
    return f"subnets without an IPv6 range: {', '.join(narrow)}; a dual-stack load balancer needs one" if narrow else ""


def _minimum_zones(wanted: Wanted, cluster: Cluster) -> int:
    return 1 if Gate.ALB_SINGLE_SUBNET in cluster.gates else _MINIMUM_ZONES[wanted.type_]


def _locale(subnet: Subnet, inventory: Inventory) -> str:
    if subnet.outpost_arn:
        return _OUTPOST
    zone = inventory.zones.get(subnet.zone_id)
    return zone.type if zone else ""
