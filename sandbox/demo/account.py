"""What is in the AWS account: read with boto3, drawn as a tree, compared with what was there before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
from rich.text import Text
from rich.tree import Tree

from sandbox.demo.failure import DemoError

_HEALTH_STYLES = {"healthy": "green", "unhealthy": "red"}
_QUIET = "bright_black"
_REGION = "us-west-2"  # the sandbox's


class Account:
    """One account behind an endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=endpoint_url,
                region_name=_REGION,
                aws_access_key_id="sandbox-demo",
                aws_secret_access_key="demo",  # noqa: S106 - the endpoint checks no signature
            )

        self._elbv2, self._ec2 = client("elbv2"), client("ec2")

    def contents(self) -> Mapping[str, str]:
        """Everything that a controller could leave behind, as text by kind and id."""
        found = dict(self._network())
        for balancer in self._pages(self._elbv2, "describe_load_balancers", "LoadBalancers"):
            found[f"load balancer {balancer['LoadBalancerName']}"] = _text(balancer)
        for group in self._pages(self._elbv2, "describe_target_groups", "TargetGroups"):
            health = self._elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
            targets = [one["Target"] for one in health["TargetHealthDescriptions"]]
            found[f"target group {group['TargetGroupName']}"] = _text({**group, "Targets": targets})
        return found

    def tree(self, host_name: str) -> Tree:
        """The load balancer of a host name, down to the health of its targets. Raises DemoError without one."""
        balancers = self._pages(self._elbv2, "describe_load_balancers", "LoadBalancers")
        balancer = next((one for one in balancers if one["DNSName"] == host_name), None)
        if balancer is None:
            raise DemoError(f"AWS has no load balancer with the host name {host_name}")
        facts = f"{balancer['Type']}, {balancer['Scheme']}, {balancer['State']['Code']}"
        tree = _node(None, "load balancer", balancer["LoadBalancerName"], facts)
        for listener in self._pages(
            self._elbv2, "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]
        ):
            branch = _node(tree, "listener", f"{listener['Protocol']} :{listener['Port']}")
            rules = self._elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            for rule in rules:
                self._add_rule(branch, rule)
        return tree

    def health(self, host_name: str) -> Sequence[str]:
        """State of every target behind a host name."""
        arns = {
            one["LoadBalancerArn"]
            for one in self._pages(self._elbv2, "describe_load_balancers", "LoadBalancers")
            if one["DNSName"] == host_name
        }
        groups = [
            group["TargetGroupArn"]
            for group in self._pages(self._elbv2, "describe_target_groups", "TargetGroups")
            if arns & set(group["LoadBalancerArns"])
        ]
        described = (self._elbv2.describe_target_health(TargetGroupArn=arn) for arn in groups)
        return [one["TargetHealth"]["State"] for answer in described for one in answer["TargetHealthDescriptions"]]

    def _add_rule(self, listener: Tree, rule: Any) -> None:
        order = "default" if rule["IsDefault"] else f"{rule['Priority']}"
        branch = _node(listener, "rule", order, ", ".join(_condition(one) for one in rule["Conditions"]))
        for action in rule["Actions"]:
            groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
            if not groups:
                answer = action.get("FixedResponseConfig", {}).get("StatusCode", "")
                branch.add(Text.assemble((f"{action['Type']} ", _QUIET), answer))
            for group in groups:
                self._add_group(branch, group["TargetGroupArn"])

    def _add_group(self, rule: Tree, arn: str) -> None:
        [group] = self._elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        facts = f"{group['Protocol']} :{group['Port']}, targets by {group['TargetType']}"
        branch = _node(rule, "target group", group["TargetGroupName"], facts)
        for one in self._elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]:
            state = one["TargetHealth"]["State"]
            node = _node(branch, "target", f"{one['Target']['Id']}:{one['Target']['Port']}")
            label = node.label
            if isinstance(label, Text):
                label.append(f"  {state}", style=_HEALTH_STYLES.get(state, "yellow"))

    def _network(self) -> Iterator[tuple[str, str]]:
        for group in self._pages(self._ec2, "describe_security_groups", "SecurityGroups"):
            yield f"security group {group['GroupId']} ({group['GroupName']})", _text(group)
        for interface in self._pages(self._ec2, "describe_network_interfaces", "NetworkInterfaces"):
            addresses = [one["PrivateIpAddress"] for one in interface.get("PrivateIpAddresses", [])]
            groups = [one["GroupId"] for one in interface.get("Groups", [])]
            yield f"network interface {interface['NetworkInterfaceId']}", _text([sorted(addresses), sorted(groups)])

    def _pages(self, client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
        return [one for page in client.get_paginator(operation).paginate(**parameters) for one in page[key]]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[str]:
    """What is new, gone or changed, one line each."""
    lines = [f"new: {name}" for name in sorted(after.keys() - before.keys())]
    lines += [f"gone: {name}" for name in sorted(before.keys() - after.keys())]
    shared = sorted(before.keys() & after.keys())
    return lines + [
        f"changed: {name}: {before[name]} -> {after[name]}" for name in shared if before[name] != after[name]
    ]


def _node(parent: Tree | None, kind: str, name: str, facts: str = "") -> Tree:
    label = Text.assemble((f"{kind} ", _QUIET), (name, "bold"), (f"  {facts}" if facts else "", ""))
    return Tree(label, guide_style=_QUIET) if parent is None else parent.add(label)


def _condition(condition: Any) -> str:
    what = str(condition["Field"]).removesuffix("-pattern").removesuffix("-header")
    config = next((value for key, value in condition.items() if key.endswith("Config") and value), condition)
    return f"{what} {' or '.join(config.get('Values', []))}"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
