"""ARNs of load balancing resources: how they are made, and what follows from one.

Form: Service Authorization Reference, "Resource types defined by AWS Elastic Load Balancing V2".
"""

from __future__ import annotations

import secrets

SEGMENTS = {"application": "app", "network": "net", "gateway": "gwy"}
"""What stands for the load balancer type in the ARNs of a load balancer, its listeners and rules."""


def new_id() -> str:
    """Sixteen hexadecimal digits."""
    return secrets.token_hex(8)


def load_balancer_arn(place: str, load_balancer_type: str, name: str) -> str:
    """`place` is the beginning of every ARN of the account and Region, up to its last colon."""
    return f"{place}:loadbalancer/{SEGMENTS[load_balancer_type]}/{name}/{new_id()}"


def target_group_arn(place: str, name: str) -> str:
    return f"{place}:targetgroup/{name}/{new_id()}"


def trust_store_arn(place: str, name: str) -> str:
    return f"{place}:truststore/{name}/{new_id()}"


def listener_arn(load_balancer: str) -> str:
    return f"{load_balancer.replace(':loadbalancer/', ':listener/')}/{new_id()}"


def rule_arn(listener: str) -> str:
    return f"{listener.replace(':listener/', ':listener-rule/')}/{new_id()}"


def load_balancer_of_rule(rule: str) -> str:
    """The ARN of the load balancer that the rule of this ARN belongs to."""
    return rule.replace(":listener-rule/", ":loadbalancer/").rsplit("/", 2)[0]


def kind_of(arn: str) -> str:
    """loadbalancer, listener, listener-rule, targetgroup or truststore; empty for what is no such ARN."""
    parts = arn.split(":", 5)
    return parts[5].split("/", 1)[0] if len(parts) == 6 and parts[0] == "arn" else ""
