"""Attributes of load balancers, target groups and listeners. Installed by the package.

moto's objects hold only what was set; the rest is the default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.aws.patches.attribute_tables import (
    LISTENER_ATTRIBUTES,
    LOAD_BALANCER_ATTRIBUTES,
    TARGET_GROUP_ATTRIBUTES,
    Attribute,
)
from sandbox.aws.patches.lookup import find_listener, find_load_balancer, find_target_group
from sandbox.aws.patches.patching import Call, Patches, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """One sort of resource that has attributes."""

    what: str
    arn: str
    """The parameter that names the resource."""
    find: Callable[[Any, str], Any]
    store: str
    """The field of moto's object that holds what was set."""
    table: Sequence[Attribute]
    kind: Callable[[Any], str]
    special_defaults: Callable[[Any], Mapping[str, str]]
    """Defaults that follow from the resource and not from its kind alone."""


def install(patches: Patches) -> None:
    """Section 6, rows 13 and 17: whole lists with AWS's defaults, keys and values checked, Modify answers the list."""
    for operation, subject in (
        ("LoadBalancerAttributes", _LOAD_BALANCERS),
        ("TargetGroupAttributes", _TARGET_GROUPS),
        ("ListenerAttributes", _LISTENERS),
    ):
        patches.answer(f"Describe{operation}", partial(_describe, subject))
        patches.answer(f"Modify{operation}", partial(_modify, subject))


def _load_balancer_defaults(balancer: Any) -> Mapping[str, str]:
    internal = balancer.scheme == "internal" and balancer.type != "gateway"
    return {"ipv6.deny_all_igw_traffic": "true"} if internal else {}


def _target_group_kind(group: Any) -> str:
    return "lambda" if group.target_type == "lambda" else str(group.protocol)


def _target_group_defaults(group: Any) -> Mapping[str, str]:
    if group.protocol in ("UDP", "TCP_UDP"):
        return {
            "deregistration_delay.connection_termination.enabled": "true",
            "target_health_state.unhealthy.connection_termination.enabled": "false",
        }
    if group.protocol in ("TCP", "TLS") and group.target_type == "ip":
        return {"preserve_client_ip.enabled": "false"}
    return {}


_LOAD_BALANCERS = _Subject(
    what="Load balancer",
    arn="LoadBalancerArn",
    find=find_load_balancer,
    store="attrs",
    table=LOAD_BALANCER_ATTRIBUTES,
    kind=lambda balancer: str(balancer.type),
    special_defaults=_load_balancer_defaults,
)
_TARGET_GROUPS = _Subject(
    what="Target group",
    arn="TargetGroupArn",
    find=find_target_group,
    store="attributes",
    table=TARGET_GROUP_ATTRIBUTES,
    kind=_target_group_kind,
    special_defaults=_target_group_defaults,
)
_LISTENERS = _Subject(
    what="Listener",
    arn="ListenerArn",
    find=find_listener,
    store="attributes",
    table=LISTENER_ATTRIBUTES,
    kind=lambda listener: str(listener.protocol),
    special_defaults=lambda _: {},
)


def _full_list(resource: Any, subject: _Subject) -> dict[str, str]:
    kind = subject.kind(resource)
    defaults = {attribute.key: attribute.default for attribute in subject.table if kind in attribute.kinds}
    stored: Mapping[str, str] = getattr(resource, subject.store)
    return {**defaults, **subject.special_defaults(resource), **stored}


def _describe(subject: _Subject, call: Call) -> dict[str, Any]:
    return {"Attributes": _full_list(subject.find(call.backend, call.params[subject.arn]), subject)}


def _modify(subject: _Subject, call: Call) -> dict[str, Any]:
    resource = subject.find(call.backend, call.params[subject.arn])
    wanted = {attribute["Key"]: attribute.get("Value", "") for attribute in call.params["Attributes"]}
    for key, value in wanted.items():
        _check(subject, subject.kind(resource), key, value)
    result = _full_list(resource, subject) | wanted
    _check_together(result)
    getattr(resource, subject.store).update(wanted)
    return {"Attributes": result}


def _check(subject: _Subject, kind: str, key: str, value: str) -> None:
    rows = [attribute for attribute in subject.table if attribute.key == key]
    if not rows:
        raise refusal("ValidationError", f"{subject.what} attribute key '{key}' is not recognized")
    attribute = next((row for row in rows if kind in row.kinds), None)
    if attribute is None:
        message = f"{subject.what} attribute key '{key}' is not supported with '{kind}'"
        raise refusal("InvalidConfigurationRequest", message)
    if not re.fullmatch(attribute.values, value, re.DOTALL):
        raise refusal("ValidationError", f"{subject.what} attribute value '{value}' is not valid for '{key}'")
    if attribute.low is not None and attribute.high is not None and not attribute.low <= int(value) <= attribute.high:
        bounds = f"'{attribute.low}-{attribute.high}' inclusive"
        raise refusal("ValidationError", f"'{key}' value '{value}' must be between {bounds}")


def _check_together(attributes: Mapping[str, str]) -> None:
    """What one attribute asks of another (aws-elbv2, sections 3.3 and 5.2)."""
    app_cookie = attributes.get("stickiness.enabled") == "true" and attributes["stickiness.type"] == "app_cookie"
    if app_cookie and not attributes["stickiness.app_cookie.cookie_name"]:
        message = "You must set an application cookie name to enable stickiness of type 'app_cookie'"
        raise refusal("InvalidConfigurationRequest", message)
    round_robin = attributes.get("load_balancing.algorithm.type", "round_robin") == "round_robin"
    if attributes.get("slow_start.duration_seconds", "0") != "0" and not round_robin:
        message = "Slow start is only supported with the algorithm 'round_robin'"
        raise refusal("InvalidConfigurationRequest", message)
    for logs in ("access_logs", "connection_logs", "health_check_logs"):
        if attributes.get(f"{logs}.s3.enabled") == "true" and not attributes[f"{logs}.s3.bucket"]:
            raise refusal("InvalidConfigurationRequest", f"{logs}.s3.bucket must be set when {logs} are enabled")
