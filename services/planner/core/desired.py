"""What a stack should be: the result of building it, compared with the inventory by the diff.

References stand by name, not by ARN: a rule names a target group by its resource id (naming and tags, section 3), a
security group is an id or one of the two tokens of `GroupToken`. Everything is sorted as it is to be sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.planner.core.aws import (
    Action,
    Condition,
    HealthCheck,
    MutualAuthentication,
    Permission,
)
from services.planner.core.keys import StackKey
from services.planner.core.objects import LabelSelector, NetworkingPeer, NetworkingPort, ObjectRef


class GroupToken(StrEnum):
    """A security group that is known by its role and not yet by its id."""

    MANAGED = "managed"
    SHARED = "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredGroup:
    """The managed security group of a stack with all its inbound rules."""

    resource_id: str
    name: str
    description: str
    permissions: frozenset[Permission]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addons:
    """Firewalls and protection; None: what stands is left alone. `web_acl`: ARN, `classic_web_acl`: id; empty: none."""

    web_acl: str | None = None
    classic_web_acl: str | None = None
    protected: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredLoadBalancer:
    """A load balancer. `subnets` are ids; `allocations`: Elastic IP addresses by the subnets' order, where they were
    asked for, and so are `private_ipv4`, `ipv6` and `source_nat_prefixes`; `source_nat`: a network load balancer
    reaches targets from IPv6 prefixes; `private_link_rules` (on, off): whether inbound rules apply to PrivateLink,
    None: as it is; `security_groups` in the order of the create call; only the attributes that were asked for.
    `capacity`: reserved units, None: what is reserved is left alone."""

    resource_id: str
    name: str
    type: str
    scheme: str
    ip_address_type: str
    subnets: tuple[str, ...]
    security_groups: tuple[str | GroupToken, ...]
    tags: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    allocations: tuple[str, ...] = ()
    private_ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    source_nat: bool = False
    source_nat_prefixes: tuple[str, ...] = ()
    private_link_rules: str | None = None
    customer_owned_pool: str | None = None
    ipam_pool: str | None = None
    capacity: int | None = None
    addons: Addons = field(default_factory=Addons)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredRule:
    """A rule. Forward actions name our target groups by resource id, others' by ARN. `transforms`: the JSON of their
    list, "" for none. `asked_by`: the member that wrote it.

    `waits_for`: what its actions cannot be made without, in words. Until that is there, a standing rule of these
    conditions stays as it is; where there is none, `actions` stand in its place, or without any it is not made.
    """

    priority: int
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    tags: Mapping[str, str]
    asked_by: ObjectRef
    transforms: str = ""
    waits_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredListener:
    """A listener with its rules in priority order; only the attributes that were asked for.

    `certificates` by ARN: the first is the default one. The list beside the default one holds all of them, sorted.
    `held`: what stands on the port stays as it is, because this cannot be made of it yet.
    `keeps_certificates`: hosts still wait for theirs, so that none that stands is taken away. `ssl_policy`,
    `alpn_policy` and `mutual_authentication` None: what stands is left alone.
    `default_waits_for`: as in a rule.
    """

    port: int
    protocol: str
    default_actions: tuple[Action, ...]
    tags: Mapping[str, str]
    default_waits_for: str = ""
    rules: tuple[DesiredRule, ...] = ()
    held: bool = False
    certificates: tuple[str, ...] = ()
    keeps_certificates: bool = False
    ssl_policy: str | None = None
    alpn_policy: str | None = None
    mutual_authentication: MutualAuthentication | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredAccess:
    """One networking rule of a binding: which sources reach which ports of the targets."""

    peers: tuple[GroupToken | NetworkingPeer, ...]
    ports: tuple[NetworkingPort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredBinding:
    """The TargetGroupBinding of a target group; its name is the target group's.

    `networking` None: the binding has no networking section, its rules are somebody else's.
    """

    namespace: str
    labels: Mapping[str, str]
    service_name: str
    service_port: int | str
    node_selector: LabelSelector | None = None
    networking: tuple[DesiredAccess, ...] | None = None
    multi_cluster: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupSettings:
    """A target group as such; only the attributes that were asked for. `asked_by`: the member that wrote it.
    `control_port`: that of the target optimizer's agent."""

    resource_id: str
    name: str
    target_type: str
    protocol: str
    protocol_version: str | None
    port: int
    ip_address_type: str
    health_check: HealthCheck
    tags: Mapping[str, str]
    asked_by: ObjectRef
    control_port: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredTargetGroup(TargetGroupSettings):
    """A target group whose targets are those of a Service, by its binding."""

    binding: DesiredBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredFrontGroup(TargetGroupSettings):
    """A target group whose one target is the stack's application load balancer, at the port of one of its listeners.
    It has no binding: the stack's own plan registers the target."""

    listener_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredFront:
    """The network load balancer in front of the stack's application load balancer (ingress behaviour, section 20). Each
    of its listeners forwards to a target group of its own."""

    load_balancer: DesiredLoadBalancer
    listeners: tuple[DesiredListener, ...]
    target_groups: tuple[DesiredFrontGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An object that makes up the stack; `finalizer` is the one it must carry while it has something in AWS.
    `withdraws`: what was published in its status is taken back when it leaves and stays in Kubernetes. `ports`: numbers
    and protocols that its status shows, None: those of the listeners. `quarantined`: it counts as it was accepted last,
    not as it stands."""

    ref: ObjectRef
    uid: str
    resource_version: str
    generation: int
    finalizer: str
    withdraws: bool = False
    ports: tuple[tuple[int, str], ...] | None = None
    quarantined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredCertificate:
    """A certificate that ACM is asked for: `names` sorted, the first one is its common name; `authority`: ARN of the
    private authority that is to sign it, empty: Amazon; `token`: the same for the same wish, so that it is fulfilled
    once."""

    resource_id: str
    names: tuple[str, ...]
    authority: str
    token: str
    tags: Mapping[str, str]
    asked_by: ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredStack:
    """What a stack should be. No `load_balancer`: nothing at all (it is to be deleted).

    `active` members get finalizer, status and event; `leaving` ones lose the finalizer when all is done.
    """

    key: StackKey
    active: tuple[Member, ...] = ()
    leaving: tuple[Member, ...] = ()
    load_balancer: DesiredLoadBalancer | None = None
    listeners: tuple[DesiredListener, ...] = ()
    target_groups: tuple[DesiredTargetGroup, ...] = ()
    managed_group: DesiredGroup | None = None
    front: DesiredFront | None = None
    certificates: tuple[DesiredCertificate, ...] = ()

    @property
    def load_balancers(self) -> tuple[DesiredLoadBalancer, ...]:
        """All load balancers of the stack, the one in front last."""
        both = (self.load_balancer, self.front.load_balancer if self.front is not None else None)
        return tuple(b for b in both if b is not None)

    @property
    def all_target_groups(self) -> tuple[TargetGroupSettings, ...]:
        """Those of Services and those of the load balancer in front."""
        return (*self.target_groups, *(self.front.target_groups if self.front is not None else ()))

    @property
    def needs_shared_group(self) -> bool:
        """Whether the cluster's shared backend group takes part in this stack."""
        attached = any(GroupToken.SHARED in b.security_groups for b in self.load_balancers)
        accesses = (access for g in self.target_groups for access in g.binding.networking or ())
        return attached or any(GroupToken.SHARED in access.peers for access in accesses)
