"""AWS resources as values: what was observed, or follows from our own calls.

`tags` and `attributes` are None where they were not read. Absence of a resource is knowledge only as far as
`Knowledge` says. Ports, priorities and thresholds are numbers, durations are seconds, as in the ELBv2 API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.planner.core.keys import StackKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupWeight:
    """One entry of a forward action; `weight` None: not given (one group alone needs none)."""

    target_group: str
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A forward action. `target_group` of an entry is an ARN here, a resource id in a desired rule."""

    groups: tuple[TargetGroupWeight, ...]
    sticky: bool | None = None
    sticky_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedResponse:
    """A fixed response; `body` None: none."""

    status_code: str
    content_type: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirect; None fields keep the request's own part, and so do those that say it (`#{host}`)."""

    status_code: str
    protocol: str | None = None
    host: str | None = None
    port: str | None = None
    path: str | None = None
    query: str | None = None

    @property
    def plain(self) -> "Redirect":
        """The same with None for every part that is the request's own, which AWS writes out."""
        return Redirect(
            status_code=self.status_code,
            protocol=_unless(self.protocol, "#{protocol}"),
            host=_unless(self.host, "#{host}"),
            port=_unless(self.port, "#{port}"),
            path=_unless(self.path, "/#{path}"),
            query=_unless(self.query, "#{query}"),
        )


def _unless(value: str | None, own: str) -> str | None:
    return None if value == own else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret:
    """Where a client's secret stands: `<namespace>/<name>#<key>`, and the digest of what stands there."""

    reference: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What a request must pass before the action after it: `type` is authenticate-oidc, authenticate-cognito or
    jwt-validation, `config` the JSON of its configuration as ELBv2 describes it. `secret`: of an OIDC client, as far as
    it is desired; AWS never tells it.
    """

    type: str
    config: str
    secret: ClientSecret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueAction:
    """An action of a type that the core does not plan (made by someone else, or by a later version): its JSON."""

    json: str


Action = Forward | FixedResponse | Redirect | Authentication | OpaqueAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A rule condition: `field` as AWS names it. `json` holds fields other than plain value lists, else empty."""

    field: str
    values: tuple[str, ...] = ()
    json: str = ""


SECURE_PROTOCOLS = ("HTTPS", "TLS")
"""Listener protocols with a policy and certificates."""


PRIVATE_LINK_DEFAULT = "on"
"""Whether inbound rules of a new network load balancer's groups apply to PrivateLink (ELBv2 API, SetSecurityGroups)."""


class Fact(StrEnum):
    """What is known of a load balancer beside its description, each by a question of its own, as text.

    `CAPACITY`: reserved units, 0 for none. `WEB_ACL`: ARN, `CLASSIC_WEB_ACL`: id of the firewall. `PROTECTION` and
    `PROTECTION_NAME`: id and name of the Shield protection. Empty: there is none.
    """

    CAPACITY = "capacity"
    WEB_ACL = "web_acl"
    CLASSIC_WEB_ACL = "classic_web_acl"
    PROTECTION = "protection"
    PROTECTION_NAME = "protection_name"


FACTS_OF_NEW: Mapping[Fact, str] = {fact: "0" if fact is Fact.CAPACITY else "" for fact in Fact}
"""What a load balancer is just after it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer. `facts`: those that were read; `ipam_pool`: of its IPv4 addresses, None: none. Of network ones:
    `source_nat` from IPv6 prefixes and which these are, sorted; `private_link_rules` (on, off): whether inbound rules
    apply to PrivateLink."""

    arn: str
    name: str
    type: str
    scheme: str
    ip_address_type: str
    vpc_id: str
    dns_name: str
    state: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    source_nat: bool = False
    source_nat_prefixes: tuple[str, ...] = ()
    private_link_rules: str = PRIVATE_LINK_DEFAULT
    ipam_pool: str | None = None
    facts: Mapping[Fact, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    attributes: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualAuthentication:
    """Whether clients are asked for certificates (mode off, passthrough or verify); with verify the ARN of the trust
    store, whether expired ones pass, and whether the names of the authorities are told (on, off)."""

    mode: str
    trust_store: str = ""
    ignore_expiry: bool = False
    advertise_ca_names: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listener. `certificates` is the default one, `extra_certificates` are those of the list beside it, sorted (the
    default one may stand there, too), None where they were not read. `alpn_policy` None: AWS names none."""

    arn: str
    load_balancer_arn: str
    port: int
    protocol: str
    default_actions: tuple[Action, ...]
    ssl_policy: str | None = None
    certificates: tuple[str, ...] = ()
    extra_certificates: tuple[str, ...] | None = None
    alpn_policy: str | None = None
    mutual_authentication: MutualAuthentication = MutualAuthentication(mode="off")
    tags: Mapping[str, str] | None = None
    attributes: Mapping[str, str] | None = None

    @property
    def secure(self) -> bool:
        """Whether the protocol has a policy and certificates."""
        return self.protocol in SECURE_PROTOCOLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A listener rule; the default rule is part of its listener and never stands here. `transforms`: the JSON of their
    list, by type, "" for none."""

    arn: str
    listener_arn: str
    priority: int
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    transforms: str = ""
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """Health check settings of a target group; `path` and `matcher` None where the protocol has none."""

    protocol: str
    port: str
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    path: str | None = None
    http_codes: str | None = None
    grpc_codes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """A target group; `load_balancers` are the ARNs of those whose listeners or rules use it. `control_port`: that of
    the target optimizer's agent, None: it has none."""

    arn: str
    name: str
    target_type: str
    protocol: str
    protocol_version: str | None
    port: int | None
    vpc_id: str
    ip_address_type: str
    health_check: HealthCheck
    control_port: int | None = None
    load_balancers: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    attributes: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Permission:
    """One inbound rule with exactly one source. Identity is everything but the description (networking, section 6).

    `from_port` and `to_port` are None where AWS gives none (all ports).
    """

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr: str = ""
    cidr6: str = ""
    prefix_list: str = ""
    group: str = ""
    description: str = ""

    @property
    def identity(self) -> tuple[str, int, int, str, str, str, str]:
        """What makes two permissions the same rule for AWS."""
        ports = (self.from_port or 0, self.to_port or 0)
        return (self.protocol, *ports, self.cidr, self.cidr6, self.prefix_list, self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A security group with its inbound rules."""

    id: str
    name: str
    description: str
    vpc_id: str
    permissions: frozenset[Permission]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet; `ipv6_cidrs` are those associated."""

    id: str
    zone: str
    zone_id: str
    vpc_id: str
    available_addresses: int
    cidr: str
    ipv6_cidrs: tuple[str, ...] = ()
    outpost_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An availability zone; `type` is availability-zone, local-zone or wavelength-zone."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """The cluster's VPC with its associated address ranges."""

    id: str
    cidrs: tuple[str, ...]
    ipv6_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerVpc:
    """Another VPC than the cluster's, which targets may lie in, with its associated address ranges."""

    id: str
    cidrs: tuple[str, ...]
    ipv6_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """A route table: explicit subnet associations, whether it is the main one, and the gateways of its routes."""

    id: str
    main: bool
    subnets: tuple[str, ...]
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface; `instance_id` is empty when attached to none, `device_index` -1 then."""

    id: str
    groups: tuple[str, ...]
    addresses: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    instance_id: str = ""
    device_index: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRecord:
    """A CNAME record by which ACM sees that a domain is its requester's; both names end with a dot."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate in ACM; `failed`: it is not issued and never will be, or not any more. `names`: domain names that
    it is for; `authority`: ARN of the private authority that signed it, empty for none; `validation`: records that ACM
    waits for; None where they are not known. `recorded`: names of those that we have made."""

    arn: str
    issued: bool
    private: bool
    failed: bool = False
    names: tuple[str, ...] | None = None
    authority: str | None = None
    validation: tuple[ValidationRecord, ...] | None = None
    recorded: frozenset[str] = frozenset()
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedZone:
    """A zone of Route 53; `name` without the dot at its end."""

    id: str
    name: str
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """A trust store: the authorities whose client certificates are taken."""

    arn: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAcl:
    """A regional web ACL of AWS WAF."""

    arn: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Whether the account has subscribed to a service, by its name: `shield` (Shield Advanced)."""

    id: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """A target: address or instance id, and port."""

    id: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """State of one registered target as AWS names it (initial, healthy, unhealthy, unused, draining, unavailable).

    `wanted` state of our own between a RegisterTargets and the first answer of AWS is `initial` with the reason
    `Elb.RegistrationInProgress`.
    """

    state: str
    reason: str = ""
    description: str = ""

    @property
    def going(self) -> bool:
        """Whether the target is being deregistered; such a one counts as not registered."""
        return self.state in ("draining", "unhealthy.draining")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRecord:
    """What the binding `<namespace>/<name>` has registered in a target group that it shares, as `<id>:<port>`; None:
    there is no record yet.
    """

    binding: str
    entries: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What absence means. `filled`: everything of the region is known; otherwise only `stacks` are known whole.

    `certificates`: ACM's listing was read; `managed_certificates`: those that a controller made, with their tags;
    `certificate_details`: ARNs of those whose state was read a moment ago.
    `network`: VPC, subnets and zones were read. `instances`, `addresses`, `groups` and so on: the keys that were asked
    for and answered, so that a key that stands here and has no record does not exist. `asked_groups`: ARNs and names of
    target groups, `load_balancers`: ARNs of load balancers that were looked up just now. `web_acls`,
    `shield_subscription`: whether these were read.
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
    knowledge: Knowledge = field(default_factory=Knowledge)
    index: Index | None = None

    def observed_targets(self, target_group_arn: str) -> bool:
        """Whether `targets` has all registered targets of the group."""
        return target_group_arn in self.targets and target_group_arn not in self.partial_targets
