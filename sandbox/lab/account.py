"""What is in the AWS account, read as somebody with the AWS CLI would. Its calls are not counted as the services'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

_REGION = "us-west-2"  # the sandbox's
CALLER = "sandbox-lab"
"""Access key id of the laboratory's calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """One load balancer with all that hangs on it, in the shapes of the Describe calls."""

    described: Mapping[str, Any]
    attributes: Mapping[str, str]
    tags: Mapping[str, str]
    listeners: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]]
    """Of all listeners, without the default rules."""
    groups: Sequence[Mapping[str, Any]]
    group_attributes: Sequence[Mapping[str, str]]
    """In the order of the groups."""
    group_tags: Sequence[Mapping[str, str]]
    """In the order of the groups."""
    targets: Sequence[Mapping[str, Any]]
    """TargetHealthDescriptions of all groups."""
    security_groups: Sequence[Mapping[str, Any]]

    @property
    def arn(self) -> str:
        return str(self.described["LoadBalancerArn"])

    @property
    def group(self) -> Mapping[str, Any]:
        """The first target group; empty where there is none."""
        return self.groups[0] if self.groups else {}

    @property
    def target_ids(self) -> frozenset[str]:
        """Those that do not drain."""
        return frozenset(str(one["Target"]["Id"]) for one in self.targets if one["TargetHealth"]["State"] != "draining")

    @property
    def paths(self) -> Sequence[str]:
        """Path patterns of the rules."""
        conditions = [one for rule in self.rules for one in rule["Conditions"] if one["Field"] == "path-pattern"]
        return [path for one in conditions for path in one.get("PathPatternConfig", one).get("Values", [])]

    @property
    def is_in_service(self) -> bool:
        """It is active, has targets, and all of them are healthy."""
        states = [one["TargetHealth"]["State"] for one in self.targets]
        return self.described["State"]["Code"] == "active" and bool(states) and set(states) == {"healthy"}


class LabAccount:
    """One account behind an endpoint. Its methods block."""

    def __init__(self, endpoint_url: str) -> None:
        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=endpoint_url,
                region_name=_REGION,
                aws_access_key_id=CALLER,
                aws_secret_access_key="lab",  # noqa: S106 - the endpoint checks no signature
            )

        self.elbv2, self.ec2 = client("elbv2"), client("ec2")

    def balancer(self, host_name: str) -> Balancer | None:
        """The load balancer of a host name."""
        return next((self._whole(one) for one in self._balancers() if one["DNSName"] == host_name), None)

    def all_balancers(self) -> Mapping[str, Balancer]:
        """All load balancers by name."""
        return {one["LoadBalancerName"]: self._whole(one) for one in self._balancers()}

    def target_states(self) -> Mapping[tuple[str, str], str]:
        """State of every target of every group, by the group's name and `id:port`."""
        states = {}
        for group in _pages(self.elbv2, "describe_target_groups", "TargetGroups"):
            described = self.elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
            for one in described["TargetHealthDescriptions"]:
                target = f"{one['Target']['Id']}:{one['Target']['Port']}"
                states[group["TargetGroupName"], target] = one["TargetHealth"]["State"]
        return states

    def _balancers(self) -> Sequence[Mapping[str, Any]]:
        return _pages(self.elbv2, "describe_load_balancers", "LoadBalancers")

    def _whole(self, described: Mapping[str, Any]) -> Balancer:
        arn = described["LoadBalancerArn"]
        listeners = _pages(self.elbv2, "describe_listeners", "Listeners", LoadBalancerArn=arn)
        rules: list[Any] = []
        if described["Type"] == "application":
            for listener in listeners:
                rules += _pages(self.elbv2, "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
        groups = _pages(self.elbv2, "describe_target_groups", "TargetGroups", LoadBalancerArn=arn)
        arns = [group["TargetGroupArn"] for group in groups]
        balancer_tags, *group_tags = (self._tags(one) for one in (arn, *arns))
        held = list(described.get("SecurityGroups") or [])
        return Balancer(
            described=described,
            attributes=_pairs(self.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]),
            tags=balancer_tags,
            listeners=listeners,
            rules=[rule for rule in rules if not rule["IsDefault"]],
            groups=groups,
            group_attributes=[
                _pairs(self.elbv2.describe_target_group_attributes(TargetGroupArn=one)["Attributes"]) for one in arns
            ],
            group_tags=group_tags,
            targets=[
                one
                for group in arns
                for one in self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            ],
            security_groups=self.ec2.describe_security_groups(GroupIds=held)["SecurityGroups"] if held else [],
        )

    def _tags(self, arn: str) -> Mapping[str, str]:
        [found] = self.elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return _pairs(found["Tags"])


def _pages(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    return [one for page in client.get_paginator(operation).paginate(**parameters) for one in page[key]]


def _pairs(listed: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    return {one["Key"]: one["Value"] for one in listed}
