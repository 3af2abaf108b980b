"""Target groups: create, describe, modify, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2.arns import target_group_arn
from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.consistency import is_unseen
from sandbox.aws.elbv2.model import TargetGroup
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.operations.health_checks import WEB, GroupKind, health_check
from sandbox.aws.elbv2.operations.paging import check_at_most, page
from sandbox.aws.elbv2.operations.tags import new_tags
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured
from sandbox.aws.elbv2.store import Store

_VERSIONS = ("HTTP1", "HTTP2", "GRPC")
_PLACED = (("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID"))
"""What every group has but one of Lambda functions, and how AWS calls it."""
_NAME_LIMIT = 32
_SETTINGS = ("target_type", "protocol", "protocol_version", "port", "vpc_id", "ip_address_type", "health_check")


class TargetGroups:
    def __init__(self, store: Store, *, neighbours: Neighbours, quotas: Quotas, conditions: Conditions) -> None:
        self._store = store
        self._neighbours = neighbours
        self._quotas = quotas
        self._conditions = conditions

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The same call again gives what stands; other settings under a taken name are refused. Tags are no setting."""
        name = params["Name"]
        _check_name(name)
        tags = new_tags(params)
        kind = self._kind(params)
        group = TargetGroup(
            arn=target_group_arn(self._store.place, name),
            name=name,
            target_type=kind.target_type,
            protocol=kind.protocol,
            protocol_version=kind.protocol_version,
            port=params.get("Port"),
            vpc_id=params.get("VpcId"),
            ip_address_type=None if kind.protocol == "GENEVE" else params.get("IpAddressType", "ipv4"),
            health_check=health_check(kind, params),
            target_control_port=params.get("TargetControlPort"),
            tags=tags,
            created_at=self._conditions.clock.now(),
        )
        standing = self._store.target_group_named(name)
        if standing is not None:
            settings = (*_SETTINGS, "target_control_port")
            if any(getattr(standing, field) != getattr(group, field) for field in settings):
                message = f"A target group with the same name '{name}' exists, but with different settings"
                raise RefusedError("DuplicateTargetGroupName", message)
            return {"TargetGroups": [self._shown(standing)]}
        self._quotas.check("target-groups", len(self._store.target_groups) + 1)
        self._store.add_target_group(group)
        return {"TargetGroups": [self._shown(group)]}

    def _kind(self, params: Mapping[str, Any]) -> GroupKind:
        target_type, protocol = params.get("TargetType", "instance"), params.get("Protocol")
        for field, text in _PLACED:
            if target_type == "lambda" and field in params:
                raise invalid(f"{text} cannot be specified for target groups with target type 'lambda'")
            if target_type != "lambda" and not params.get(field):
                raise invalid(f"A {text} must be specified")
        if target_type != "lambda" and not self._neighbours.has_vpc(params["VpcId"]):
            raise invalid(f"The VPC ID '{params['VpcId']}' is not found")
        if target_type == "alb" and protocol != "TCP":
            raise misconfigured("Target groups with target type 'alb' have the protocol TCP")
        version = params.get("ProtocolVersion")
        if version is not None and protocol not in WEB:
            raise misconfigured(f"Protocol versions are not supported with '{protocol}'")
        if version is not None and version not in _VERSIONS:
            raise invalid(f"Protocol version '{version}' must be one of '{', '.join(_VERSIONS)}'")
        if params.get("TargetControlPort") is not None and protocol not in WEB:
            raise misconfigured(f"A target control port is not supported with '{protocol}'")
        return GroupKind(
            target_type=target_type,
            protocol=protocol,
            protocol_version=(version or "HTTP1") if protocol in WEB else None,
        )

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """By name; everything that is named exists; a load balancer without target groups has an empty list."""
        arns, names, balancer_arn = params.get("TargetGroupArns"), params.get("Names"), params.get("LoadBalancerArn")
        if sum(map(bool, (arns, names, balancer_arn))) > 1:
            message = "Target group names, target group ARNs, and a load balancer ARN cannot be specified together"
            raise invalid(message)
        check_at_most(arns or names, "target groups")
        if balancer_arn:
            self._store.load_balancer(balancer_arn)
            found = [self._store.target_groups[arn] for arn in self._store.target_groups_of(balancer_arn)]
        elif arns:
            found = [self._store.target_group(arn) for arn in dict.fromkeys(arns)]
        elif names:
            found = [self._named(name) for name in dict.fromkeys(names)]
        else:
            found = list(self._store.target_groups.values())
        found.sort(key=lambda group: group.name)
        return page("TargetGroups", found, params, identity=lambda one: one.arn, show=self._shown)

    def _named(self, name: str) -> TargetGroup:
        found = self._store.target_group_named(name)
        if found is None:
            raise RefusedError("TargetGroupNotFound", "One or more target groups not found")
        return found

    def modify(self, params: Mapping[str, Any]) -> dict[str, Any]:
        group = self._store.target_group(params["TargetGroupArn"])
        kind = GroupKind(
            target_type=group.target_type, protocol=group.protocol, protocol_version=group.protocol_version
        )
        group.health_check = health_check(kind, params, group.health_check)
        return {"TargetGroups": [self._shown(group)]}

    def delete(self, params: Mapping[str, Any]) -> None:
        """An absent group is success; one that a listener or rule forwards to stays."""
        arn = params["TargetGroupArn"]
        group = self._store.target_groups.get(arn)
        if group is None:
            return
        if group.used_by or self._is_held(group):
            raise RefusedError("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
        self._store.remove_target_group(group)

    def _is_held(self, group: TargetGroup) -> bool:
        """Whether it is in use for a while longer than something forwards to it (aws-elbv2, section 4.3)."""
        window = self._conditions.delays.target_group_release
        return group.released_at is not None and is_unseen(group.released_at, self._conditions.clock.now(), window)

    def _shown(self, group: TargetGroup) -> dict[str, Any]:
        return describe.target_group(group, self._store.load_balancer_arns(group))


def _check_name(name: str) -> None:
    """By the rules of CreateTargetGroup (aws-elbv2, section 2.1)."""
    if len(name) > _NAME_LIMIT:
        raise invalid(f"Target group name '{name}' cannot be longer than '{_NAME_LIMIT}' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise invalid(f"Target group name '{name}' can only contain alphanumeric characters and hyphens(-)")
    if name.startswith("-") or name.endswith("-"):
        raise invalid(f"Target group name '{name}' cannot begin or end with '-'")
