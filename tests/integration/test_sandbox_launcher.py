"""The sandbox as a process: what it writes, what its cluster does, and how it ends.

With KUBEBUILDER_ASSETS set the same tests hold a real kube-apiserver to the same.
"""

import asyncio
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest

from sandbox.clock import Clock
from sandbox.kubernetes.client import Access, ApiError, Client, Object, read_kubeconfig
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.objects import is_true, labels_of
from sandbox.kubernetes.client.resources import (
    CRDS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    INGRESSCLASSES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    SERVICES,
)
from sandbox.kubernetes.controllers import ControllerManager
from sandbox.kubernetes.real import ASSETS_VARIABLE, RealApiServer

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0
NAMESPACE = "shop"
T = TypeVar("T")
GATE = "target-health.elbv2.k8s.aws/web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A sandbox that is up."""

    process: subprocess.Popen[str]
    directory: Path

    @property
    def env(self) -> dict[str, str]:
        lines = (self.directory / "env").read_text().splitlines()
        return {name: shlex.split(value)[0] for name, _, value in (line.partition("=") for line in lines)}

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.directory / "sandbox.json").read_text())
        return state

    @property
    def access(self) -> Access:
        return read_kubeconfig(self.directory / "kubeconfig")

    def ec2(self) -> Any:
        return boto3.client(
            "ec2",
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name=self.env["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def start(directory: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--dir", str(directory), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> str:
    """Stop the sandbox as a service manager does; what it printed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    return output


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("sandbox")
    process = start(directory, "--clock-factor", "2")
    assert process.stdout is not None
    said = process.stdout.readline()
    if said != "sandbox is up\n":
        pytest.fail(f"the sandbox did not start: {said}{end(process)}")
    yield Running(process=process, directory=directory)
    end(process)


@pytest.fixture
async def client(sandbox: Running) -> AsyncIterator[Client]:
    async with Client(sandbox.access, user_agent="test") as client:
        yield client


@pytest.fixture
async def namespace(client: Client) -> AsyncIterator[str]:
    """A namespace with a Deployment of two pods and a Service; gone after the test."""
    await client.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    await client.create(DEPLOYMENTS, NAMESPACE, deployment())
    await client.create(SERVICES, NAMESPACE, service())
    await until_ready(client, 2)
    yield NAMESPACE
    try:
        await client.delete(NAMESPACES, "", NAMESPACE)
    except ApiError as error:
        if not error.is_not_found:
            raise
    await until(lambda: exists(client, NAMESPACE), lambda there: not there)


def deployment() -> Object:
    container = {"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 8080}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    }


def service() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }


async def until(ask: Callable[[], Awaitable[T]], satisfied: Callable[[T], bool]) -> T:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer = await ask()
            if satisfied(answer):
                return answer
            await asyncio.sleep(0.05)


async def exists(client: Client, name: str) -> bool:
    return any(one["metadata"]["name"] == name for one in (await client.list(NAMESPACES))[0])


async def pods(client: Client) -> list[Object]:
    return (await client.list(PODS, NAMESPACE))[0]


async def endpoints(client: Client) -> dict[str, Object]:
    """Conditions by address, over all slices."""
    slices, _ = await client.list(ENDPOINTSLICES, NAMESPACE)
    return {one["addresses"][0]: one["conditions"] for each in slices for one in each.get("endpoints") or []}


async def ready_endpoints(client: Client) -> set[str]:
    return {address for address, conditions in (await endpoints(client)).items() if conditions["ready"]}


async def until_ready(client: Client, count: int) -> set[str]:
    return await until(lambda: ready_endpoints(client), lambda ready: len(ready) == count)


async def scale(client: Client, replicas: int) -> None:
    await client.patch(DEPLOYMENTS, NAMESPACE, "web", {"spec": {"replicas": replicas}})


async def set_template(client: Client, spec: Object) -> None:
    body = {"spec": {"template": {"spec": spec}}}
    await client.patch(DEPLOYMENTS, NAMESPACE, "web", body, kind=PatchType.STRATEGIC)


async def rolled_out(client: Client) -> bool:
    """What `kubectl rollout status` waits for."""
    one = await client.get(DEPLOYMENTS, NAMESPACE, "web")
    status, wanted = one["status"], one["spec"]["replicas"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return bool(status.get("observedGeneration") == one["metadata"]["generation"] and counts == [wanted] * 3)


def pod_addresses_in_vpc(sandbox: Running) -> set[str]:
    interfaces = sandbox.ec2().describe_network_interfaces()["NetworkInterfaces"]
    return {
        address["PrivateIpAddress"]
        for interface in interfaces
        for address in interface["PrivateIpAddresses"]
        if not address["Primary"]
    }


async def test_the_files_say_where_everything_is(sandbox: Running, client: Client) -> None:
    assert set(sandbox.env) == {
        "KUBECONFIG",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_EC2_METADATA_DISABLED",
        "ELBOW_CLUSTER_NAME",
        "ELBOW_VPC_ID",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_BSP_SCHEDULE_DELAY",
        "ELBOW_TRACE_STORE_URL",
        "NO_PROXY",
        "no_proxy",
    }
    world = json.loads((sandbox.directory / "world.json").read_text())
    assert set(world) == {"vpc", "subnets", "sg", "custom_sg", "nodes", "certs", "eips", "tgs", "acl"}
    assert (sandbox.env["ELBOW_VPC_ID"], sandbox.env["KUBECONFIG"]) == (
        world["vpc"],
        str(sandbox.directory / "kubeconfig"),
    )
    assert (sandbox.state["pid"], sandbox.state["aws_url"], sandbox.state["kubernetes_url"]) == (
        sandbox.process.pid,
        sandbox.env["AWS_ENDPOINT_URL"],
        sandbox.access.url,
    )
    assert sandbox.state["clock_factor"] == 2
    assert sandbox.state["versions"]["kubernetes"] == (await client.request("GET", "/version"))["gitVersion"]


async def test_the_cluster_is_furnished(sandbox: Running, client: Client) -> None:
    world = json.loads((sandbox.directory / "world.json").read_text())
    nodes = {one["metadata"]["name"]: one for one in (await client.list(NODES))[0]}
    front, back = world["nodes"]
    assert {
        name: (node["spec"]["providerID"], labels_of(node)["tier"], is_true(node, "Ready"), node["spec"].get("taints"))
        for name, node in nodes.items()
    } == {
        f"ip-{front['ip'].replace('.', '-')}.internal": (f"aws:///us-west-2a/{front['id']}", "front", True, None),
        f"ip-{back['ip'].replace('.', '-')}.internal": (f"aws:///us-west-2b/{back['id']}", "back", True, None),
    }
    classes, _ = await client.list(INGRESSCLASSES)
    assert [(one["metadata"]["name"], one["spec"]["controller"]) for one in classes] == [("alb", "ingress.k8s.aws/alb")]
    assert {one["metadata"]["name"] for one in (await client.list(CRDS))[0]} == {
        "ingressclassparams.elbv2.k8s.aws",
        "targetgroupbindings.elbv2.k8s.aws",
    }


async def test_endpoints_follow_the_deployment_and_have_addresses_of_the_vpc(
    sandbox: Running, client: Client, namespace: str
) -> None:
    for replicas in (7, 1):
        await scale(client, replicas)
        await until(lambda: rolled_out(client), bool)
        ready = await until_ready(client, replicas)
        assert ready == {one["status"]["podIP"] for one in await pods(client) if not _terminates(one)}
        assert ready <= pod_addresses_in_vpc(sandbox)


async def test_pods_are_spread_over_the_nodes(client: Client, namespace: str) -> None:
    await scale(client, 6)
    running = await until(lambda: pods(client), lambda all_: sum(is_true(one, "Ready") for one in all_) == 6)
    names = [one["spec"]["nodeName"] for one in running]
    assert sorted(names.count(name) for name in set(names)) == [3, 3]


async def test_a_rolling_update_keeps_the_service_up_and_ends_with_one_revision(client: Client, namespace: str) -> None:
    await scale(client, 4)
    await until(lambda: rolled_out(client), bool)
    before = {one["metadata"]["uid"] for one in await pods(client)}
    fewest = 4
    await set_template(client, {"containers": [{"name": "web", "image": "web:2"}]})
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await rolled_out(client):
            # Pods, not endpoints: a Deployment promises available pods, and slices follow them a moment later.
            fewest = min(fewest, sum(_serves(one) for one in await pods(client)))
    assert fewest >= 3
    running = await until(lambda: pods(client), lambda all_: len(all_) == 4)
    assert before.isdisjoint(one["metadata"]["uid"] for one in running)
    sets, _ = await client.list(REPLICASETS, NAMESPACE)
    revisions = {
        one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: one["spec"]["replicas"] for one in sets
    }
    assert revisions == {"1": 0, "2": 4}


async def test_a_terminating_pod_stays_an_endpoint_until_it_is_gone(client: Client, namespace: str) -> None:
    slow = {"name": "web", "lifecycle": {"preStop": {"sleep": {"seconds": 3}}}}
    await set_template(client, {"containers": [slow], "terminationGracePeriodSeconds": 20})
    await until(lambda: rolled_out(client), bool)
    victim = (await until(lambda: pods(client), lambda all_: not any(map(_terminates, all_))))[0]
    address = victim["status"]["podIP"]
    await client.delete(PODS, NAMESPACE, victim["metadata"]["name"])
    draining = await until(lambda: endpoints(client), lambda found: address in found and found[address]["terminating"])
    assert draining[address] == {"ready": False, "serving": True, "terminating": True}
    await until(lambda: endpoints(client), lambda found: address not in found and len(found) == 2)


async def test_a_readiness_gate_decides_when_a_pod_is_an_endpoint(client: Client, namespace: str) -> None:
    await scale(client, 0)
    await until(lambda: endpoints(client), lambda found: not found)
    gated = deployment()["spec"]["template"]
    spec = {**gated["spec"], "readinessGates": [{"conditionType": GATE}]}
    metadata = {"name": "gated", **gated["metadata"]}
    await client.create(PODS, NAMESPACE, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    found = await until(lambda: endpoints(client), lambda found: len(found) == 1)
    assert list(found.values()) == [{"ready": False, "serving": False, "terminating": False}]
    one = await client.get(PODS, NAMESPACE, "gated")
    assert (is_true(one, "ContainersReady"), is_true(one, "Ready")) == (True, False)
    condition = {"type": GATE, "status": "True"}
    body = {"status": {"conditions": [condition]}}
    await client.patch(PODS, NAMESPACE, "gated", body, kind=PatchType.STRATEGIC, subresource="status")
    await until_ready(client, 1)


async def test_addresses_of_pods_that_are_gone_are_returned(sandbox: Running, client: Client, namespace: str) -> None:
    await scale(client, 0)

    async def left() -> set[str]:
        return await asyncio.to_thread(pod_addresses_in_vpc, sandbox)

    await until(left, lambda addresses: not addresses)


@pytest.mark.parametrize(
    ("policy", "pods_left"),
    [
        pytest.param("Background", 0, id="in the background: pods follow"),
        pytest.param("Foreground", 0, id="in the foreground: pods go before"),
        pytest.param("Orphan", 2, id="orphaning: pods stay"),
    ],
)
async def test_a_deployment_is_deleted(client: Client, namespace: str, policy: str, pods_left: int) -> None:
    seen: list[tuple[int, int]] = []

    async def left() -> tuple[int, int]:
        deployments, _ = await client.list(DEPLOYMENTS, NAMESPACE)
        seen.append((len(deployments), len(await pods(client))))
        return seen[-1]

    await client.delete(DEPLOYMENTS, NAMESPACE, "web", {"propagationPolicy": policy})
    await until(left, lambda counts: counts == (0, pods_left))
    sets, _ = await client.list(REPLICASETS, NAMESPACE)
    if policy == "Foreground":
        assert all(deployments == 1 for deployments, count in seen if count > 0)
        assert sets == []
    if policy == "Orphan":
        assert [one["metadata"].get("ownerReferences") for one in sets] == [None]


async def test_a_namespace_goes_with_everything_in_it_but_not_before_finalizers(client: Client, namespace: str) -> None:
    finalizer = {"metadata": {"finalizers": ["example.com/held"]}}
    await client.patch(SERVICES, NAMESPACE, "web", finalizer)
    await client.delete(NAMESPACES, "", NAMESPACE)

    async def told() -> Object:
        return await client.get(NAMESPACES, "", NAMESPACE)

    held = await until(told, lambda one: is_true(one, "NamespaceFinalizersRemaining"))
    assert held["status"]["phase"] == "Terminating"
    await until(lambda: pods(client), lambda all_: not all_)
    await client.patch(SERVICES, NAMESPACE, "web", {"metadata": {"finalizers": None}})
    await until(lambda: exists(client, NAMESPACE), lambda there: not there)


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "sandbox is up\n"
    assert (tmp_path / "sandbox.json").exists()
    assert end(process).splitlines()[-1] == "sandbox is down"
    assert (process.returncode, (tmp_path / "sandbox.json").exists()) == (0, False)


def test_a_second_one_in_the_same_directory_is_refused(sandbox: Running) -> None:
    process = start(sandbox.directory)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    expected = f"Error: a sandbox already runs in {sandbox.directory} (process {sandbox.process.pid})\n"
    assert (process.returncode, output) == (1, expected)
    assert sandbox.state["pid"] == sandbox.process.pid


@pytest.mark.parametrize("flag", ["--aws-port", "--kube-port"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(tmp_path, flag, str(port))
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, output) == (1, f"Error: port {port} of {flag} cannot be used: Address already in use\n")


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = start(tmp_path / "file" / "below")
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    expected = f"Error: {tmp_path / 'file' / 'below'} cannot be used: Not a directory\n"
    assert (process.returncode, output) == (1, expected)


def test_assets_without_the_programs_are_named(tmp_path: Path) -> None:
    process = start(tmp_path, "--kube-assets", str(tmp_path / "nowhere"))
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    expected = f"Error: KUBEBUILDER_ASSETS is {tmp_path / 'nowhere'}, which has no etcd\n"
    assert (process.returncode, output) == (1, expected)


@pytest.mark.skipif(ASSETS_VARIABLE not in os.environ, reason=f"needs {ASSETS_VARIABLE}")
async def test_controllers_go_on_after_a_restart_of_a_real_api_server(tmp_path: Path) -> None:
    server = RealApiServer(Path(os.environ[ASSETS_VARIABLE]), tmp_path)
    controllers = ControllerManager(await server.start(), Clock())
    await controllers.start()
    async with Client(await server.restart(), user_agent="test") as client:
        await client.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        await client.create(DEPLOYMENTS, NAMESPACE, deployment())
        await until(lambda: pods(client), lambda all_: len(all_) == 2)
    await controllers.stop()
    await server.stop()


def _serves(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return not _terminates(pod) and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _terminates(one: Object) -> bool:
    return "deletionTimestamp" in one["metadata"]
