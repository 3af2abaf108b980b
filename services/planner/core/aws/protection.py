"""Firewalls and protection."""

from dataclasses import dataclass


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
