"""The load balancer in front, its listeners and target groups, put together from what the members ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from services.planner.core import naming, tags
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.ingress import frontend_nlb as catalogue
from services.planner.core.aws import Forward, TargetGroupWeight
from services.planner.core.build.front.ports import FrontPort, front_ports
from services.planner.core.build.front.target_groups import build_target_group, resource_id
from services.planner.core.build.listeners import Listening
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.merge import Wish, agreed, wishes
from services.planner.core.build.named_subnets import named_subnets
from services.planner.core.build.object_tags import refuse_external
from services.planner.core.build.security import named_groups
from services.planner.core.build.standing import standing_load_balancer, standing_load_balancers
from services.planner.core.build.subnets import Wanted, discover_subnets
from services.planner.core.desired import DesiredFront, DesiredListener, DesiredLoadBalancer
from services.planner.core.findings import Findings
from services.planner.core.inputs import Cluster, StackInput
from services.planner.core.members import Active
from services.planner.core.outcomes import Lookup
from services.planner.core.problems import Problem, Reason

T = TypeVar("T")

_TYPE = "network"
_PUBLIC = "internet-facing"
_ADDRESS_TYPES = ("ipv4", "dualstack")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tagging:
    """Tags of everything in front: those `asked` for, and the default ones of `cluster`."""

    cluster: Cluster
    asked: Mapping[str, str]


def build_front(
    inp: StackInput,
    members: Sequence[Active],
    behind: Identity,
    balancer: DesiredLoadBalancer,
    *,
    listening: Listening,
    asked: Mapping[str, str],
    findings: Findings,
) -> DesiredFront | None:
    """What is to stand in front of `balancer` and its listeners, None: nothing. `asked`: the tags that the members ask
    for."""
    if not agreed(_wishes(members, catalogue.ENABLE), findings):
        return None
    front = _identify(inp, members, balancer, findings)
    tagging = _tagging(inp, members, asked, findings)
    ports = front_ports(members, listening, findings)
    groups = tuple(
        build_target_group(
            inp,
            port,
            behind=behind,
            front=front,
            tagging=tagging.cluster,
            asked=tagging.asked,
            findings=findings,
        )
        for port in ports
    )
    return DesiredFront(
        load_balancer=_load_balancer(inp, members, front, balancer, tagging, findings),
        listeners=tuple(_listener(inp, port, tagging) for port in ports),
        target_groups=tuple(sorted(groups, key=lambda g: g.resource_id)),
    )


def _identify(
    inp: StackInput, members: Sequence[Active], balancer: DesiredLoadBalancer, findings: Findings
) -> Identity:
    scheme = agreed(_wishes(members, catalogue.SCHEME), findings) or inp.cluster.default_scheme
    standing = standing_load_balancer(inp, scheme=scheme, type_=_TYPE, resource_id=tags.FRONT)
    if standing is not None:
        return Identity(name=standing.name, scheme=scheme, standing=standing, ip_address_type=balancer.ip_address_type)
    # The load balancer that this one replaces may still hold the name.
    taken = {lb.name for lb in standing_load_balancers(inp, type_=_TYPE, resource_id=tags.FRONT)}
    name = naming.front_name(balancer.name)
    if name in taken:
        other = naming.load_balancer_name(cluster=inp.cluster.name, key=inp.key, scheme=scheme, extra=name)
        name = naming.front_name(other)
    return Identity(name=name, scheme=scheme, standing=None, ip_address_type=balancer.ip_address_type)


def _tagging(inp: StackInput, members: Sequence[Active], asked: Mapping[str, str], findings: Findings) -> _Tagging:
    """The tags of the load balancer behind, unless there are own ones, which then are all there are."""
    wanted = _wishes(members, catalogue.TAGS)
    for wish in wanted:
        refuse_external(inp.cluster, findings, wish.where, wish.field, wish.value)
    own = agreed(wanted, findings)
    if own is None:
        return _Tagging(cluster=inp.cluster, asked=asked)
    return _Tagging(cluster=replace(inp.cluster, default_tags={}), asked=own)


def _load_balancer(
    inp: StackInput,
    members: Sequence[Active],
    front: Identity,
    balancer: DesiredLoadBalancer,
    tagging: _Tagging,
    findings: Findings,
) -> DesiredLoadBalancer:
    if balancer.ip_address_type not in _ADDRESS_TYPES:
        findings.problem(
            members[0].ref,
            Reason.INVALID_SPEC,
            f"a network load balancer cannot have the address type {balancer.ip_address_type} of the one behind it",
            field=catalogue.ENABLE.key,
        )
    subnets = _subnets(inp, members, front, findings)
    return DesiredLoadBalancer(
        resource_id=tags.FRONT,
        name=front.name,
        type=_TYPE,
        scheme=front.scheme,
        ip_address_type=balancer.ip_address_type,
        subnets=subnets,
        allocations=_allocations(members, front, subnets, findings),
        security_groups=_security_groups(inp, members, findings) or balancer.security_groups,
        tags=tags.resource_tags(cluster=tagging.cluster, key=inp.key, resource_id=tags.FRONT, asked=tagging.asked),
        attributes=agreed(_wishes(members, catalogue.ATTRIBUTES), findings) or {},
    )


def _subnets(inp: StackInput, members: Sequence[Active], front: Identity, findings: Findings) -> tuple[str, ...]:
    """Those that are named, else those that discovery finds now, wherever the load balancer stands."""
    asked = [wish for wish in _wishes(members, catalogue.SUBNETS) if wish.value]
    names = agreed(asked, findings, same=sorted)
    wanted = Wanted(type_=_TYPE, dual_stack=front.dual_stack)
    found: tuple[str, ...] | Lookup | Problem
    if names is not None:
        where, field = asked[0].where, asked[0].field
        found = named_subnets(
            names, wanted=wanted, where=where, field=field, cluster=inp.cluster, inventory=inp.inventory
        )
    else:
        found = discover_subnets(
            where=members[0].ref, scheme=front.scheme, wanted=wanted, cluster=inp.cluster, inventory=inp.inventory
        )
    if isinstance(found, Lookup):
        findings.ask(found)
    elif isinstance(found, Problem):
        findings.add(found)
    return found if isinstance(found, tuple) else ()


def _security_groups(inp: StackInput, members: Sequence[Active], findings: Findings) -> tuple[str, ...]:
    asked = [wish for wish in _wishes(members, catalogue.SECURITY_GROUPS) if wish.value]
    names = agreed(asked, findings)
    if not names:
        return ()
    return named_groups(inp, names, where=asked[0].where, field=asked[0].field, findings=findings)


def _allocations(
    members: Sequence[Active], front: Identity, subnets: Sequence[str], findings: Findings
) -> tuple[str, ...]:
    asked = [wish for wish in _wishes(members, catalogue.EIP_ALLOCATIONS) if wish.value]
    allocations = agreed(asked, findings, same=sorted)
    if not allocations:
        return ()
    refusal = ""
    if front.scheme != _PUBLIC:
        refusal = f"Elastic IP addresses need the scheme {_PUBLIC}; this load balancer is {front.scheme}"
    elif subnets and len(allocations) != len(subnets):
        refusal = f"{len(allocations)} addresses are given for {len(subnets)} subnets; each subnet needs one"
    if refusal:
        findings.problem(asked[0].where, Reason.INVALID_ANNOTATION, refusal, field=asked[0].field)
    return allocations if len(allocations) == len(subnets) else ()


def _listener(inp: StackInput, port: FrontPort, tagging: _Tagging) -> DesiredListener:
    id_ = f"{tags.FRONT_LISTENER}{port.port}"
    return DesiredListener(
        port=port.port,
        protocol="TCP",
        default_actions=(Forward(groups=(TargetGroupWeight(target_group=resource_id(port)),)),),
        tags=tags.resource_tags(cluster=tagging.cluster, key=inp.key, resource_id=id_, asked=tagging.asked),
    )


def _wishes(members: Sequence[Active], annotation: Annotation[T]) -> tuple[Wish[T], ...]:
    return wishes(members, annotation, of_class=lambda _: None, class_field="")
