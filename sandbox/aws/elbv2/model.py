"""The resources of Elastic Load Balancing as this account holds them: what was set, and nothing that follows from it.

Conditions, actions and transforms keep the shapes of the API (Elastic Load Balancing API reference, RuleCondition,
Action, RuleTransform). The operations change these objects; `describe` turns them into answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.aws.elbv2.health import Course

Shape = Mapping[str, Any]
"""A structure as the API names its members."""
TargetKey = tuple[str, int]
"""Id and port: together they are one target; the port of a Lambda function is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One availability zone of a load balancer, with the address of its node there."""

    name: str
    subnet_id: str
    address: str | None
    """The private IPv4 address of the load balancer's node; None where the subnet has none left.

    AWS would refuse to make it there, but the subnets of the sandbox are small.
    """
    allocation_id: str | None = None
    """The Elastic IP address that the node was given."""
    public_address: str | None = None
    """The address that belongs to the allocation."""
    chosen_address: bool = False
    """Whether the private address was asked for; only then AWS shows it."""
    ipv6_address: str | None = None
    source_nat_prefix: str | None = None


@dataclass(slots=True, kw_only=True)
class Rule:
    """One rule of a listener; the default rule has no priority and no conditions."""

    arn: str
    listener_arn: str
    priority: int | None
    conditions: list[Shape] = field(default_factory=list)
    actions: list[Shape]
    transforms: list[Shape] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    created_at: float
    """Sandbox seconds; as in every resource that has it."""

    @property
    def is_default(self) -> bool:
        return self.priority is None


@dataclass(slots=True, kw_only=True)
class Listener:
    arn: str
    load_balancer_arn: str
    port: int
    protocol: str
    ssl_policy: str | None
    certificate: str | None
    """ARN of the default certificate; None where the protocol has none."""
    extra_certificates: list[str] = field(default_factory=list)
    """ARNs that were added beside the default one."""
    alpn: list[str] = field(default_factory=list)
    mutual_authentication: Shape | None = None
    default_rule: Rule
    rules: dict[str, Rule] = field(default_factory=dict)
    """By ARN, without the default rule."""
    attributes: dict[str, str] = field(default_factory=dict)
    """What was set; the rest is AWS's default (`attribute_tables`). The same in load balancers and target groups."""
    tags: dict[str, str] = field(default_factory=dict)
    created_at: float

    @property
    def all_rules(self) -> list[Rule]:
        """By priority, the default rule last."""
        return [*sorted(self.rules.values(), key=lambda rule: rule.priority or 0), self.default_rule]


@dataclass(slots=True, kw_only=True)
class LoadBalancer:
    arn: str
    name: str
    type: str
    """application, network or gateway."""
    scheme: str
    """internet-facing or internal."""
    ip_address_type: str
    vpc_id: str
    dns_name: str
    hosted_zone_id: str
    zones: list[Zone]
    security_groups: list[str]
    customer_owned_pool: str | None = None
    ipam_pool: str | None = None
    source_nat: str | None = None
    """on or off, of a Network Load Balancer: whether subnets have source NAT prefixes."""
    private_link_rules: str | None = None
    """on or off, of a Network Load Balancer with security groups: whether they hold for PrivateLink."""
    capacity_units: int | None = None
    """Reserved capacity, in load balancer capacity units."""
    listeners: dict[str, Listener] = field(default_factory=dict)
    """By ARN."""
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime
    created_at: float
    active_at: float
    """Sandbox seconds from which on it is active; provisioning before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftInterfaces:
    """Network interfaces of a load balancer that is deleted (aws-elbv2, section 4.3)."""

    zones: Sequence[Zone]
    security_groups: list[str]
    until: float
    """Sandbox seconds at which they are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How the targets of a group are checked; counts are checks, times are seconds."""

    protocol: str
    port: str
    """A number, or traffic-port: the target's own."""
    path: str | None
    enabled: bool
    interval: int
    timeout: int
    healthy_threshold: int
    unhealthy_threshold: int
    matcher: Shape | None
    """HttpCode or GrpcCode; None where a connection is all that is asked."""


@dataclass(slots=True, kw_only=True)
class Target:
    id: str
    port: int
    zone: str | None
    quic_server_id: str | None
    registration: int
    """A number larger than that of every target registered before."""
    course: Course = field(default_factory=lambda: Course(registered_at=0.0))
    """What its health follows from; `target_health` alone changes it."""
    host: str | None = None
    """What is dialled: its private address, or the name of a load balancer; None where there is nothing to dial."""
    detected_zone: str | None = None
    """The availability zone it is in; None where that is outside the VPC or means nothing."""

    @property
    def is_leaving(self) -> bool:
        """Whether it was deregistered, and drains."""
        return self.course.deregistered_at is not None


@dataclass(slots=True, kw_only=True)
class TargetGroup:
    arn: str
    name: str
    target_type: str
    """instance, ip, lambda or alb."""
    protocol: str | None
    """None for Lambda functions; so are port and VPC."""
    protocol_version: str | None
    port: int | None
    vpc_id: str | None
    ip_address_type: str | None
    health_check: HealthCheck
    target_control_port: int | None = None
    targets: dict[TargetKey, Target] = field(default_factory=dict)
    used_by: set[str] = field(default_factory=set)
    """ARNs of the rules that forward to it, default rules included; all of one load balancer."""
    balancer_arn: str | None = None
    """That load balancer, as the health of its targets knows it."""
    released_at: float | None = None
    """Since when nothing forwards to it any more; None while something does, or nothing ever did."""
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    created_at: float


@dataclass(slots=True, kw_only=True)
class Revocation:
    """One revocation file of a trust store."""

    id: int
    type: str
    entries: int


@dataclass(slots=True, kw_only=True)
class TrustStore:
    arn: str
    name: str
    bundle: Shape
    """Where its certificates are: bucket, key and version in S3."""
    revocations: dict[int, Revocation] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


Resource = LoadBalancer | Listener | Rule | TargetGroup | TrustStore
"""Whatever has an ARN and tags."""
