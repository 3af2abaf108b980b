"""`elbow sandbox fault` on a sandbox that runs: what befalls pods, zones and servers, and that it ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox.address_table import AddressTable
from sandbox.kubernetes.client.resources import NODES, PODS
from services.cli.main import cli
from tests.integration.harness.kube import Object
from tests.integration.harness.sandbox import Sandbox, running_sandbox
from tests.integration.harness.waiting import until

NAMESPACE, PORT = "default", 8080
DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": NAMESPACE},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "web:1", "ports": [{"containerPort": PORT}]}]},
        },
    },
}
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": NAMESPACE},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": PORT}]},
}


class Laboratory:
    """A sandbox with one application in it, and the commands on it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.kube = sandbox.kube
        self._folder = folder
        self._table = AddressTable(folder / "pods.json")

    def fault(self, command: str, *arguments: str) -> str:
        result = CliRunner().invoke(cli, ["sandbox", "fault", command, "--dir", str(self._folder), *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    def pods(self) -> dict[str, Object]:
        """The pods that are not about to go, by name."""
        found = (pod for pod in self.kube.all(PODS, NAMESPACE) if not pod["metadata"].get("deletionTimestamp"))
        return {pod["metadata"]["name"]: pod for pod in found}

    def reachable(self, pod: Object) -> bool:
        return self._table.resolve(pod["status"].get("podIP", ""), PORT) is not None

    def serves(self) -> bool:
        """Whether all pods are endpoints that can be reached."""
        pods = self.pods().values()
        addresses = {pod["status"].get("podIP") for pod in pods}
        ready = self.kube.ready_addresses(NAMESPACE, "web")
        return len(pods) == 4 and ready == addresses and all(self.reachable(pod) for pod in pods)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    folder = tmp_path_factory.mktemp("sandbox")
    with running_sandbox(folder) as sandbox:
        sandbox.kube.apply(DEPLOYMENT, SERVICE)
        yield Laboratory(sandbox, folder)


@pytest.fixture
def lab(started: Laboratory) -> Iterator[Laboratory]:
    until(started.serves, what="the application to serve")
    yield started
    started.fault("reset")


def status_of(pod: Object) -> Any:
    [container] = pod["status"]["containerStatuses"]
    return container


def test_the_containers_of_a_killed_pod_start_again(lab: Laboratory) -> None:
    name, before = next(iter(lab.pods().items()))
    assert lab.fault("kill", name) == "done\n"
    until(lambda: status_of(lab.pods()[name])["restartCount"] == 1, what="a restart")
    after = lab.pods()[name]
    assert status_of(after)["lastState"]["terminated"]["exitCode"] == 137
    assert after["status"]["podIP"] == before["status"]["podIP"]
    until(lab.serves, what="the application to serve again")
    lab.kube.annotate(PODS, NAMESPACE, name, something="else")
    assert status_of(lab.pods()[name])["restartCount"] == 1


def test_a_pod_that_is_deleted_at_once_comes_back_as_another(lab: Laboratory) -> None:
    name = next(iter(lab.pods()))
    lab.fault("kill", name, "--delete")
    assert lab.kube.get(PODS, NAMESPACE, name) is None
    until(lab.serves, what="another pod")


def test_a_zone_that_is_cut_off_is_lost_and_comes_back(lab: Laboratory) -> None:
    nodes = {node["metadata"]["labels"]["topology.kubernetes.io/zone"]: node for node in lab.kube.all(NODES)}
    lost = nodes["us-west-2a"]["metadata"]["name"]
    there = {name: pod for name, pod in lab.pods().items() if pod["spec"]["nodeName"] == lost}
    assert 0 < len(there) < 4
    lab.fault("cut", "us-west-2a")
    until(lambda: not any(lab.reachable(pod) for pod in there.values()), what="nothing to reach the zone")
    node = lab.kube.the(NODES, "", lost)
    [ready] = [each for each in node["status"]["conditions"] if each["type"] == "Ready"]
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert {taint["effect"] for taint in node["spec"]["taints"]} == {"NoSchedule", "NoExecute"}
    elsewhere = {pod["status"]["podIP"] for name, pod in lab.pods().items() if name not in there}
    until(lambda: lab.kube.ready_addresses(NAMESPACE, "web") == elsewhere, what="the zone's endpoints to leave")
    assert "zone=us-west-2a" in lab.fault("list")
    lab.fault("reset")
    until(lab.serves, what="the zone to be back")
    healed = lab.kube.the(NODES, "", lost)
    assert not healed["spec"].get("taints")
    assert {name: status_of(pod)["restartCount"] for name, pod in lab.pods().items() if name in there} == {
        name: status_of(pod)["restartCount"] for name, pod in there.items()
    }


def test_the_kubernetes_api_is_out_and_comes_back_by_itself(lab: Laboratory) -> None:
    if lab.sandbox.has_real_api_server:
        pytest.skip("a real kube-apiserver is not put out")
    lab.fault("outage", "kubernetes", "--for", "1")
    with pytest.raises(OSError, match=r"Remote end closed|reset"):
        lab.pods()
    until(lambda: lab.fault("list") == "nothing is switched on\n", what="the outage to end")
    lab.kube.scale(NAMESPACE, "web", 3)
    until(lambda: len(lab.pods()) == 3, what="the controllers to work again")
    lab.kube.scale(NAMESPACE, "web", 4)
