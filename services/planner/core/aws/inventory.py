"""AWS as far as it is known, what its silence means, and the index of one stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planner.core.aws.certificates import Certificate, HostedZone
from services.planner.core.aws.load_balancing import (
    AccountLimit,
    Health,
    Listener,
    LoadBalancer,
    Rule,
    Target,
    TargetGroup,
    TargetRecord,
    TrustStore,
)
from services.planner.core.aws.network import Interface, PeerVpc, RouteTable, SecurityGroup, Subnet, Vpc, Zone
from services.planner.core.aws.protection import Subscription, WebAcl
from services.planner.core.keys import StackKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What absence means. `filled`: everything of the region is known; otherwise only `stacks` are known whole.

    `certificates`: ACM's listing was read; `managed_certificates`: those that a controller made, with their tags;
    `certificate_details`: ARNs of those whose state was read a moment ago.
    `network`: VPC, subnets and zones were read. `instances`, `addresses`, `groups` and so on: the keys that were asked
    for and answered, so that a key that stands here and has no record does not exist. `asked_groups`: ARNs and names of
    target groups, `load_balancers`: ARNs of load balancers that were looked up just now. `web_acls`,
    `shield_subscription`, `account_limits`: whether these were read, or may not be.
    """

    filled: bool = False
    network: bool = False
    route_tables: bool = False
    stacks: frozenset[StackKey] = frozenset()
    cluster_groups: bool = False
    instances: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    group_names: frozenset[str] = frozenset()
    load_balancer_names: frozenset[str] = frozenset()
    target_group_names: frozenset[str] = frozenset()
    certificates: bool = False
    managed_certificates: bool = False
    certificate_details: frozenset[str] = frozenset()
    hosted_zones: bool = False
    trust_stores: frozenset[str] = frozenset()
    asked_groups: frozenset[str] = frozenset()
    peer_vpcs: frozenset[str] = frozenset()
    load_balancers: frozenset[str] = frozenset()
    web_acls: bool = False
    shield_subscription: bool = False
    account_limits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who holds a name: ARNs of load balancers and target groups, ids of security groups, of which each VPC may have
    one of the name."""

    load_balancers: Mapping[str, str]
    target_groups: Mapping[str, str]
    security_groups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What one stack would otherwise look through the whole region for.

    `load_balancers`, `target_groups` and `security_groups` carry the stack's tags, each sorted by ARN or id.
    `by_resource`: those target groups by the resource id in their tags. `names`: who holds which name in the region.
    `shared_group`: the cluster's.
    """

    key: StackKey
    load_balancers: tuple[LoadBalancer, ...]
    target_groups: tuple[TargetGroup, ...]
    security_groups: tuple[SecurityGroup, ...]
    by_resource: Mapping[str, tuple[TargetGroup, ...]]
    names: Names
    shared_group: SecurityGroup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """AWS as far as it is known, or a slice of it; every mapping is by ARN or id.

    `targets`: by target group ARN the registered targets. An ARN that is missing there, or stands in `partial_targets`,
    was not observed: a partial one holds only what our own calls touched since the start. `index`: kept by whoever
    keeps the inventory, for the stack that it is handed to; None: whoever needs it looks through everything.
    """

    load_balancers: Mapping[str, LoadBalancer] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    target_groups: Mapping[str, TargetGroup] = field(default_factory=dict)
    targets: Mapping[str, Mapping[Target, Health]] = field(default_factory=dict)
    partial_targets: frozenset[str] = frozenset()
    security_groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    vpc: Vpc | None = None
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    zones: Mapping[str, Zone] = field(default_factory=dict)
    route_tables: Mapping[str, RouteTable] = field(default_factory=dict)
    interfaces: Mapping[str, Interface] = field(default_factory=dict)
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    trust_stores: Mapping[str, TrustStore] = field(default_factory=dict)
    peer_vpcs: Mapping[str, PeerVpc] = field(default_factory=dict)
    target_records: Mapping[str, TargetRecord] = field(default_factory=dict)
    web_acls: Mapping[str, WebAcl] = field(default_factory=dict)
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    hosted_zones: Mapping[str, HostedZone] = field(default_factory=dict)
    account_limits: Mapping[str, AccountLimit] = field(default_factory=dict)
    knowledge: Knowledge = field(default_factory=Knowledge)
    index: Index | None = None

    def observed_targets(self, target_group_arn: str) -> bool:
        """Whether `targets` has all registered targets of the group."""
        return target_group_arn in self.targets and target_group_arn not in self.partial_targets
