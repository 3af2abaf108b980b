"""Target groups: create, describe, modify, delete. Installed by the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.aws.patches.lookup import check_at_most, find_load_balancer, find_target_group
from sandbox.aws.patches.paging import page
from sandbox.aws.patches.patching import Call, Patches, refusal
from sandbox.aws.patches.tags import check_new_tags, forget_tags, put_tags

CREATE_FIELDS = {
    "VpcId": "vpc_id",
    "Protocol": "protocol",
    "ProtocolVersion": "protocol_version",
    "Port": "port",
    "HealthCheckProtocol": "healthcheck_protocol",
    "HealthCheckPort": "healthcheck_port",
    "HealthCheckPath": "healthcheck_path",
    "HealthCheckIntervalSeconds": "healthcheck_interval_seconds",
    "HealthCheckTimeoutSeconds": "healthcheck_timeout_seconds",
    "HealthyThresholdCount": "healthy_threshold_count",
    "UnhealthyThresholdCount": "unhealthy_threshold_count",
    "Matcher": "matcher",
    "TargetType": "target_type",
    "IpAddressType": "ip_address_type",
}
"""Parameters of CreateTargetGroup and the arguments that moto takes for them."""

MODIFY_FIELDS = {
    "HealthCheckProtocol": "health_check_protocol",
    "HealthCheckPort": "health_check_port",
    "HealthCheckPath": "health_check_path",
    "HealthCheckEnabled": "health_check_enabled",
    "HealthCheckIntervalSeconds": "health_check_interval_seconds",
    "HealthCheckTimeoutSeconds": "health_check_timeout_seconds",
    "HealthyThresholdCount": "healthy_threshold_count",
    "UnhealthyThresholdCount": "unhealthy_threshold_count",
}
"""Parameters of ModifyTargetGroup and the fields of moto's target group that hold them."""

HEALTH_CHECK_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}
"""aws-elbv2, section 3.2."""

WITHOUT_QUIC = {"QUIC": "UDP", "TCP_QUIC": "TCP_UDP"}
"""Protocols that moto does not know, and those that it treats as AWS treats these (row 20)."""

_NOT_SETTINGS = ("arn", "targets", "attributes", "load_balancer_arns", "deregistered_targets", "terminated_targets")


def install(patches: Patches) -> None:
    """Section 6, rows 5, 11, 12, 20 and 21."""
    patches.answer("CreateTargetGroup", _create)
    patches.answer("DescribeTargetGroups", _describe)
    patches.answer("ModifyTargetGroup", _modify)
    patches.answer("DeleteTargetGroup", _delete)


def _create(call: Call) -> dict[str, Any]:
    """Row 5: the same call again gives what stands; other settings under a taken name are refused."""
    params, backend = call.params, call.backend
    check_new_tags(params.get("Tags"))
    _check_ranges(params)
    fields = {name: params.get(field) for field, name in CREATE_FIELDS.items()}
    fields["target_type"] = fields["target_type"] or "instance"
    protocol = fields["protocol"] or ""
    fields["protocol"] = WITHOUT_QUIC.get(protocol, protocol) or None
    blank = type(backend)(backend.region_name, backend.account_id)
    candidate = blank.create_target_group(params["Name"], **fields)
    if "HealthCheckEnabled" in params:
        candidate.health_check_enabled = params["HealthCheckEnabled"]
    candidate.target_control_port = params.get("TargetControlPort")
    candidate.attributes = {}
    candidate.protocol = protocol or candidate.protocol
    standing = next((group for group in backend.target_groups.values() if group.name == candidate.name), None)
    if standing is None:
        backend.target_groups[candidate.arn] = candidate
        put_tags(backend, candidate.arn, params.get("Tags"))
        return {"TargetGroups": [candidate]}
    if _settings_of(standing) != _settings_of(candidate):
        message = f"A target group with the same name '{candidate.name}' exists, but with different settings"
        raise refusal("DuplicateTargetGroupName", message)
    return {"TargetGroups": [standing]}


def _settings_of(group: Any) -> dict[str, str]:
    return {name: str(value) for name, value in vars(group).items() if name not in _NOT_SETTINGS}


def _check_ranges(params: Mapping[str, Any]) -> None:
    """Row 20: moto takes any number."""
    for name, (low, high) in HEALTH_CHECK_RANGES.items():
        if name in params and not low <= params[name] <= high:
            raise refusal("ValidationError", f"{name} '{params[name]}' must be between '{low}' and '{high}'")


def _describe(call: Call) -> dict[str, Any]:
    """Row 11: paged; a load balancer without target groups has an empty list."""
    backend, params = call.backend, call.params
    arns, names, balancer_arn = params.get("TargetGroupArns"), params.get("Names"), params.get("LoadBalancerArn")
    if sum(map(bool, (arns, names, balancer_arn))) > 1:
        message = "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time"
        raise refusal("ValidationError", message)
    check_at_most(arns or names or [], "target groups")
    groups = list(backend.target_groups.values())
    if balancer_arn:
        find_load_balancer(backend, balancer_arn)
        groups = [group for group in groups if balancer_arn in group.load_balancer_arns]
    elif arns:
        groups = [find_target_group(backend, arn) for arn in dict.fromkeys(arns)]
    elif names:
        by_name = {group.name: group for group in groups}
        if not by_name.keys() >= set(names):
            raise refusal("TargetGroupNotFound", "One or more target groups not found")
        groups = [by_name[name] for name in dict.fromkeys(names)]
    return page("TargetGroups", sorted(groups, key=lambda group: str(group.name)), params)


def _modify(call: Call) -> dict[str, Any]:
    """Row 20: ranges are checked, and a matcher of either kind is taken."""
    params = call.params
    group = find_target_group(call.backend, params["TargetGroupArn"])
    _check_ranges(params)
    interval = params.get("HealthCheckIntervalSeconds", group.health_check_interval_seconds)
    timeout = params.get("HealthCheckTimeoutSeconds", group.health_check_timeout_seconds)
    if int(timeout) > int(interval):
        message = f"Health check timeout '{timeout}' must be smaller than or equal to the interval '{interval}'"
        raise refusal("ValidationError", message)
    if params.get("HealthCheckEnabled") is False and group.target_type != "lambda":
        message = f"Health checks cannot be disabled for target type '{group.target_type}'"
        raise refusal("InvalidConfigurationRequest", message)
    for field, name in MODIFY_FIELDS.items():
        if field in params:
            setattr(group, name, params[field])
    if "Matcher" in params:
        group.matcher = dict(params["Matcher"])
    return {"TargetGroups": [group]}


def _delete(call: Call) -> None:
    """Row 21: an absent group is success; one that a listener or rule forwards to stays."""
    backend, arn = call.backend, call.params["TargetGroupArn"]
    group = backend.target_groups.get(arn)
    if group is None:
        return
    if group.load_balancer_arns:
        raise refusal("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    del backend.target_groups[arn]
    forget_tags(backend, arn)
