"""The load balancer of an ingress group and its managed security group (ingress behaviour, sections 4.1, 7 and 17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from services.planner.core import naming, tags
from services.planner.core.annotations.annotated import Annotated
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.ingress.load_balancer import (
    CAPACITY,
    CUSTOMER_OWNED_POOL,
    IP_ADDRESS_TYPE,
    IPAM_POOL,
    LOAD_BALANCER_ATTRIBUTES,
    LOAD_BALANCER_NAME,
    SCHEME,
)
from services.planner.core.aws import LoadBalancer, Permission
from services.planner.core.build.addons import build_addons
from services.planner.core.build.merge import Wish, agreed, united, wishes
from services.planner.core.build.security import Security
from services.planner.core.build.security_choice import choose_groups
from services.planner.core.build.standing import (
    standing_load_balancer,
    standing_load_balancers,
    standing_managed_group,
)
from services.planner.core.desired import DesiredGroup, DesiredLoadBalancer
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active

T = TypeVar("T")

IPV4 = "ipv4"
DELETION_PROTECTION = "deletion_protection.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which load balancer it is; `standing`: the one in AWS that it stays, None: a new one has to be made."""

    name: str
    scheme: str
    standing: LoadBalancer | None
    ip_address_type: str = IPV4
    security: Security = field(default_factory=Security)

    @property
    def dual_stack(self) -> bool:
        """Whether it has IPv6 addresses."""
        return self.ip_address_type != IPV4


def identify(inp: StackInput, members: Sequence[Active], findings: Findings) -> Identity:
    """The scheme decides whether the standing load balancer stays; one that stays keeps its name."""
    asked = wishes(members, SCHEME, of_class=lambda p: p.scheme, class_field="spec.scheme")
    scheme = agreed(asked, findings) or inp.cluster.default_scheme
    names = wishes(
        members, LOAD_BALANCER_NAME, of_class=lambda p: p.load_balancer_name, class_field="spec.loadBalancerName"
    )
    wanted = agreed(names, findings)
    types = wishes(members, IP_ADDRESS_TYPE, of_class=lambda p: p.ip_address_type, class_field="spec.ipAddressType")
    standing = standing_load_balancer(inp, scheme=scheme)
    return Identity(
        name=standing.name if standing is not None else _fresh_name(inp, scheme, wanted),
        scheme=scheme,
        standing=standing,
        ip_address_type=agreed(types, findings) or IPV4,
        security=choose_groups(inp, members, findings),
    )


def _fresh_name(inp: StackInput, scheme: str, wanted: str | None) -> str:
    # The load balancer that this one replaces may still hold the name.
    taken = {lb.name for lb in standing_load_balancers(inp, type_="application")}
    own = naming.load_balancer_name(cluster=inp.cluster.name, key=inp.key, scheme=scheme)
    return wanted if wanted is not None and wanted not in taken else own


def build_load_balancer(
    inp: StackInput,
    members: Sequence[Active],
    identity: Identity,
    *,
    subnets: tuple[str, ...],
    asked: Mapping[str, str],
    findings: Findings,
) -> DesiredLoadBalancer:
    """The load balancer with its security groups; `asked`: the tags that the members want."""
    return DesiredLoadBalancer(
        resource_id=tags.LOAD_BALANCER,
        name=identity.name,
        type="application",
        scheme=identity.scheme,
        ip_address_type=identity.ip_address_type,
        subnets=subnets,
        security_groups=identity.security.groups,
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.LOAD_BALANCER, asked=asked),
        attributes=_attributes(members, findings),
        customer_owned_pool=agreed(_own_wishes(members, CUSTOMER_OWNED_POOL), findings),
        ipam_pool=_ipam_pool(members, findings),
        capacity=_capacity(inp, members, findings),
        addons=build_addons(inp, members, findings),
    )


def _own_wishes(members: Sequence[Active], annotation: Annotation[T]) -> tuple[Wish[T], ...]:
    """What the members ask for by an annotation that has no field in the parameters of a class, or one that counts for
    the whole group."""
    return wishes(members, annotation, of_class=lambda _: None, class_field="")


def _ipam_pool(members: Sequence[Active], findings: Findings) -> str | None:
    """That of the first member's class, or the one that the members name."""
    agreed_on = agreed([w for w in _own_wishes(members, IPAM_POOL) if w.value], findings)
    first = members[0].params
    return first.ipam_pool if first is not None and first.ipam_pool is not None else agreed_on


def _capacity(inp: StackInput, members: Sequence[Active], findings: Findings) -> int | None:
    """That of the first member's class, or what the members ask for."""
    asked = _own_wishes(members, CAPACITY)
    if Gate.CAPACITY_RESERVATION not in inp.cluster.gates:
        return None
    agreed_on = agreed(asked, findings)
    first = members[0].params
    return first.capacity if first is not None and first.capacity is not None else agreed_on


def _attributes(members: Sequence[Active], findings: Findings) -> dict[str, str]:
    """Those of all members; the class of the first one decides before any of them."""
    first = members[0].params
    asked = wishes(members, LOAD_BALANCER_ATTRIBUTES, of_class=lambda p: None, class_field="")
    return united(asked, findings, decided=first.load_balancer_attributes if first is not None else None)


def build_managed_group(
    inp: StackInput, *, permissions: frozenset[Permission], asked: Mapping[str, str]
) -> DesiredGroup:
    """The managed security group, with who may reach the listeners."""
    standing = standing_managed_group(inp)
    return DesiredGroup(
        resource_id=tags.MANAGED_GROUP,
        name=standing.name if standing else naming.managed_group_name(cluster=inp.cluster.name, key=inp.key),
        description=naming.MANAGED_GROUP_DESCRIPTION,
        permissions=permissions,
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.MANAGED_GROUP, asked=asked),
    )


def asks_for_deletion_protection(subject: Annotated) -> bool:
    """Whether the object's own attributes switch deletion protection on; unreadable ones do not."""
    attributes = subject.get(LOAD_BALANCER_ATTRIBUTES) or {}
    return attributes.get(DELETION_PROTECTION, "") in ("1", "t", "T", "TRUE", "true", "True")
