"""Load balancers with their listeners and rules, target groups with their targets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.planner.core.aws.actions import Action, Condition

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """A trust store: the authorities whose client certificates are taken."""

    arn: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """A target: address or instance id, port, and where it speaks QUIC its server id, which a registered target keeps
    for good."""

    id: str
    port: int
    quic_id: str = ""


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
class AccountLimit:
    """How many of something the account may have, by AWS's name for it (ELBv2 API, Limit)."""

    id: str
    most: int
