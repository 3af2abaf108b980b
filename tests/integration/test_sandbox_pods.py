"""Pods of the sandbox answer: asked directly, by the address table, while they start, fail, roll and end."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.address_table import AddressTable
from sandbox.kubernetes.client.resources import DEPLOYMENTS, ENDPOINTSLICES, NAMESPACES, NODES, PODS, SERVICES
from tests.integration.harness.kube import Kube, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

NAMESPACE = "answering"
READINESS = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
ASKED_SECONDS = 10.0


class Shop:
    """A Deployment `web` behind a Service `web`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.kube: Kube = sandbox.kube
        self.table = AddressTable(Path(sandbox.env["KUBECONFIG"]).parent / "pods.json")

    def deploy(
        self, replicas: int = 1, *, pod: Object | None = None, service: Object | None = None, **container: Any
    ) -> None:
        """Applies both; returns when the pods are ready endpoints and all others are gone."""
        web = {"name": "web", "image": "web:1", "ports": [{"containerPort": 8080}], **container}
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [web], **(pod or {})}}
        spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
        ports = [{"port": 80, "targetPort": 8080}]
        self.kube.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            _named("v1", "Service", {"selector": {"app": "web"}, "ports": ports, **(service or {})}),
            _named("apps/v1", "Deployment", spec),
        )
        self.settled(replicas)

    def settled(self, replicas: int) -> None:
        def is_settled() -> bool:
            deployment, found = self.kube.the(DEPLOYMENTS, NAMESPACE, "web"), self.pods()
            status = deployment.get("status") or {}
            return (
                status.get("observedGeneration") == deployment["metadata"]["generation"]
                and status.get("updatedReplicas") == len(found) == replicas == len(self.ready())
                and all(_is_ready(one) for one in found)
            )

        until(is_settled, what=f"{replicas} ready endpoints and no other pod")

    def pods(self) -> list[Object]:
        return self.kube.all(PODS, NAMESPACE)

    def pod(self) -> Object:
        (found,) = self.pods()
        return found

    def annotate(self, **annotations: str | None) -> None:
        changes = {f"sandbox.elbow/{name.replace('_', '-')}": text for name, text in annotations.items()}
        self.kube.annotate(PODS, NAMESPACE, self.pod()["metadata"]["name"], **changes)

    def delete(self, pod: Object) -> None:
        self.kube.delete(PODS, NAMESPACE, pod["metadata"]["name"])

    def ready(self) -> set[str]:
        return self.kube.ready_addresses(NAMESPACE, "web")

    def endpoint(self, address: str) -> Object | None:
        """The conditions of an endpoint; None when it is none."""
        for piece in self.kube.all(ENDPOINTSLICES, NAMESPACE):
            for one in piece.get("endpoints") or []:
                if address in one["addresses"]:
                    found: Object = one["conditions"]
                    return found
        return None

    def ask(self, host: str, port: int = 8080, path: str = "/") -> Any:
        """The answer of a pod or node port; raises OSError where there is none, HTTPError where it is a bad one."""
        socket = self.table.resolve(host, port)
        if socket is None:
            raise ConnectionRefusedError(f"nobody listens on {host}:{port}")
        with urllib.request.urlopen(f"http://{socket[0]}:{socket[1]}{path}", timeout=ASKED_SECONDS) as answer:
            return json.load(answer)

    def answers(self, host: str, port: int = 8080) -> bool:
        try:
            self.ask(host, port)
        except OSError:
            return False
        return True

    def events(self) -> list[str]:
        return [one["message"] for one in self.kube.events("Pod", NAMESPACE, self.pod()["metadata"]["name"])]


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[Shop]:
    shop = Shop(sandbox)
    yield shop
    sandbox.kube.delete(NAMESPACES, "", NAMESPACE)
    until(lambda: sandbox.kube.get(NAMESPACES, "", NAMESPACE) is None, what="the namespace to be gone")


def test_each_pod_answers_with_its_name(shop: Shop) -> None:
    shop.deploy(2)
    names = {one["status"]["podIP"]: one["metadata"]["name"] for one in shop.pods()}
    assert {address: shop.ask(address)["pod"] for address in shop.ready()} == names


def test_a_port_that_only_a_service_names_is_open(shop: Shop) -> None:
    shop.deploy(ports=[], service={"ports": [{"port": 80, "targetPort": 9000}]})
    (address,) = shop.ready()
    assert until(lambda: shop.answers(address, 9000), what="the port to be open")


def test_a_pod_that_fails_its_readiness_probe_is_no_endpoint_until_it_passes(shop: Shop) -> None:
    shop.deploy(readinessProbe=READINESS)
    address = shop.pod()["status"]["podIP"]
    shop.annotate(answer="503", answer_paths="/ready")
    until(lambda: not shop.ready(), what="the endpoint not to be ready")
    assert shop.endpoint(address) == {"ready": False, "serving": False, "terminating": False}
    assert shop.answers(address)
    assert "Readiness probe failed: HTTP probe failed with statuscode: 503" in shop.events()
    shop.annotate(answer=None, answer_paths=None)
    until(lambda: shop.ready() == {address}, what="the endpoint to be ready again")
    assert shop.pod()["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_pod_serves_while_its_hook_runs(shop: Shop) -> None:
    shop.deploy(readinessProbe=READINESS, lifecycle={"preStop": {"exec": {"command": ["sh", "-c", "sleep 3"]}}})
    one = shop.pod()
    address = one["status"]["podIP"]
    shop.delete(one)
    terminating = {"ready": False, "serving": True, "terminating": True}
    until(lambda: shop.endpoint(address) == terminating, what="the endpoint to be terminating")
    assert shop.ask(address)["pod"] == one["metadata"]["name"]
    until(lambda: shop.endpoint(address) is None, what="the endpoint to be gone")
    assert not shop.answers(address)


def test_a_program_that_does_not_end_is_killed_when_its_time_is_over(shop: Shop) -> None:
    shop.deploy(pod={"terminationGracePeriodSeconds": 3})
    shop.annotate(on_sigterm="serve")
    one = shop.pod()
    address = one["status"]["podIP"]
    until(lambda: shop.answers(address), what="an answer")
    began = time.monotonic()
    shop.delete(one)
    until(
        lambda: (
            shop.endpoint(address) is None
            or shop.endpoint(address) == {"ready": False, "serving": True, "terminating": True}
        ),
        what="the end to begin",
    )
    assert shop.answers(address)
    until(lambda: not shop.answers(address), what="the kill")
    assert time.monotonic() - began >= 2.5


def test_a_rolling_update_loses_no_request(shop: Shop) -> None:
    hook = {"preStop": {"sleep": {"seconds": 2}}}
    shop.deploy(3, readinessProbe=READINESS, lifecycle=hook)
    before = {one["metadata"]["name"] for one in shop.pods()}
    seen: set[str] = set()
    lost: list[str] = []
    done = threading.Event()

    def ask_on() -> None:
        while not done.is_set():
            for address in shop.ready():
                try:
                    seen.add(shop.ask(address)["pod"])
                except OSError as error:
                    lost.append(f"{address}: {error!r}")

    asking = threading.Thread(target=ask_on)
    asking.start()
    try:
        shop.deploy(3, readinessProbe=READINESS, lifecycle=hook, env=[{"name": "VERSION", "value": "2"}])
    finally:
        done.set()
        asking.join()
    after = {one["metadata"]["name"] for one in shop.pods()}
    assert before.isdisjoint(after)
    assert seen >= after
    assert lost == []


def test_a_container_that_fails_its_liveness_probe_starts_again(shop: Shop) -> None:
    probe = {"httpGet": {"path": "/live", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2}
    shop.deploy(livenessProbe=probe)
    address = shop.pod()["status"]["podIP"]
    shop.annotate(answer="500", answer_paths="/live")

    def restarted() -> Object | None:
        (container,) = shop.pod()["status"]["containerStatuses"]
        return container if container["restartCount"] == 1 and "running" in container["state"] else None

    container = until(restarted, what="a restart")
    shop.annotate(answer=None, answer_paths=None)
    assert container is not None
    assert container["lastState"]["terminated"]["exitCode"] == 143
    assert "Container web failed liveness probe, will be restarted" in shop.events()
    until(lambda: shop.ready() == {address}, what="the endpoint to be ready again")
    assert shop.ask(address)["address"] == address


def test_a_slow_pod_is_slow_from_the_annotation_on(shop: Shop) -> None:
    shop.deploy()
    (address,) = shop.ready()
    shop.annotate(latency_seconds="0.7")

    def is_slow() -> bool:
        began = time.monotonic()
        shop.ask(address)
        return time.monotonic() - began >= 0.7

    until(is_slow, what="a slow answer")


def test_an_annotation_that_is_not_understood_is_told(shop: Shop) -> None:
    shop.deploy()
    shop.annotate(answer="maybe")
    text = "sandbox.elbow/answer is 'maybe', which is not ok, hang, reset or an HTTP status from 200 to 599"
    until(lambda: text in shop.events(), what="an Event")


def _node_addresses(shop: Shop) -> dict[str, str]:
    return {
        one["metadata"]["name"]: next(a["address"] for a in one["status"]["addresses"] if a["type"] == "InternalIP")
        for one in shop.kube.all(NODES)
    }


def test_a_node_port_leads_from_every_node_to_every_pod(shop: Shop) -> None:
    shop.deploy(2, service={"type": "NodePort"})
    port = shop.kube.the(SERVICES, NAMESPACE, "web")["spec"]["ports"][0]["nodePort"]
    names = {one["metadata"]["name"] for one in shop.pods()}
    for address in _node_addresses(shop).values():
        until(partial(shop.answers, address, port), what="the node port to be open")
        assert {shop.ask(address, port)["pod"] for _ in range(40)} == names


def test_a_node_port_with_the_policy_local_leads_to_the_pods_of_its_node(shop: Shop) -> None:
    # Load balancers of this class are nobody's.
    local = {"type": "LoadBalancer", "loadBalancerClass": "example.com/none", "externalTrafficPolicy": "Local"}
    shop.deploy(1, service=local)
    spec = shop.kube.the(SERVICES, NAMESPACE, "web")["spec"]
    port, health = spec["ports"][0]["nodePort"], spec["healthCheckNodePort"]
    (pod,) = shop.pods()
    nodes = _node_addresses(shop)
    with_pod = nodes.pop(pod["spec"]["nodeName"])
    (without,) = nodes.values()
    until(lambda: shop.answers(with_pod, port), what="the node port to be open")
    assert not shop.answers(without, port)
    assert shop.ask(with_pod, health)["localEndpoints"] == 1
    with pytest.raises(urllib.error.HTTPError, match="503"):
        shop.ask(without, health)


def test_a_killed_pod_comes_back(shop: Shop) -> None:
    shop.deploy()
    before = shop.pod()["metadata"]["name"]
    path = PODS.path(namespace=NAMESPACE, name=before)
    shop.kube.http("DELETE", path, {"gracePeriodSeconds": 0})
    until(lambda: before not in {one["metadata"]["name"] for one in shop.pods()}, what="the pod to be gone")
    shop.settled(1)
    (address,) = shop.ready()
    assert shop.ask(address)["pod"] != before


def _named(version: str, kind: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": NAMESPACE}, "spec": spec}


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
