"""Finds what an ARN names in moto's ELBv2 state, with AWS's NotFound codes. Used by the ELBv2 patches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.aws.patches.patching import refusal

DESCRIBE_LIMIT = 20
"""ARNs or names that one Describe call, and one DescribeTags, takes (aws-elbv2, section 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRule:
    """A rule and the listener that holds it."""

    listener: Any
    rule: Any


def find_load_balancer(backend: Any, arn: str) -> Any:
    balancer = backend.load_balancers.get(arn)
    if balancer is None:
        raise refusal("LoadBalancerNotFound", f"Load balancer '{arn}' not found")
    return balancer


def find_target_group(backend: Any, arn: str) -> Any:
    group = backend.target_groups.get(arn)
    if group is None:
        raise refusal("TargetGroupNotFound", f"Target group '{arn}' not found")
    return group


def find_listener(backend: Any, arn: str) -> Any:
    balancer = backend.load_balancers.get(arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0])
    listener = balancer.listeners.get(arn) if balancer else None
    if listener is None:
        raise refusal("ListenerNotFound", f"Listener '{arn}' not found")
    return listener


def find_rule(backend: Any, arn: str) -> FoundRule:
    """The rule, the default one included."""
    listener_arn = arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]
    balancer = backend.load_balancers.get(listener_arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0])
    listener = balancer.listeners.get(listener_arn) if balancer else None
    for rule in listener.rules.values() if listener else ():
        if rule.arn == arn:
            return FoundRule(listener=listener, rule=rule)
    raise refusal("RuleNotFound", f"Rule '{arn}' not found")


_FINDERS = {
    "loadbalancer": find_load_balancer,
    "targetgroup": find_target_group,
    "listener": find_listener,
    "listener-rule": find_rule,
}


def find_resource(backend: Any, arn: str) -> Any:
    """Whatever carries this ARN; a string that is no ELBv2 ARN is a ValidationError."""
    kind = arn.split(":", 5)[-1].split("/", 1)[0]
    if not arn.startswith("arn:") or kind not in _FINDERS:
        raise refusal("ValidationError", f"'{arn}' is not a valid load balancing resource ARN")
    return _FINDERS[kind](backend, arn)


def check_at_most(arns: list[str], what: str) -> None:
    if len(arns) > DESCRIBE_LIMIT:
        raise refusal("ValidationError", f"You cannot describe more than '{DESCRIBE_LIMIT}' {what} at a time")
