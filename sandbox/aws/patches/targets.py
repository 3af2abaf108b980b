"""Targets: register, deregister, health. Installed by the package with the switch that can hold targets in a state."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from sandbox.aws.health import HealthSwitch
from sandbox.aws.patches.lookup import find_target_group
from sandbox.aws.patches.patching import Call, Patches, refusal
from sandbox.aws.patches.target_groups import WITHOUT_QUIC

NOT_REGISTERED = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
NOT_IN_USE = (
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
STOPPED = ("unused", "Target.InvalidState", "Target is in the stopped or terminated state")


def install(patches: Patches, health: HealthSwitch) -> None:
    """Section 6, rows 1, 2 and 3; a deregistered target is gone at once."""
    patches.answer("RegisterTargets", lambda call: _register(call, health))
    patches.answer("DeregisterTargets", _deregister)
    patches.answer("DescribeTargetHealth", lambda call: _describe_health(call, health))


def _key(group: Any, target: Mapping[str, Any]) -> tuple[str, int]:
    return target["Id"], int(target.get("Port") or group.port or 0)


def _register(call: Call, health: HealthSwitch) -> None:
    """Row 3: one target is an id and a port; all of a call or nothing; again is no change."""
    group = find_target_group(call.backend, call.params["TargetGroupArn"])
    for target in call.params["Targets"]:
        _check_target(call.backend, group, target)
    if group.target_type == "alb" and len({*group.targets, *(_key(group, t) for t in call.params["Targets"])}) > 1:
        raise refusal("TooManyTargets", "A target group of this type takes one load balancer")
    for target in call.params["Targets"]:
        target_id, port = _key(group, target)
        standing = group.targets.get((target_id, port))
        number = standing["Registration"] if standing else health.number_registration()
        description = {**target, "Id": target_id}
        if group.target_type != "lambda":
            description["Port"] = port
        group.targets[target_id, port] = {"Description": description, "Registration": number}


def _check_target(backend: Any, group: Any, target: Mapping[str, Any]) -> None:
    target_id = target["Id"]
    if not 1 <= target.get("Port", 1) <= 65535:
        raise refusal("ValidationError", f"Port '{target['Port']}' must be between '1' and '65535'")
    _check_server_id(group, target)
    if group.target_type == "instance":
        instance = backend.ec2_backend.get_instance_by_id(target_id)
        if instance is None:
            raise refusal("InvalidTarget", f"The instance ID '{target_id}' is not valid")
        if instance.vpc_id != group.vpc_id:
            raise refusal("InvalidTarget", f"Instance '{target_id}' is not in the VPC of the target group")
        if instance.state != "running":
            raise refusal("InvalidTarget", f"Instance '{target_id}' is not in a running state")
    if group.target_type == "alb":
        _check_load_balancer(backend, group, target)
    if group.target_type == "ip":
        try:
            ipaddress.ip_address(target_id)
        except ValueError:
            raise refusal("ValidationError", f"The IP address '{target_id}' is not valid") from None


def _check_load_balancer(backend: Any, group: Any, target: Mapping[str, Any]) -> None:
    """Section 5.3: an application load balancer of the same VPC with a listener on the target's port."""
    balancer = backend.load_balancers.get(target["Id"])
    if balancer is None or balancer.type != "application" or balancer.vpc_id != group.vpc_id:
        raise refusal("InvalidTarget", f"'{target['Id']}' is no application load balancer of the target group's VPC")
    port = _key(group, target)[1]
    if all(int(listener.port) != port for listener in balancer.listeners.values()):
        raise refusal("InvalidTarget", f"Load balancer '{target['Id']}' has no listener on port {port}")


def _check_server_id(group: Any, target: Mapping[str, Any]) -> None:
    """Row 3: a target that speaks QUIC has a server id, which it keeps (API reference, TargetDescription)."""
    server_id = target.get("QuicServerId")
    if (group.protocol in WITHOUT_QUIC) != (server_id is not None):
        needs = "need a QuicServerId" if server_id is None else "take no QuicServerId"
        raise refusal("ValidationError", f"Targets of protocol '{group.protocol}' {needs}")
    if server_id is not None and not re.fullmatch("0x[0-9a-f]{16}", server_id):
        raise refusal("ValidationError", f"QuicServerId '{server_id}' is not 0x and 16 hexadecimal characters")
    standing = group.targets.get(_key(group, target))
    if standing is not None and standing["Description"].get("QuicServerId") != server_id:
        raise refusal("InvalidTarget", f"The server ID of target '{target['Id']}' cannot be changed")


def _deregister(call: Call) -> None:
    """Row 2: an unknown target is success."""
    group = find_target_group(call.backend, call.params["TargetGroupArn"])
    for target in call.params["Targets"]:
        group.targets.pop(_key(group, target), None)


def _describe_health(call: Call, health: HealthSwitch) -> dict[str, Any]:
    """Row 1: unused as long as no listener or rule forwards to the group, and what the switch holds."""
    group = find_target_group(call.backend, call.params["TargetGroupArn"])
    keys = [_key(group, target) for target in call.params.get("Targets", [])] or list(group.targets)
    return {"TargetHealthDescriptions": [_description(call.backend, group, key, health) for key in keys]}


def _description(backend: Any, group: Any, key: tuple[str, int], health: HealthSwitch) -> dict[str, Any]:
    target = group.targets.get(key)
    state, reason, text = _health(backend, group, target, health)
    description: dict[str, Any] = {
        "Target": target["Description"] if target else {"Id": key[0], "Port": key[1]},
        "TargetHealth": {"State": state, "Reason": reason, "Description": text},
    }
    if state != "unused" and group.health_check_port:
        port = group.health_check_port
        description["HealthCheckPort"] = str(key[1]) if port == "traffic-port" else str(port)
    return description


def _health(backend: Any, group: Any, target: Any, health: HealthSwitch) -> tuple[str, str | None, str | None]:
    if target is None:
        return NOT_REGISTERED
    if not group.load_balancer_arns:
        return NOT_IN_USE
    if group.target_type == "instance":
        instance = backend.ec2_backend.get_instance_by_id(target["Description"]["Id"])
        if instance is None or instance.state != "running":
            return STOPPED
    held = health.held(group.arn, target["Registration"])
    return (held.state, held.reason, held.description) if held else ("healthy", None, None)
