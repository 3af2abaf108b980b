"""The form in which AWS keeps what it was sent, and gives it back: actions with their defaults, conditions in both of
their forms (aws-elbv2, section 4.6)."""

from __future__ import annotations

from typing import Any

from sandbox.aws.elbv2.model import Shape
from sandbox.aws.elbv2.store import forwarded

_REDIRECT = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
_HIDDEN = ("ClientSecret", "UseExistingClientSecret")
_MIRRORED = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}
"""Fields of conditions that were there before their configurations, and show their values in both places."""


def kept_action(action: Shape, order: int) -> Shape:
    """A forward has both of its forms where it has one target group, a redirect all of its parts. Client secrets are
    never told (type AuthenticateOidcActionConfig). `order` is its place in the call, for an action without one."""
    kept = {"Order": order, **action}
    if kept["Type"] == "forward":
        kept |= _forward(action)
    if "RedirectConfig" in kept:
        kept["RedirectConfig"] = {**_REDIRECT, **kept["RedirectConfig"]}
    if "AuthenticateOidcConfig" in kept:
        told = {key: value for key, value in kept["AuthenticateOidcConfig"].items() if key not in _HIDDEN}
        kept["AuthenticateOidcConfig"] = told
    return kept


def _forward(action: Shape) -> dict[str, Any]:
    config = action.get("ForwardConfig", {})
    groups = config.get("TargetGroups") or [{"TargetGroupArn": arn} for arn in forwarded([action])]
    whole = {
        "TargetGroups": [{"Weight": 1, **group} for group in groups],
        "TargetGroupStickinessConfig": {"Enabled": False, **config.get("TargetGroupStickinessConfig", {})},
    }
    single = {"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}
    return {**single, "ForwardConfig": whole}


def kept_condition(condition: Shape) -> Shape:
    """Values of hosts and paths are shown plain and in their configuration."""
    config = _MIRRORED.get(condition["Field"])
    if config is None:
        return condition
    values = condition.get("Values") or condition.get(config, {}).get("Values")
    return {**condition, "Values": values, config: {"Values": values}} if values else condition
