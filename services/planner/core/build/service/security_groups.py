"""Which security groups a Service's load balancer has, and its managed one (service behaviour, section 5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.planner.core import naming, tags
from services.planner.core.annotations import service_nlb as catalogue
from services.planner.core.annotations.shapes import address_range, all_group_ids
from services.planner.core.annotations.values import BadValueError
from services.planner.core.aws import LoadBalancer, Permission
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.standing import standing_managed_group
from services.planner.core.desired import DesiredGroup, GroupToken
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason

_EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """`groups` of the load balancer: none is a choice for its whole life. `backend`: the group from which targets are
    reached; None with groups: the rules of the targets are somebody else's."""

    groups: tuple[str | GroupToken, ...]
    backend: GroupToken | None

    @property
    def managed(self) -> bool:
        """Whether the stack has a security group of its own."""
        return GroupToken.MANAGED in self.groups


_NONE = Security(groups=(), backend=None)


def choose_groups(
    inp: StackInput, subject: Subject, standing: LoadBalancer | None, findings: Findings
) -> Security | Lookup:
    """The decision; or what has to be asked first. AWS neither gives groups to a network load balancer that was made
    without, nor takes the last one away."""
    disabled = subject.get(catalogue.DISABLE_SECURITY_GROUPS)
    if standing is not None and not standing.security_groups:
        return _NONE
    if disabled:
        if standing is not None:
            message = f"load balancer {standing.name} has security groups, and AWS cannot take the last one away"
            key = catalogue.DISABLE_SECURITY_GROUPS.key
            findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=key)
        return _NONE
    asked = subject.get(catalogue.SECURITY_GROUPS)
    if not asked:
        return Security(groups=(GroupToken.MANAGED, GroupToken.SHARED), backend=GroupToken.SHARED)
    own = tuple(dict.fromkeys(asked))
    unread = _missing(inp, subject, own, findings)
    if unread:
        return Lookup(kind=LookupKind.SECURITY_GROUPS, keys=unread)
    if subject.get(catalogue.MANAGE_BACKEND_RULES):
        return Security(groups=(*own, GroupToken.SHARED), backend=GroupToken.SHARED)
    return Security(groups=own, backend=None)


def _missing(inp: StackInput, subject: Subject, own: tuple[str, ...], findings: Findings) -> tuple[str, ...]:
    """Groups that have to be asked for; those that do not exist are a problem."""
    knowledge = inp.inventory.knowledge
    # Names were refused when the annotation was checked.
    ids = [group for group in own if all_group_ids((group,))]
    unknown = [group for group in ids if group not in inp.inventory.security_groups]
    absent = [group for group in unknown if knowledge.filled or group in knowledge.groups]
    if absent:
        message = f"there is no security group {', '.join(absent)} in {inp.cluster.vpc_id}"
        key = catalogue.SECURITY_GROUPS.key
        findings.problem(subject.ref, Reason.SECURITY_GROUP_NOT_FOUND, message, field=key)
    return tuple(sorted(group for group in unknown if group not in absent))


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
    if wide:
        message = f"{', '.join(wide)}: IPv6 ranges need a dual stack load balancer; this one is ipv4"
        findings.problem(subject.ref, Reason.INVALID_SPEC, message, field=field)
    return tuple(dict.fromkeys(found))


def build_managed_group(
    inp: StackInput, subject: Subject, ranges: tuple[str, ...], asked: Mapping[str, str]
) -> DesiredGroup:
    """The managed security group: the Service's ports are open to the ranges, or to everyone."""
    standing = standing_managed_group(inp)
    uid = subject.service.meta.uid
    return DesiredGroup(
        resource_id=tags.MANAGED_GROUP,
        name=standing.name
        if standing
        else naming.service_managed_group_name(cluster=inp.cluster.name, key=inp.key, uid=uid),
        description=naming.MANAGED_GROUP_DESCRIPTION,
        permissions=frozenset(
            Permission(protocol=port.protocol.lower(), from_port=port.port, to_port=port.port, cidr=cidr)
            for port in subject.service.ports
            for cidr in ranges or (_EVERYWHERE,)
        ),
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.MANAGED_GROUP, asked=asked),
    )
