"""The health of targets that are pods, checked for real, in a sandbox whose AWS takes the time that it takes."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.kubernetes.client.resources import PODS, SERVICES
from tests.integration.harness.game import deployment, namespace, service
from tests.integration.harness.sandbox import Sandbox, running_sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

NAMESPACE = "pods"
FACTOR = 20.0
DRAINING_SECONDS = 60
ANSWER = "sandbox.elbow/answer"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    delays = ("--delay", "application_register=2", "--delay", "network_register=10")
    flags = ("--realistic", "--clock-factor", f"{FACTOR:g}", *delays)
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), *flags) as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """A target group with one pod in it, behind a load balancer."""

    sandbox: Sandbox
    group: str
    address: str
    pod: str

    def health(self) -> tuple[str, str, str] | None:
        """State, reason and description of the pod; None when it is no target."""
        answer = self.sandbox.aws.client("elbv2").describe_target_health(TargetGroupArn=self.group)
        for one in answer["TargetHealthDescriptions"]:
            shown = one["TargetHealth"]
            return shown["State"], shown.get("Reason", ""), shown.get("Description", "")
        return None

    def until(self, state: str) -> tuple[str, str, str]:
        seen = until(self.health, holds=lambda shown: shown is not None and shown[0] == state, what=state)
        assert seen is not None
        return seen

    def answering(self, answer: str | None) -> None:
        self.sandbox.kube.patch(PODS, NAMESPACE, self.pod, {"metadata": {"annotations": {ANSWER: answer}}})


@pytest.fixture
def targets(sandbox: Sandbox) -> Targets:
    kube, elb, world = sandbox.kube, sandbox.aws.client("elbv2"), sandbox.world
    kube.apply(namespace(NAMESPACE), deployment(NAMESPACE, 1), service(NAMESPACE))
    [address] = until(lambda: kube.ready_addresses(NAMESPACE, "service-2048"), what="a ready pod")
    [pod] = kube.all(PODS, NAMESPACE)
    group = elb.create_target_group(
        Name="pods",
        Protocol="HTTP",
        Port=80,
        VpcId=world["vpc"],
        TargetType="ip",
        HealthCheckIntervalSeconds=5,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(DRAINING_SECONDS)}
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[attribute])
    subnets = [world["subnets"][f"public-{zone}"] for zone in "ab"]
    balancer = elb.create_load_balancer(Name="pods", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    action = {"Type": "forward", "TargetGroupArn": group}
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[action])
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address}])
    return Targets(sandbox=sandbox, group=group, address=address, pod=pod["metadata"]["name"])


def told(sandbox: Sandbox) -> dict[str, Any]:
    """What the data plane is told."""
    with urllib.request.urlopen(f"{sandbox.env['AWS_ENDPOINT_URL']}/__sandbox/dataplane") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_a_pod_is_checked_fails_recovers_and_drains(targets: Targets) -> None:
    shown = targets.health()
    assert shown is not None
    assert shown[0] == "initial"
    assert targets.until("healthy") == ("healthy", "", "")
    targets.answering("500")
    assert targets.until("unhealthy") == (
        "unhealthy",
        "Target.ResponseCodeMismatch",
        "Health checks failed with these codes: [500]",
    )
    targets.answering("hang")
    until(targets.health, holds=lambda shown: shown is not None and shown[1] == "Target.Timeout", what="a timeout")
    targets.answering(None)
    targets.until("healthy")
    elb = targets.sandbox.aws.client("elbv2")
    elb.deregister_targets(TargetGroupArn=targets.group, Targets=[{"Id": targets.address}])
    began = time.monotonic()
    assert targets.health() == ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
    [known] = told(targets.sandbox)["targetGroups"][targets.group]["targets"]
    assert known["id"] == targets.address
    until(targets.health, holds=lambda shown: shown is None, what="the end of its draining")
    # It began a call before the clock was read.
    assert (time.monotonic() - began) * FACTOR >= DRAINING_SECONDS * 0.8


def test_a_node_is_checked_through_its_node_port(sandbox: Sandbox) -> None:
    kube, elb, world = sandbox.kube, sandbox.aws.client("elbv2"), sandbox.world
    kube.apply(namespace(NAMESPACE), deployment(NAMESPACE, 1), service(NAMESPACE))
    port = kube.the(SERVICES, NAMESPACE, "service-2048")["spec"]["ports"][0]["nodePort"]
    group = elb.create_target_group(Name="nodes", Protocol="TCP", Port=port, VpcId=world["vpc"])
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    subnets = [world["subnets"][f"public-{zone}"] for zone in "ab"]
    balancer = elb.create_load_balancer(Name="nodes", Type="network", Subnets=subnets)["LoadBalancers"][0]
    action = {"Type": "forward", "TargetGroupArn": arn}
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=[action])
    node = world["nodes"][0]["id"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": node}, {"Id": node, "Port": 9}])

    def states() -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in found]

    assert states() == ["initial", "initial"]
    until(
        states, holds=lambda seen: seen == ["healthy", "unhealthy"], what="one port that answers and one that does not"
    )


def test_the_state_file_says_how_long_aws_takes(sandbox: Sandbox) -> None:
    state = json.loads((sandbox.process.log.parent / "sandbox.json").read_text())
    assert (state["clock_factor"], state["delays"]["application_register"]) == (FACTOR, 2)
    assert state["delays"]["longest_draining"] == 3600
