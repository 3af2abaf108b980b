"""Which inbound rules a binding needs on the security groups of its targets (networking, section 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network

from services.planner.core.aws import Permission
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, NetworkingPeer, NetworkingPort, ObjectRef, Pod
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import AssumedRole
from services.planner.core.problems import Problem, Reason
from services.planner.core.targets.interfaces import EndpointGroups, GroupAnswer, UnresolvedError
from services.planner.core.targets.wanted import Wanted

LABEL = "elbv2.k8s.aws/targetGroupBinding=shared"
ALL_PORTS = (0, 65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Rules by security group id; `lookups`: what has to be asked before they are known whole."""

    by_group: Mapping[str, frozenset[Permission]] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()


def needed_grants(inp: BindingInput, wanted: Wanted, endpoints: EndpointGroups) -> Grants | Problem:
    """The rules, or why they cannot be named."""
    if inp.binding.networking is None:
        return Grants()
    groups: dict[str, list[Pod]] = {}
    lookups: set[Lookup] = set()
    try:
        for answer, pod in _group_answers(inp, wanted, endpoints):
            if isinstance(answer, Lookup):
                lookups.add(answer)
            elif answer is not None:
                groups.setdefault(answer, []).extend([pod] if pod is not None else [])
        granted = {g: frozenset(_permissions(inp, pods)) for g, pods in sorted(groups.items())}
    except UnresolvedError as fault:
        where = ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace=inp.key.namespace, name=inp.key.name)
        return Problem(where=where, reason=Reason.FAILED_NETWORK_RECONCILE, message=str(fault))
    return Grants(by_group=granted, lookups=merge_lookups(lookups))


def _group_answers(
    inp: BindingInput, wanted: Wanted, endpoints: EndpointGroups
) -> Iterable[tuple[GroupAnswer, Pod | None]]:
    for pod in wanted.pods.values():
        yield endpoints.of_pod(pod, inp.nodes.get(pod.node_name)), pod
    for node in wanted.nodes.values():
        yield endpoints.of_node(node), None


def _permissions(inp: BindingInput, pods: list[Pod]) -> Iterable[Permission]:
    for rule in inp.binding.networking or ():
        for port in rule.ports:
            ranges = sorted(_ranges(port, pods))
            for peer in rule.peers:
                for first, last in ranges:
                    yield _permission(peer, port.protocol.lower(), first, last)


def _ranges(port: NetworkingPort, pods: list[Pod]) -> set[tuple[int, int]]:
    match port.port:
        case None:
            return {ALL_PORTS}
        case int(number):
            return {(number, number)}
        case name:
            found: set[tuple[int, int]] = set()
            for pod in pods:
                numbers = {p.port for p in pod.ports if p.name == name}
                if not numbers:
                    raise UnresolvedError(f"pod {pod.meta.name} has no container port named {name}")
                found |= {(n, n) for n in numbers}
            return found


def _permission(peer: NetworkingPeer, protocol: str, first: int, last: int) -> Permission:
    cidr = _normal(peer.cidr) if peer.cidr else ""
    if not (cidr or peer.security_group_id):
        raise UnresolvedError("a peer of spec.networking names neither a security group nor a range of addresses")
    return Permission(
        protocol=protocol,
        from_port=first,
        to_port=last,
        cidr=cidr if ":" not in cidr else "",
        cidr6=cidr if ":" in cidr else "",
        group=peer.security_group_id,
        description=LABEL,
    )


def _normal(cidr: str) -> str:
    """The range as EC2 gives it back: without host bits, IPv6 in its short form (EC2 API, type IpRange)."""
    try:
        return str(ip_network(cidr, strict=False))
    except ValueError as fault:
        raise UnresolvedError(f"{cidr!r} in spec.networking is no range of addresses: {fault}") from fault


def aggregate(permissions: Iterable[Permission], *, restricted: bool = True) -> frozenset[Permission]:
    """Rules of one security group over all bindings: one range for each protocol and source group, CIDRs one by one.
    Not `restricted`: all of them, each as it is asked for.
    """
    if not restricted:
        return frozenset(permissions)
    ranges: dict[tuple[str, str], tuple[int, int]] = {}
    single: set[Permission] = set()
    for p in permissions:
        if not p.group:
            single.add(p)
            continue
        first, last = p.from_port or 0, p.to_port or 0
        if (first, last) == (0, 0):
            first, last = ALL_PORTS
        low, high = ranges.get((p.protocol, p.group), (first, last))
        ranges[p.protocol, p.group] = (min(low, first), max(high, last))
    merged = {
        Permission(protocol=protocol, from_port=low, to_port=high, group=group, description=LABEL)
        for (protocol, group), (low, high) in ranges.items()
    }
    return frozenset(merged | single)


def covered(need: Permission, standing: Iterable[Permission]) -> bool:
    """Whether some standing rule of the same source lets all of the needed traffic in."""
    source = (need.cidr, need.cidr6, need.prefix_list, need.group)
    for rule in standing:
        if (rule.cidr, rule.cidr6, rule.prefix_list, rule.group) != source:
            continue
        if rule.protocol == "-1":
            return True
        low, high = rule.from_port or 0, rule.to_port or 0
        if rule.protocol == need.protocol and low <= (need.from_port or 0) and (need.to_port or 0) <= high:
            return True
    return False


def merge_lookups(lookups: Iterable[Lookup]) -> tuple[Lookup, ...]:
    """One lookup for each kind and role, with all the keys."""
    keys: dict[tuple[LookupKind, AssumedRole], set[str]] = {}
    for lookup in lookups:
        keys.setdefault((lookup.kind, lookup.role), set()).update(lookup.keys)
    return tuple(Lookup(kind=k, keys=tuple(sorted(v)), role=r) for (k, r), v in sorted(keys.items()))
