"""Snapshots as the AWS endpoint gives them, with defaults."""

from collections.abc import Mapping, Sequence
from typing import Any

ALB = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/web/1"
NLB = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/net/web/1"
DNS = "web-1.us-west-2.elb.amazonaws.com"
ZONES = ("us-west-2a", "us-west-2b")


def group_arn(name: str) -> str:
    return f"arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/{name}/1"


def forward(*names: str, weights: Sequence[int] = (), sticky: int = 0) -> dict[str, Any]:
    """A forward action to these groups."""
    return {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": group_arn(name), "Weight": weights[i] if weights else 1}
                for i, name in enumerate(names)
            ],
            "TargetGroupStickinessConfig": {"Enabled": bool(sticky), "DurationSeconds": sticky or 3600},
        },
    }


def rule(*actions: Mapping[str, Any], priority: int | None = None, **further: Any) -> dict[str, Any]:
    """A rule; the default one without a priority."""
    name = "default" if priority is None else str(priority)
    return {"arn": f"rule/{name}", "priority": name, "conditions": [], "actions": list(actions), **further}


def listener(*rules: Mapping[str, Any], port: int = 80, protocol: str = "HTTP", **further: Any) -> dict[str, Any]:
    return {"arn": f"listener/{port}", "port": port, "protocol": protocol, "rules": list(rules), **further}


def balancer(*listeners: Mapping[str, Any], kind: str = "application", **further: Any) -> dict[str, Any]:
    """A load balancer with a node in each of two zones."""
    return {
        "arn": ALB if kind == "application" else NLB,
        "name": "web",
        "dnsName": DNS,
        "type": kind,
        "scheme": "internet-facing",
        "state": "active",
        "zones": [
            {"name": zone, "subnet": f"subnet-{i}", "addresses": [f"10.0.{i}.5"]} for i, zone in enumerate(ZONES)
        ],
        "attributes": {},
        "listeners": list(listeners),
        **further,
    }


def target(address: str, port: int = 8080, **further: Any) -> dict[str, Any]:
    """A healthy target."""
    return {
        "id": address,
        "port": port,
        "zone": ZONES[0],
        "address": address,
        "health": "healthy",
        "receives": True,
        "healthySince": 0.0,
        "drainsUntil": None,
        **further,
    }


def group(*targets: Mapping[str, Any], protocol: str = "HTTP", **further: Any) -> dict[str, Any]:
    return {
        "name": "pods",
        "protocol": protocol,
        "protocolVersion": "HTTP1" if protocol in ("HTTP", "HTTPS") else None,
        "port": 8080,
        "targetType": "ip",
        "attributes": {},
        "targets": list(targets),
        **further,
    }


def snapshot(*balancers: Mapping[str, Any], version: int = 1, **groups: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot of these load balancers and, by name, target groups."""
    return {
        "version": version,
        "clockFactor": 1.0,
        "loadBalancers": list(balancers),
        "targetGroups": {group_arn(name): {**described, "name": name} for name, described in groups.items()},
    }
