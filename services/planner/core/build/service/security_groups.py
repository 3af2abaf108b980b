"""Which security groups a Service's load balancer has, and its managed one (service behaviour, section 5)."""

from collections.abc import Iterator, Mapping

from services.planner.core import naming, tags
from services.planner.core.annotations.service_nlb import load_balancer as catalogue
from services.planner.core.annotations.shapes import address_range
from services.planner.core.annotations.values import BadValueError
from services.planner.core.aws import LoadBalancer, Permission
from services.planner.core.build.security import Security, named_groups, with_managed_group, with_own_groups
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.standing import standing_managed_group
from services.planner.core.desired import DesiredGroup
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.problems import Reason

_EVERYWHERE, _EVERYWHERE_IPV6 = "0.0.0.0/0", "::/0"
_ON = "on"


def choose_groups(inp: StackInput, subject: Subject, standing: LoadBalancer | None, findings: Findings) -> Security:
    """The decision. AWS neither gives groups to a network load balancer that was made without, nor takes the last one
    away."""
    disabled = subject.get(catalogue.DISABLE_SECURITY_GROUPS) or Gate.NLB_SECURITY_GROUP not in inp.cluster.gates
    if standing is not None and not standing.security_groups:
        if not disabled:
            _warn_of_none(subject, standing, findings)
        return Security()
    if disabled:
        if standing is not None:
            message = f"load balancer {standing.name} has security groups, and AWS cannot take the last one away"
            key = catalogue.DISABLE_SECURITY_GROUPS.key
            findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=key)
        return Security()
    asked = subject.get(catalogue.SECURITY_GROUPS)
    if not asked:
        return with_managed_group(inp.cluster)
    own = named_groups(inp, asked, where=subject.ref, field=catalogue.SECURITY_GROUPS.key, findings=findings)
    return with_own_groups(inp.cluster, own, manage_backend=_manages_backend(inp, subject, findings))


def _warn_of_none(subject: Subject, standing: LoadBalancer, findings: Findings) -> None:
    message = (
        f"load balancer {standing.name} was made without security groups, and AWS does not give it any later: it stays"
        " without; a load balancer of another name or scheme gets them"
    )
    findings.warning(subject.ref, Reason.NOT_APPLIED, message, field=catalogue.DISABLE_SECURITY_GROUPS.key)


def _manages_backend(inp: StackInput, subject: Subject, findings: Findings) -> bool:
    """Whether rules on the targets are managed beside the user's own groups."""
    asked = subject.get(catalogue.MANAGE_BACKEND_RULES)
    if asked and not inp.cluster.backend_security_group_enabled:
        message = "rules on the targets need the backend security group, which is switched off in this installation"
        field = catalogue.MANAGE_BACKEND_RULES.key
        findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=field)
        return False
    return inp.cluster.manage_backend_rules if asked is None else asked


def source_ranges(subject: Subject, findings: Findings) -> tuple[str, ...]:
    """Address ranges that may connect, as the Service says; none: it does not say. The spec wins over the
    annotation."""
    field = "spec.loadBalancerSourceRanges"
    found: tuple[str, ...] = ()
    for text in subject.service.load_balancer_source_ranges:
        try:
            found = (*found, address_range(text.strip()))
        except BadValueError as bad:
            findings.problem(subject.ref, Reason.INVALID_SPEC, str(bad), field=field)
    if not subject.service.load_balancer_source_ranges:
        field = catalogue.SOURCE_RANGES.key
        found = subject.get(catalogue.SOURCE_RANGES) or ()
    wide = [text for text in found if ":" in text]
    if wide and not subject.dual_stack:
        message = f"{', '.join(wide)}: IPv6 ranges need a dual stack load balancer; this one is ipv4"
        findings.problem(subject.ref, Reason.INVALID_SPEC, message, field=field)
    return tuple(dict.fromkeys(found))


def build_managed_group(
    inp: StackInput, subject: Subject, ranges: tuple[str, ...], asked: Mapping[str, str]
) -> DesiredGroup:
    """The managed security group: the Service's ports are open to the ranges and prefix lists, or to everyone."""
    standing = standing_managed_group(inp)
    uid = subject.service.meta.uid
    return DesiredGroup(
        resource_id=tags.MANAGED_GROUP,
        name=standing.name
        if standing
        else naming.service_managed_group_name(cluster=inp.cluster.name, key=inp.key, uid=uid),
        description=naming.MANAGED_GROUP_DESCRIPTION,
        permissions=frozenset(_permissions(subject, ranges)),
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.MANAGED_GROUP, asked=asked),
    )


def _permissions(subject: Subject, ranges: tuple[str, ...]) -> Iterator[Permission]:
    """Inbound rules by the ports of the Service, whatever listeners are made of them."""
    lists = subject.get(catalogue.PREFIX_LISTS) or ()
    if not ranges and not lists:
        ranges = (_EVERYWHERE, _EVERYWHERE_IPV6) if subject.dual_stack else (_EVERYWHERE,)
    discovery = subject.get(catalogue.PATH_MTU_DISCOVERY) == _ON
    for port in subject.service.ports:
        protocol = port.protocol.lower()
        for source in ranges:
            yield _permission(protocol, port.port, port.port, source)
        for prefix_list in lists:
            yield Permission(protocol=protocol, from_port=port.port, to_port=port.port, prefix_list=prefix_list)
    for source in ranges if discovery else ():
        # Type and code of the message that a packet is too big (RFC 792, RFC 4443).
        protocol, type_, code = ("icmpv6", 2, 0) if ":" in source else ("icmp", 3, 4)
        yield _permission(protocol, type_, code, source)


def _permission(protocol: str, first: int, last: int, source: str) -> Permission:
    if ":" in source:
        return Permission(protocol=protocol, from_port=first, to_port=last, cidr6=source)
    return Permission(protocol=protocol, from_port=first, to_port=last, cidr=source)
