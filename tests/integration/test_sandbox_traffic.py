"""Load balancers made in the sandbox's account carry traffic to pods of its cluster."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.cli.main import cli
from tests.integration.harness.game import deployment, namespace, service
from tests.integration.harness.sandbox import Sandbox, running_sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

NAMESPACE, SERVICE = "traffic", "service-2048"
DELAY = "deregistration_delay.timeout_seconds"


@dataclass(frozen=True)
class Network:
    """The sandbox and the folder of its tables."""

    sandbox: Sandbox
    folder: Path
    pods: Sequence[str]
    """Addresses of two ready pods."""

    @property
    def elb(self) -> Any:
        return self.sandbox.aws.client("elbv2")

    def curl(self, *arguments: str) -> str:
        """What `elbow sandbox curl` prints; its complaint where it fails."""
        return CliRunner().invoke(cli, ["sandbox", "curl", "--dir", str(self.folder), *arguments]).output

    def balancer(self, name: str, kind: str, protocol: str) -> tuple[str, str]:
        """A load balancer of two zones in front of the pods; its DNS name and the ARN of its target group."""
        subnets = [
            subnet["SubnetId"]
            for subnet in self.sandbox.aws.client("ec2").describe_subnets(
                Filters=[{"Name": "tag-key", "Values": ["kubernetes.io/role/elb"]}]
            )["Subnets"]
        ]
        made = self.elb.create_load_balancer(Name=name, Type=kind, Subnets=subnets)["LoadBalancers"][0]
        group = self.elb.create_target_group(
            Name=name, Protocol=protocol, Port=80, VpcId=self.sandbox.world["vpc"], TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": DELAY, "Value": "0"}])
        self.elb.create_listener(
            LoadBalancerArn=made["LoadBalancerArn"],
            Port=80,
            Protocol=protocol,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        self.elb.register_targets(TargetGroupArn=group, Targets=self.targets)
        return made["DNSName"], group

    @property
    def targets(self) -> list[dict[str, str]]:
        return [{"Id": address} for address in self.pods]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("traffic")
    with running_sandbox(folder, "--traffic") as running:
        running.kube.apply(namespace(NAMESPACE), deployment(NAMESPACE, 2), service(NAMESPACE))
        pods = until(
            lambda: running.kube.ready_addresses(NAMESPACE, SERVICE),
            holds=lambda addresses: len(addresses) == 2,
            what="two ready pods",
        )
        yield Network(running, folder, sorted(pods))


def echoed(said: str) -> Mapping[str, Any]:
    """What a pod says of the request, or nothing."""
    try:
        seen: Mapping[str, Any] = json.loads(said)
    except ValueError:
        return {}
    return seen if isinstance(seen, dict) else {}


def test_requests_reach_pods_through_an_application_load_balancer(network: Network) -> None:
    name, group = network.balancer("web", "application", "HTTP")
    arguments = ("-H", "Accept: application/json", "--client-address", "198.51.100.7", f"http://{name}/a?b=c")
    said = until(lambda: network.curl(*arguments), holds=echoed, what="a pod's answer", within=30)
    headers = json.dumps(echoed(said))
    assert "198.51.100.7" in headers
    assert "X-Amzn-Trace-Id" in headers
    network.elb.deregister_targets(TargetGroupArn=group, Targets=network.targets)
    until(lambda: network.curl("-i", f"http://{name}/"), holds=lambda said: " 503 " in said, what="a 503", within=30)


def test_connections_reach_pods_through_a_network_load_balancer(network: Network) -> None:
    name, _ = network.balancer("flows", "network", "TCP")
    until(
        lambda: network.curl("-H", "Accept: application/json", f"http://{name}/"),
        holds=echoed,
        what="a pod's answer",
        within=30,
    )
