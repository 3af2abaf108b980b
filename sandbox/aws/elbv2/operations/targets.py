"""Targets: register, deregister, health."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from sandbox.aws.elbv2.model import Shape, Target, TargetGroup, TargetKey
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid
from sandbox.aws.elbv2.store import Store
from sandbox.aws.elbv2.target_health import TargetHealth

_QUIC = ("QUIC", "TCP_QUIC")
_SINGLE = ("alb", "lambda")
"""Target types of which a group has one target."""


class Targets:
    def __init__(
        self,
        store: Store,
        *,
        neighbours: Neighbours,
        health: TargetHealth,
        quotas: Quotas,
    ) -> None:
        self._store = store
        self._neighbours = neighbours
        self._health = health
        self._quotas = quotas

    def register(self, params: Mapping[str, Any]) -> None:
        """All of a call or nothing. One target is an id and a port; registering it again is no change."""
        group = self._store.target_group(params["TargetGroupArn"])
        for target in params["Targets"]:
            self._check(group, target)
        standing_keys = self._health.listed(group)
        wanted = {_key(group, target): target for target in params["Targets"]}
        count = len({*standing_keys, *wanted})
        if group.target_type in _SINGLE and count > 1:
            raise RefusedError("TooManyTargets", "A target group of this type takes one target")
        if count > len(standing_keys):
            self._quotas.check("targets-per-target-group", count, group.arn)
        for key, target in wanted.items():
            standing = group.targets.get(key)
            if standing is not None and not standing.is_leaving:
                continue
            registered = Target(
                id=key[0],
                port=key[1],
                zone=target.get("AvailabilityZone"),
                quic_server_id=target.get("QuicServerId"),
                registration=self._health.number(),
            )
            self._health.registered(group, registered)

    def deregister(self, params: Mapping[str, Any]) -> None:
        """An unknown target is success."""
        group = self._store.target_group(params["TargetGroupArn"])
        for target in params["Targets"]:
            self._health.deregistered(group, _key(group, target))

    def describe_health(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Of the targets that are named, known or not; else of all."""
        group = self._store.target_group(params["TargetGroupArn"])
        keys = [_key(group, target) for target in params.get("Targets", ())] or self._health.listed(group)
        return {"TargetHealthDescriptions": [self._description(group, key) for key in keys]}

    def _description(self, group: TargetGroup, key: TargetKey) -> dict[str, Any]:
        health = self._health.of(group, key)
        port = group.health_check.port
        checked = health.state != "unused" and group.target_type != "lambda"
        return {
            "Target": _shown(group, key),
            "HealthCheckPort": (str(key[1]) if port == "traffic-port" else port) if checked else None,
            "TargetHealth": {"State": health.state, "Reason": health.reason, "Description": health.description},
        }

    def _check(self, group: TargetGroup, target: Shape) -> None:
        target_id = target["Id"]
        self._check_server_id(group, target)
        match group.target_type:
            case "instance":
                self._check_instance(group, target_id)
            case "alb":
                self._check_load_balancer(group, target)
            case "ip":
                _check_address(group, target_id)

    def _check_instance(self, group: TargetGroup, instance_id: str) -> None:
        instance = self._neighbours.instance(instance_id)
        if instance is None:
            raise RefusedError("InvalidTarget", f"The instance ID '{instance_id}' is not valid")
        if instance.vpc_id != group.vpc_id:
            raise RefusedError("InvalidTarget", f"Instance '{instance_id}' is not in the VPC of the target group")
        if not instance.running:
            raise RefusedError("InvalidTarget", f"Instance '{instance_id}' is not in a running state")

    def _check_load_balancer(self, group: TargetGroup, target: Shape) -> None:
        """An Application Load Balancer of the VPC with a listener on the target's port (aws-elbv2, section 5.3)."""
        balancer = self._store.load_balancers.get(target["Id"])
        if balancer is None or balancer.type != "application" or balancer.vpc_id != group.vpc_id:
            message = f"'{target['Id']}' is no application load balancer of the target group's VPC"
            raise RefusedError("InvalidTarget", message)
        port = _key(group, target)[1]
        if all(listener.port != port for listener in balancer.listeners.values()):
            raise RefusedError("InvalidTarget", f"Load balancer '{target['Id']}' has no listener on port {port}")

    def _check_server_id(self, group: TargetGroup, target: Shape) -> None:
        """A target that speaks QUIC has a server id, which it keeps (API reference, TargetDescription)."""
        server_id = target.get("QuicServerId")
        if (group.protocol in _QUIC) != (server_id is not None):
            needs = "need a QuicServerId" if server_id is None else "take no QuicServerId"
            raise invalid(f"Targets of protocol '{group.protocol}' {needs}")
        if server_id is not None and not re.fullmatch("0x[0-9a-f]{16}", server_id):
            raise invalid(f"QuicServerId '{server_id}' is not 0x and 16 hexadecimal characters")
        standing = group.targets.get(_key(group, target))
        if standing is not None and standing.quic_server_id != server_id:
            raise RefusedError("InvalidTarget", f"The server ID of target '{target['Id']}' cannot be changed")


def _key(group: TargetGroup, target: Shape) -> TargetKey:
    return target["Id"], target.get("Port") or group.port or 0


def _shown(group: TargetGroup, key: TargetKey) -> dict[str, Any]:
    target = group.targets.get(key)
    return {
        "Id": key[0],
        "Port": key[1] if group.target_type != "lambda" else None,
        "AvailabilityZone": target.zone if target else None,
        "QuicServerId": target.quic_server_id if target else None,
    }


def _check_address(group: TargetGroup, address: str) -> None:
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise invalid(f"The IP address '{address}' is not valid") from None
    if group.ip_address_type != f"ipv{version}":
        raise invalid(f"The IP address '{address}' is not a valid {group.ip_address_type} address")
