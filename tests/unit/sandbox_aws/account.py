"""A seeded AWS account as the tests of its endpoint see it: SDK clients, builders with defaults, and its switches."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.aws import AwsWorld

CLIENTS = ("elbv2", "ec2", "acm", "resourcegroupstaggingapi", "wafv2", "waf-regional", "shield")


class Account:
    """Builders give ARNs; what they make has the settings that a test does not name."""

    def __init__(self, world: AwsWorld) -> None:
        self.world = world
        clients = [
            boto3.client(
                name,
                endpoint_url=world.url,
                region_name=world.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(
                    proxies={}, retries={"total_max_attempts": 1}, read_timeout=20, parameter_validation=False
                ),
            )
            for name in CLIENTS
        ]
        self._clients: list[Any] = clients
        self.elb, self.ec2, self.acm, self.tagging, self.waf, self.classic, self.shield = clients

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def subnets(self, *names: str) -> list[str]:
        return [self.world.subnets[name] for name in names]

    def alb(self, name: str = "web", **settings: Any) -> str:
        return str(self.create_alb(name, **settings)["LoadBalancerArn"])

    def create_alb(self, name: str = "web", **settings: Any) -> dict[str, Any]:
        wanted = {"Name": name, "Subnets": self.subnets("public-a", "public-b"), **settings}
        answer: dict[str, Any] = self.elb.create_load_balancer(**wanted)
        return dict(answer["LoadBalancers"][0])

    def nlb(self, name: str = "flow", **settings: Any) -> str:
        return self.alb(name, **{"Type": "network", "Subnets": self.subnets("public-a"), **settings})

    def target_group(self, name: str = "pods", **settings: Any) -> str:
        wanted = {"VpcId": self.world.vpc, "Protocol": "HTTP", "Port": 80, "TargetType": "ip", **settings}
        return str(self.elb.create_target_group(Name=name, **wanted)["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, load_balancer: str, target_group: str, **settings: Any) -> str:
        wanted = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [forward(target_group)], **settings}
        answer = self.elb.create_listener(LoadBalancerArn=load_balancer, **wanted)
        return str(answer["Listeners"][0]["ListenerArn"])

    def rule(self, listener: str, target_group: str, priority: int = 1, **settings: Any) -> str:
        wanted = {"Conditions": [path("/*")], "Actions": [forward(target_group)], **settings}
        answer = self.elb.create_rule(ListenerArn=listener, Priority=priority, **wanted)
        return str(answer["Rules"][0]["RuleArn"])

    def security_group(self, name: str) -> str:
        created = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.world.vpc)
        return str(created["GroupId"])

    def tags_of(self, arn: str) -> dict[str, str]:
        tags = self.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
        return {tag["Key"]: tag["Value"] for tag in tags}

    def health_of(self, target_group: str) -> dict[tuple[str, int], str]:
        """State by id and port."""
        found = self.elb.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        return {(one["Target"]["Id"], one["Target"]["Port"]): one["TargetHealth"]["State"] for one in found}

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the endpoint's own interface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.world.url}/__sandbox/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def fault(self, kind: str, **wanted: Any) -> int:
        """Switches a fault on; its id."""
        return int(self.admin("POST", "faults", {"kind": kind, **wanted})["id"])


def forward(target_group: str) -> dict[str, str]:
    return {"Type": "forward", "TargetGroupArn": target_group}


def path(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def tag_list(count: int) -> list[dict[str, str]]:
    return [{"Key": f"key-{number}", "Value": "v"} for number in range(count)]


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    """The error code that a call is refused with; `accepted` when it is not."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "accepted"
