"""Attributes of load balancers, target groups and listeners.

The resources hold what was set; the rest is the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.aws.elbv2.attribute_tables import (
    LISTENER_ATTRIBUTES,
    LOAD_BALANCER_ATTRIBUTES,
    TARGET_GROUP_ATTRIBUTES,
    Attribute,
)
from sandbox.aws.elbv2.model import Listener, LoadBalancer, TargetGroup
from sandbox.aws.elbv2.refusals import invalid, misconfigured
from sandbox.aws.elbv2.store import Store

_LOGS = ("access_logs", "connection_logs", "health_check_logs")
_ONLY_RAISED = "secondary_ips.auto_assigned.per_subnet"
"""A number that is never lowered (aws-elbv2, section 4.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sort:
    """One sort of resource that has attributes."""

    what: str
    table: Sequence[Attribute]


_LOAD_BALANCERS = _Sort(what="Load balancer", table=LOAD_BALANCER_ATTRIBUTES)
_TARGET_GROUPS = _Sort(what="Target group", table=TARGET_GROUP_ATTRIBUTES)
_LISTENERS = _Sort(what="Listener", table=LISTENER_ATTRIBUTES)


def attributes_of(resource: LoadBalancer | TargetGroup | Listener) -> dict[str, str]:
    """The whole list: AWS's defaults, those that follow from the resource, and what was set."""
    sort, kind = _sort_of(resource), _kind_of(resource)
    defaults = {attribute.key: attribute.default for attribute in sort.table if kind in attribute.kinds}
    set_here = {key: value for key, value in resource.attributes.items() if key in defaults}
    return {**defaults, **_special_defaults(resource), **set_here}


def _sort_of(resource: LoadBalancer | TargetGroup | Listener) -> _Sort:
    if isinstance(resource, LoadBalancer):
        return _LOAD_BALANCERS
    return _TARGET_GROUPS if isinstance(resource, TargetGroup) else _LISTENERS


def _kind_of(resource: LoadBalancer | TargetGroup | Listener) -> str:
    if isinstance(resource, LoadBalancer):
        return resource.type
    if isinstance(resource, TargetGroup) and resource.target_type == "lambda":
        return "lambda"
    return str(resource.protocol)


def _special_defaults(resource: LoadBalancer | TargetGroup | Listener) -> Mapping[str, str]:
    """Defaults that follow from the resource and not from its kind alone."""
    if isinstance(resource, LoadBalancer):
        internal = resource.scheme == "internal" and resource.type != "gateway"
        return {"ipv6.deny_all_igw_traffic": "true"} if internal else {}
    if not isinstance(resource, TargetGroup):
        return {}
    if resource.protocol in ("UDP", "TCP_UDP"):
        return {
            "deregistration_delay.connection_termination.enabled": "true",
            "target_health_state.unhealthy.connection_termination.enabled": "false",
        }
    if resource.protocol in ("TCP", "TLS") and resource.target_type == "ip":
        return {"preserve_client_ip.enabled": "false"}
    return {}


class Attributes:
    def __init__(self, store: Store) -> None:
        self._load_balancer = store.load_balancer
        self._target_group = store.target_group
        self._listener = store.listener

    def describe_load_balancer(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _shown(attributes_of(self._load_balancer(params["LoadBalancerArn"])))

    def modify_load_balancer(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _modify(self._load_balancer(params["LoadBalancerArn"]), params)

    def describe_target_group(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _shown(attributes_of(self._target_group(params["TargetGroupArn"])))

    def modify_target_group(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _modify(self._target_group(params["TargetGroupArn"]), params)

    def describe_listener(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _shown(attributes_of(self._listener(params["ListenerArn"])))

    def modify_listener(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _modify(self._listener(params["ListenerArn"]), params)


def _shown(attributes: Mapping[str, str]) -> dict[str, Any]:
    return {"Attributes": [{"Key": key, "Value": value} for key, value in attributes.items()]}


def _modify(resource: LoadBalancer | TargetGroup | Listener, params: Mapping[str, Any]) -> dict[str, Any]:
    """Answers the whole list, as AWS does."""
    sort, kind = _sort_of(resource), _kind_of(resource)
    wanted = {attribute["Key"]: attribute.get("Value", "") for attribute in params["Attributes"]}
    for key, value in wanted.items():
        _check(sort, kind, key, value)
    before = attributes_of(resource)
    result = {**before, **wanted}
    _check_together(result)
    if int(result.get(_ONLY_RAISED, 0)) < int(before.get(_ONLY_RAISED, 0)):
        raise misconfigured(f"'{_ONLY_RAISED}' cannot be lowered")
    resource.attributes = {**resource.attributes, **wanted}
    return _shown(result)


def _check(sort: _Sort, kind: str, key: str, value: str) -> None:
    rows = [attribute for attribute in sort.table if attribute.key == key]
    if not rows:
        raise invalid(f"{sort.what} attribute key '{key}' is not recognized")
    attribute: Attribute | None = next((row for row in rows if kind in row.kinds), None)
    if attribute is None:
        raise misconfigured(f"{sort.what} attribute key '{key}' is not supported with '{kind}'")
    if not re.fullmatch(attribute.values, value, re.DOTALL):
        raise invalid(f"{sort.what} attribute value '{value}' is not valid for '{key}'")
    if attribute.low is not None and attribute.high is not None and not attribute.low <= int(value) <= attribute.high:
        raise invalid(f"'{key}' value '{value}' must be between '{attribute.low}-{attribute.high}' inclusive")


def _check_together(attributes: Mapping[str, str]) -> None:
    """What one attribute asks of another (aws-elbv2, sections 3.3 and 5.2)."""
    app_cookie = attributes.get("stickiness.enabled") == "true" and attributes["stickiness.type"] == "app_cookie"
    if app_cookie and not attributes["stickiness.app_cookie.cookie_name"]:
        raise misconfigured("You must set an application cookie name to enable stickiness of type 'app_cookie'")
    algorithm = attributes.get("load_balancing.algorithm.type", "round_robin")
    if attributes.get("slow_start.duration_seconds", "0") != "0" and algorithm != "round_robin":
        raise misconfigured("Slow start is only supported with the algorithm 'round_robin'")
    for logs in _LOGS:
        if attributes.get(f"{logs}.s3.enabled") == "true" and not attributes[f"{logs}.s3.bucket"]:
            raise misconfigured(f"{logs}.s3.bucket must be set when {logs} are enabled")
