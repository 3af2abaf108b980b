"""A load balancer's whole life as users of boto3 and of the AWS CLI lead it, against the sandbox's endpoint."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import boto3
import pytest
from awscli.clidriver import create_clidriver
from botocore import xform_name

from sandbox.aws import AwsServer, AwsWorld

WEB: dict[str, Any] = {
    "Type": "application",
    "Protocol": "HTTP",
    "Attribute": {"Key": "idle_timeout.timeout_seconds", "Value": "120"},
}
FLOW: dict[str, Any] = {
    "Type": "network",
    "Protocol": "TCP",
    "Attribute": {"Key": "load_balancing.cross_zone.enabled", "Value": "true"},
}

Call = Callable[..., Any]
"""Takes an operation as the API names it (`wait` and the waiter's name in one word, too) and its parameters."""


@pytest.fixture(scope="module")
def world() -> Iterator[AwsWorld]:
    server = AwsServer()
    yield server.start()
    server.stop()


def with_boto3(world: AwsWorld, _: pytest.MonkeyPatch) -> Call:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("elbv2", endpoint_url=world.url, region_name=world.region, **keys)

    def call(operation: str, **parameters: Any) -> Any:
        if operation.startswith("Wait"):
            return client.get_waiter(xform_name(operation.removeprefix("Wait"))).wait(**parameters)
        return getattr(client, xform_name(operation))(**parameters)

    return call


def with_the_cli(world: AwsWorld, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Each call a command as it is typed, run in this process: a process of its own takes seconds to start."""
    place = {"AWS_ENDPOINT_URL": world.url, "AWS_DEFAULT_REGION": world.region, "AWS_CONFIG_FILE": os.devnull}
    for name, value in {**place, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    driver = create_clidriver()

    def call(operation: str, **parameters: Any) -> Any:
        words = xform_name(operation, "-").split("-", 1)
        command = words if words[0] == "wait" else ["-".join(words)]
        for name, value in parameters.items():
            command += [f"--{xform_name(name, '-')}", *typed(value)]
        told, refused = io.StringIO(), io.StringIO()
        with redirect_stdout(told), redirect_stderr(refused):
            code = driver.main(["elbv2", *command, "--output", "json"])
        assert code == 0, f"aws elbv2 {' '.join(command)}: {refused.getvalue()}"
        return json.loads(told.getvalue() or "{}")

    return call


def typed(value: Any) -> list[str]:
    """A value as the words of a command."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    return [value if isinstance(value, str) else json.dumps(value)]


@pytest.mark.parametrize(
    "kind", [pytest.param(WEB, id="an application load balancer"), pytest.param(FLOW, id="a network load balancer")]
)
@pytest.mark.parametrize(
    "client", [pytest.param(with_boto3, id="with boto3"), pytest.param(with_the_cli, id="with the AWS CLI")]
)
def test_a_load_balancer_is_made_looked_at_changed_and_deleted(
    world: AwsWorld,
    monkeypatch: pytest.MonkeyPatch,
    client: Callable[[AwsWorld, pytest.MonkeyPatch], Call],
    kind: dict[str, Any],
) -> None:
    call, protocol = client(world, monkeypatch), kind["Protocol"]
    name = f"life-{kind['Type']}"

    made = call("CreateTargetGroup", Name=name, Protocol=protocol, Port=80, VpcId=world.vpc, TargetType="ip")
    group = {"TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}
    made = call(
        "CreateLoadBalancer",
        Name=name,
        Type=kind["Type"],
        Subnets=[world.subnets["public-a"], world.subnets["public-b"]],
        Tags=[{"Key": "team", "Value": "web"}],
    )
    balancer = {"LoadBalancerArn": made["LoadBalancers"][0]["LoadBalancerArn"]}
    forward = [{"Type": "forward", **group}]
    made = call("CreateListener", **balancer, Protocol=protocol, Port=80, DefaultActions=forward)
    listener = {"ListenerArn": made["Listeners"][0]["ListenerArn"]}
    call("RegisterTargets", **group, Targets=[{"Id": "10.0.100.9"}])
    call("WaitLoadBalancerAvailable", Names=[name])
    call("WaitTargetInService", **group)

    (found,) = call("DescribeLoadBalancers", Names=[name])["LoadBalancers"]
    assert (found["State"]["Code"], found["Type"], found["Scheme"]) == ("active", kind["Type"], "internet-facing")
    (found,) = call("DescribeTags", ResourceArns=[balancer["LoadBalancerArn"]])["TagDescriptions"]
    assert found["Tags"] == [{"Key": "team", "Value": "web"}]

    attributes = call("ModifyLoadBalancerAttributes", **balancer, Attributes=[kind["Attribute"]])["Attributes"]
    assert kind["Attribute"] in attributes
    call("ModifyTargetGroup", **group, HealthCheckIntervalSeconds=10)
    call("ModifyListener", **listener, Port=8080)
    (found,) = call("DescribeListeners", **balancer)["Listeners"]
    assert (found["Port"], found["DefaultActions"][0]["TargetGroupArn"]) == (8080, group["TargetGroupArn"])
    (found,) = call("DescribeTargetGroups", Names=[name])["TargetGroups"]
    assert (found["HealthCheckIntervalSeconds"], found["LoadBalancerArns"]) == (10, list(balancer.values()))

    call("DeleteLoadBalancer", **balancer)
    call("WaitLoadBalancersDeleted", LoadBalancerArns=list(balancer.values()))
    call("DeleteTargetGroup", **group)
    assert call("DescribeLoadBalancers")["LoadBalancers"] == []
