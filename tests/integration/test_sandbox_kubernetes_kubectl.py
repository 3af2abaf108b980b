"""kubectl against the sandbox's API server: the commands that the sandbox promises, as a user types them."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.apiserver import ApiServer

pytestmark = pytest.mark.kubectl

MANIFESTS = """
apiVersion: v1
kind: Namespace
metadata: {name: game-2048}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: game-2048, name: deployment-2048}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: app-2048}}
  replicas: 5
  template:
    metadata: {labels: {app.kubernetes.io/name: app-2048}}
    spec:
      containers:
      - {name: app-2048, image: "public.ecr.aws/l6m2t8p7/docker-2048:latest", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: game-2048, name: service-2048}
spec:
  type: NodePort
  ports: [{port: 80, targetPort: 80, protocol: TCP}]
  selector: {app.kubernetes.io/name: app-2048}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  namespace: game-2048
  name: ingress-2048
  annotations: {alb.ingress.kubernetes.io/scheme: internet-facing}
spec:
  ingressClassName: alb
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: service-2048, port: {number: 80}}}}]}
"""
INGRESS = "ingress/ingress-2048"
DEPLOYMENT = "deployment/deployment-2048"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command has said, and whether it was content."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """The program, pointed at one server, with a cache of its own."""

    program: str
    url: str
    home: Path

    async def run(self, *arguments: str, stdin: str = "") -> Outcome:
        process = await asyncio.create_subprocess_exec(
            self.program,
            f"--server={self.url}",
            f"--cache-dir={self.home}",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"HOME": str(self.home), "KUBECONFIG": str(self.home / "none")},
        )
        out, err = await process.communicate(stdin.encode())
        return Outcome(code=process.returncode or 0, out=out.decode(), err=err.decode())

    async def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Output of a command that must succeed."""
        outcome = await self.run(*arguments, stdin=stdin)
        assert outcome.code == 0, outcome.err
        return outcome.out

    async def object(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self("get", *arguments, "-o", "json"))
        return found


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    server = ApiServer()
    url = await server.start()
    try:
        yield Kubectl(program=program, url=url, home=tmp_path)
    finally:
        await server.stop()


@pytest.fixture
async def game(kubectl: Kubectl) -> Kubectl:
    """kubectl after the 2048 manifests are applied."""
    await kubectl("apply", "-f", "-", stdin=MANIFESTS)
    return kubectl


async def test_apply_creates_and_then_finds_nothing_to_do(kubectl: Kubectl) -> None:
    first = await kubectl("apply", "-f", "-", stdin=MANIFESTS)
    second = await kubectl("apply", "-f", "-", stdin=MANIFESTS)
    names = (
        "namespace/game-2048",
        "deployment.apps/deployment-2048",
        "service/service-2048",
        "ingress.networking.k8s.io/ingress-2048",
    )
    assert first.splitlines() == [f"{name} created" for name in names]
    assert second.splitlines() == [f"{name} unchanged" for name in names]


async def test_apply_refuses_an_unknown_field(kubectl: Kubectl) -> None:
    namespace, _, service, _ = MANIFESTS.split("---")
    await kubectl("apply", "-f", "-", stdin=namespace)
    wrong = service.replace("type: NodePort", "kind: NodePort")
    outcome = await kubectl.run("apply", "-f", "-", stdin=wrong)
    assert outcome.code == 1
    assert 'strict decoding error: unknown field "spec.kind"' in outcome.err


async def test_apply_changes_what_was_edited(game: Kubectl) -> None:
    edited = MANIFESTS.replace("replicas: 5", "replicas: 2").replace("scheme: internet-facing", "scheme: internal")
    out = await game("apply", "-f", "-", stdin=edited)
    assert out.splitlines()[1] == "deployment.apps/deployment-2048 configured"
    assert (await game.object("-n", "game-2048", DEPLOYMENT))["spec"]["replicas"] == 2


async def test_server_side_apply_reports_the_other_manager(game: Kubectl) -> None:
    await game("scale", "-n", "game-2048", DEPLOYMENT, "--replicas=3")
    mine = MANIFESTS.split("---")[1]
    refused = await game.run("apply", "--server-side", "-f", "-", stdin=mine)
    assert 'conflict with "kubectl" using apps/v1: .spec.replicas' in refused.err
    await game("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=mine)
    assert (await game.object("-n", "game-2048", DEPLOYMENT))["spec"]["replicas"] == 5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("get", "ingress"), ("NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"), id="ingresses"),
        pytest.param(("get", "svc"), ("CLUSTER-IP", "EXTERNAL-IP", "80:3", "NodePort"), id="services by short name"),
        pytest.param(("get", "deploy", "-o", "wide"), ("0/5", "CONTAINERS", "app-2048"), id="deployments, wide"),
        pytest.param(("get", "all"), ("service/service-2048", "deployment.apps/deployment-2048"), id="everything"),
        pytest.param(("describe", INGRESS), ("service-2048:80", "scheme: internet-facing"), id="describe an ingress"),
        pytest.param(("describe", "svc/service-2048"), ("TargetPort:", "NodePort"), id="describe a service"),
        pytest.param(("describe", DEPLOYMENT), ("5 desired", "25% max surge"), id="describe a deployment"),
        pytest.param(("explain", "ingress.spec.rules"), ("KIND:       Ingress", "host"), id="explain a field"),
        pytest.param(("api-resources",), ("ingresses", "endpointslices", "customresourcedefinitions"), id="resources"),
    ],
)
async def test_reading(game: Kubectl, arguments: tuple[str, ...], expected: tuple[str, ...]) -> None:
    out = await game(*arguments, "-n", "game-2048")
    assert [text for text in expected if text not in out] == []


async def test_label_annotate_and_patch(game: Kubectl) -> None:
    await game("label", "-n", "game-2048", INGRESS, "team=games")
    await game("annotate", "-n", "game-2048", INGRESS, "alb.ingress.kubernetes.io/group.name=shared")
    await game(
        "patch", "-n", "game-2048", INGRESS, "--type=json", "-p", '[{"op":"remove","path":"/spec/ingressClassName"}]'
    )
    await game("patch", "-n", "game-2048", "svc/service-2048", "-p", '{"spec":{"ports":[{"port":80,"name":"http"}]}}')
    found = await game.object("-n", "game-2048", INGRESS)
    assert found["metadata"]["labels"] == {"team": "games"}
    assert found["metadata"]["annotations"]["alb.ingress.kubernetes.io/group.name"] == "shared"
    assert "ingressClassName" not in found["spec"]
    ports = (await game.object("-n", "game-2048", "svc/service-2048"))["spec"]["ports"]
    assert [(port["port"], port["name"], port["targetPort"]) for port in ports] == [(80, "http", 80)]


async def test_wait_and_rollout_follow_the_status(game: Kubectl) -> None:
    waiting = asyncio.create_task(
        game("wait", "-n", "game-2048", DEPLOYMENT, "--for=condition=Available", "--timeout=30s")
    )
    status = {
        "observedGeneration": 1,
        "replicas": 5,
        "updatedReplicas": 5,
        "readyReplicas": 5,
        "availableReplicas": 5,
        "conditions": [{"type": "Available", "status": "True"}],
    }
    body = json.dumps({"status": status})
    await game("patch", "-n", "game-2048", DEPLOYMENT, "--subresource=status", "--type=merge", "-p", body)
    assert "condition met" in await waiting
    out = await game("rollout", "status", "-n", "game-2048", DEPLOYMENT, "--timeout=30s")
    assert "successfully rolled out" in out


async def test_get_watches_as_a_table(game: Kubectl) -> None:
    process = await asyncio.create_subprocess_exec(
        *(game.program, f"--server={game.url}", f"--cache-dir={game.home}", "get", "ingress", "-n", "game-2048", "-w"),
        stdout=asyncio.subprocess.PIPE,
        env={"HOME": str(game.home), "KUBECONFIG": str(game.home / "none")},
    )
    assert process.stdout is not None
    try:
        header, before = [(await process.stdout.readline()).split() for _ in range(2)]
        status = '{"status":{"loadBalancer":{"ingress":[{"hostname":"a.example.com"}]}}}'
        await game("patch", "-n", "game-2048", INGRESS, "--subresource=status", "--type=merge", "-p", status)
        after = (await process.stdout.readline()).split()
    finally:
        process.terminate()
        await process.wait()
    assert header == [b"NAME", b"CLASS", b"HOSTS", b"ADDRESS", b"PORTS", b"AGE"]
    assert before[:3] == [b"ingress-2048", b"alb", b"*"]
    assert after[:4] == [b"ingress-2048", b"alb", b"*", b"a.example.com"]


async def test_delete_waits_until_a_finalizer_is_off(game: Kubectl) -> None:
    finalizer = '{"metadata":{"finalizers":["ingress.k8s.aws/resources"]}}'
    await game("patch", "-n", "game-2048", INGRESS, "--type=merge", "-p", finalizer)
    deleting = asyncio.create_task(game("delete", "-n", "game-2048", INGRESS, "--timeout=30s"))
    await game("wait", "-n", "game-2048", INGRESS, "--for=jsonpath={.metadata.deletionTimestamp}", "--timeout=30s")
    assert not deleting.done()
    await game("patch", "-n", "game-2048", INGRESS, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert "deleted" in await deleting


async def test_events_of_an_object_are_described(game: Kubectl) -> None:
    uid = (await game.object("-n", "game-2048", INGRESS))["metadata"]["uid"]
    about = {"kind": "Ingress", "name": "ingress-2048", "namespace": "game-2048", "uid": uid}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "ingress-2048.1", "namespace": "game-2048"},
        "involvedObject": {**about, "apiVersion": "networking.k8s.io/v1"},
        "reason": "SuccessfullyReconciled",
        "message": "load balancer is in place",
        "type": "Normal",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }
    await game("create", "-f", "-", stdin=json.dumps(event))
    for arguments in (("describe", INGRESS), ("events",), ("get", "events")):
        assert "load balancer is in place" in await game(*arguments, "-n", "game-2048")


async def test_a_refused_list_is_shown_as_forbidden(game: Kubectl) -> None:
    await game("create", "--raw", "/__sandbox/faults", "-f", "-", stdin='{"kind": "refuse", "resource": "ing"}')
    outcome = await game.run("get", "ingress", "-n", "game-2048")
    assert "Error from server (Forbidden)" in outcome.err
    await game("delete", "--raw", "/__sandbox/faults")
    assert "ingress-2048" in await game("get", "ingress", "-n", "game-2048")
