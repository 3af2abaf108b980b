"""What the data plane is told: load balancers, listeners, rules and target groups as they are at one moment.

Decoded from the AWS endpoint's snapshot by `decoding`; read by everything else here. All times are sandbox seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """Type of a load balancer."""

    APPLICATION = "application"
    NETWORK = "network"


class Health(Enum):
    """State of a target as DescribeTargetHealth gives it."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNHEALTHY_DRAINING = "unhealthy.draining"
    DRAINING = "draining"
    UNUSED = "unused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One registered target of a group."""

    id: str
    """Address, instance id, or the ARN of a load balancer."""
    port: int
    zone: str
    """Its availability zone; `all` for an address outside the VPC."""
    address: str
    """Where it is dialled: for an instance its private address."""
    health: Health
    receives: bool
    """Whether it may get new requests or flows, as far as the data plane knows by now."""
    healthy_since: float | None = None
    drains_until: float | None = None

    @property
    def key(self) -> str:
        """Tells it from the other targets of its group."""
        return f"{self.id}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """One target group with its targets."""

    arn: str
    name: str
    protocol: str
    protocol_version: str
    """`HTTP1`, `HTTP2` or `GRPC`; empty for a group of a network load balancer."""
    port: int
    target_type: str
    attributes: Mapping[str, str]
    targets: tuple[Target, ...]

    def attribute(self, key: str, default: str = "") -> str:
        return self.attributes.get(key, default)

    def seconds(self, key: str, default: float) -> float:
        """A number of seconds among the attributes."""
        return float(self.attributes.get(key) or default)

    def is_on(self, key: str, *, default: bool = False) -> bool:
        value = self.attributes.get(key)
        return default if value is None else value == "true"


class Field(Enum):
    """What of a request a condition looks at."""

    HOST = "host-header"
    PATH = "path-pattern"
    HEADER = "http-header"
    METHOD = "http-request-method"
    QUERY = "query-string"
    SOURCE = "source-ip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a rule: it holds when one of its values or patterns does."""

    field: Field
    values: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    header: str = ""
    """Name of the header, for a condition on one."""
    pairs: tuple[tuple[str | None, str], ...] = ()
    """Keys, None where any key will do, and values of a condition on the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedGroup:
    """A target group in a forward action."""

    arn: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    groups: tuple[WeightedGroup, ...]
    sticky_seconds: float | None = None
    """How long a client stays with its group; None where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedResponse:
    status: int
    content_type: str = "text/plain"
    body: str = ""


class Unauthenticated(Enum):
    """What becomes of a request without a session."""

    AUTHENTICATE = "authenticate"
    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """authenticate-oidc or authenticate-cognito."""

    authorization_endpoint: str
    client_id: str
    scope: str = "openid"
    on_unauthenticated: Unauthenticated = Unauthenticated.AUTHENTICATE
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of the redirect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """A claim that a token must have."""

    name: str
    format: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateToken:
    """jwt-validation."""

    jwks_endpoint: str
    issuer: str
    claims: tuple[ClaimRule, ...] = ()


Action = Forward | Redirect | FixedResponse | Authenticate | ValidateToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One rewrite of a rule: the first match of the pattern is replaced."""

    of_host: bool
    """The host header, else path and query."""
    pattern: re.Pattern[str]
    replacement: str
    """With `$1` to `$9` for what groups of the pattern matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    arn: str
    priority: int | None
    """None for the default rule, which comes last."""
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    """In the order in which they are done."""
    transforms: tuple[Transform, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate of a listener with its key, both PEM."""

    arn: str
    default: bool
    chain: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualTls:
    """How a listener asks its clients for certificates."""

    mode: str
    """`off`, `passthrough` or `verify`."""
    authorities: str = ""
    """Bundle of the trust store, PEM."""
    ignore_expiry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    """By priority, the default rule last."""
    ssl_policy: str = ""
    alpn_policy: str = "None"
    attributes: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()
    mutual_tls: MutualTls = MutualTls(mode="off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone of a load balancer, in which it has a node."""

    name: str
    subnet: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    arn: str
    name: str
    dns_name: str
    kind: Kind
    state: str
    zones: tuple[Zone, ...]
    attributes: Mapping[str, str]
    listeners: tuple[Listener, ...]

    @property
    def carries(self) -> bool:
        """Whether it carries traffic already, or still."""
        return self.state in ("active", "active_impaired")

    def is_on(self, key: str, *, default: bool = False) -> bool:
        value = self.attributes.get(key)
        return default if value is None else value == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything, at one version."""

    version: int = 0
    load_balancers: Sequence[LoadBalancer] = ()
    target_groups: Mapping[str, TargetGroup] = field(default_factory=dict)
    """By ARN."""
