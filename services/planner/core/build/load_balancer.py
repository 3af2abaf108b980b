"""The load balancer of an Ingress and its managed security group (ingress behaviour, sections 4.1, 7 and 17)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.planner.core import naming, tags
from services.planner.core.annotations.annotated import Annotated
from services.planner.core.annotations.ingress import LOAD_BALANCER_ATTRIBUTES, LOAD_BALANCER_NAME, SCHEME
from services.planner.core.aws import LoadBalancer, Permission
from services.planner.core.build.standing import standing_load_balancer, standing_managed_group
from services.planner.core.desired import DesiredGroup, DesiredLoadBalancer, GroupToken
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active

_EVERYWHERE = "0.0.0.0/0"
DELETION_PROTECTION = "deletion_protection.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which load balancer it is; `standing`: the one in AWS that it stays, None: a new one has to be made."""

    name: str
    scheme: str
    standing: LoadBalancer | None


def identify(inp: StackInput, member: Active) -> Identity:
    """The scheme decides whether the standing load balancer stays; one that stays keeps its name."""
    params = member.params
    scheme = (params and params.scheme) or member.annotated.get(SCHEME) or inp.cluster.default_scheme
    standing = standing_load_balancer(inp, scheme=scheme)
    asked = (params and params.load_balancer_name) or member.annotated.get(LOAD_BALANCER_NAME)
    name = asked or naming.load_balancer_name(cluster=inp.cluster.name, key=inp.key, scheme=scheme)
    return Identity(name=standing.name if standing else name, scheme=scheme, standing=standing)


def build_load_balancer(
    inp: StackInput, member: Active, identity: Identity, *, subnets: tuple[str, ...], asked: Mapping[str, str]
) -> DesiredLoadBalancer:
    """The load balancer with the managed and the shared security group; `asked`: its tags as the member wants them."""
    own = member.annotated.get(LOAD_BALANCER_ATTRIBUTES) or {}
    of_class = member.params.load_balancer_attributes if member.params else {}
    return DesiredLoadBalancer(
        resource_id=tags.LOAD_BALANCER,
        name=identity.name,
        type="application",
        scheme=identity.scheme,
        ip_address_type="ipv4",
        subnets=subnets,
        security_groups=(GroupToken.MANAGED, GroupToken.SHARED),
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.LOAD_BALANCER, asked=asked),
        attributes=dict(sorted({**own, **of_class}.items())),
    )


def build_managed_group(inp: StackInput, *, ports: Iterable[int], asked: Mapping[str, str]) -> DesiredGroup:
    """The managed security group: the listeners' ports are open to everyone."""
    standing = standing_managed_group(inp)
    return DesiredGroup(
        resource_id=tags.MANAGED_GROUP,
        name=standing.name if standing else naming.managed_group_name(cluster=inp.cluster.name, key=inp.key),
        description=naming.MANAGED_GROUP_DESCRIPTION,
        permissions=frozenset(
            Permission(protocol="tcp", from_port=port, to_port=port, cidr=_EVERYWHERE) for port in ports
        ),
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.MANAGED_GROUP, asked=asked),
    )


def asks_for_deletion_protection(subject: Annotated) -> bool:
    """Whether the object's own attributes switch deletion protection on; unreadable ones do not."""
    attributes = subject.get(LOAD_BALANCER_ATTRIBUTES) or {}
    return attributes.get(DELETION_PROTECTION, "") in ("1", "t", "T", "TRUE", "true", "True")
