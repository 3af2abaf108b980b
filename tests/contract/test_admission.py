"""Webhooks over real HTTPS, asked as the API server asks, with a planner behind them."""

import asyncio
import base64
import json
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from elbow.aws.v1 import resources_pb2 as aws
from elbow.cluster.v1 import objects_pb2 as cluster
from elbow.executor.v1 import executor_service_pb2 as executor

from services.runtime.errors import StartError
from services.watcher.admission.opening import open_admission
from services.watcher.settings import AdmissionSettings, WatcherSettings
from tests.contract.certificates import Authority
from tests.contract.planner_peers import Bench, change, running
from tests.contract.test_planner_work import ARN, Script, metadata

GATE = "target-health.elbv2.k8s.aws/"
SERVICE = cluster.Object(metadata=metadata("web", 1), service=cluster.Service(selector={"app": "web"}))
POD: dict[str, Any] = {
    "metadata": {"generateName": "web-", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c"}]},
}
BINDING: dict[str, Any] = {
    "metadata": {"name": "mine", "namespace": "shop"},
    "spec": {"targetGroupARN": ARN, "serviceRef": {"name": "web", "port": 80}},
}


def binding(name: str, **fields: Any) -> cluster.Object:
    body = cluster.TargetGroupBinding(service_name="web", target_type="ip", **fields)
    return cluster.Object(metadata=metadata(name, 1), target_group_binding=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The API server's side."""

    url: str
    tls: ssl.SSLContext

    async def status(self, path: str, body: bytes) -> tuple[int, str]:
        """What comes back for a body."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}{path}", data=body, ssl=self.tls) as answer,
        ):
            return answer.status, await answer.text()

    async def review(self, path: str, thing: Any, old: Any = None) -> Any:
        """The response to a review."""
        status, text = await self.status(path, question(thing, old))
        assert status == 200, text
        return json.loads(text)["response"]

    async def patch(self, path: str, thing: Any) -> dict[str, Any]:
        """Values that the answer sets, by path."""
        response = await self.review(path, thing)
        operations = json.loads(base64.b64decode(response.get("patch", "") or "W10="))
        return {operation["path"]: operation["value"] for operation in operations}

    async def serial(self) -> int:
        """Serial number of the certificate that is shown to a new connection."""
        host, _, port = self.url.removeprefix("https://").rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port), ssl=self.tls)
        try:
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        finally:
            writer.close()
            await writer.wait_closed()
        return x509.load_der_x509_certificate(shown).serial_number


def question(thing: Any, old: Any = None) -> bytes:
    operation = "CREATE" if old is None else "UPDATE"
    request = {"uid": "u", "operation": operation, "namespace": "shop", "object": thing, "oldObject": old}
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def issue(authority: Authority, folder: Path, name: str) -> None:
    """A new certificate in the folder, by the names that a Secret gives its files."""
    files = authority.issue(name)
    shutil.copy(str(files.cert), folder / "tls.crt")
    shutil.copy(str(files.key), folder / "tls.key")


@asynccontextmanager
async def asking(tmp_path: Path, planner: str, *, client_ca: Path | None = None) -> AsyncIterator[Asking]:
    """Webhooks that are served, and somebody who trusts them."""
    folder = tmp_path / "served"
    folder.mkdir(exist_ok=True)
    authority = Authority(tmp_path)
    issue(authority, folder, "webhooks")
    admission = AdmissionSettings(address="127.0.0.1:0", cert_dir=folder, planner=planner, client_ca=client_ca)
    opened = await open_admission(WatcherSettings(admission=admission))
    assert opened is not None
    try:
        tls = ssl.create_default_context(cafile=str(authority.ca))
        yield Asking(url=f"https://{opened.address}", tls=tls)
    finally:
        await opened.drain()
        await opened.close()


@asynccontextmanager
async def cluster_of(*things: cluster.Object, leads: bool = True) -> AsyncIterator[Bench]:
    """A planner that has seen these objects and plans nothing."""
    async with running(Script().core(), leads=leads) as bench:
        bench.watcher.snapshot(*things)
        await bench.until(lambda: bench.parts.workshop.view.ready)
        yield bench


async def test_a_new_pod_gets_its_gates(tmp_path: Path) -> None:
    async with cluster_of(SERVICE, binding("b"), binding("a")) as bench, asking(tmp_path, bench.address) as api:
        gates = [{"conditionType": f"{GATE}{name}"} for name in ("a", "b")]
        assert await api.patch("/mutate-v1-pod", POD) == {"/spec/readinessGates": gates}
        present = {**POD, "spec": {**POD["spec"], "readinessGates": gates}}
        assert await api.patch("/mutate-v1-pod", present) == {}


async def test_without_a_planner_there_is_no_answer_and_the_failure_policy_decides(tmp_path: Path) -> None:
    async with asking(tmp_path, "127.0.0.1:1") as api:
        status, text = await api.status("/mutate-v1-pod", question(POD))
        assert (status, text.startswith("the planner does not answer: UNAVAILABLE")) == (503, True)
        # What needs no planner is answered.
        service = {"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer"}}
        assert await api.patch("/mutate-v1-service", service) == {"/spec/loadBalancerClass": "service.k8s.aws/nlb"}


async def test_before_the_cluster_was_seen_there_is_no_answer(tmp_path: Path) -> None:
    async with running(Script().core()) as bench, asking(tmp_path, bench.address) as api:
        status, text = await api.status("/mutate-v1-pod", question(POD))
        assert (status, "has not seen the whole cluster" in text) == (503, True)


async def test_a_binding_is_completed_from_aws_and_then_held_to_it(tmp_path: Path) -> None:
    described = {
        "TargetGroupArn": ARN,
        "TargetGroupName": "front",
        "TargetType": "ip",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": "vpc-01234567",
        "IpAddressType": "ipv4",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckIntervalSeconds": 15,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 2,
    }
    async with cluster_of(SERVICE) as bench, asking(tmp_path, bench.address) as api:
        group = aws.Resource(kind=aws.RESOURCE_KIND_TARGET_GROUP, id=ARN, description=json.dumps(described))
        seen = executor.ObserveResponse(observation=executor.Observation(resources=[group]))
        bench.executor.observations["LOOKUP_KIND_TARGET_GROUPS"] = [seen]
        await bench.settled()
        patch = await api.patch("/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding", BINDING)
        assert patch == {
            "/spec/targetType": "ip",
            "/spec/ipAddressType": "ipv4",
            "/spec/vpcID": "vpc-01234567",
            "/spec/targetGroupProtocol": "HTTP",
        }
        wrong = {**BINDING, "spec": {**BINDING["spec"], "targetType": "ip", "vpcID": "vpc-76543210"}}
        response = await api.review("/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", wrong)
        assert response["status"]["message"] == "spec.vpcID is vpc-76543210; that of target group front is vpc-01234567"


async def test_a_planner_that_stands_by_leaves_open_what_aws_knows(tmp_path: Path) -> None:
    async with cluster_of(SERVICE, leads=False) as bench, asking(tmp_path, bench.address) as api:
        response = await api.review("/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding", BINDING)
        assert (response["allowed"], "patch" in response, len(response["warnings"])) == (True, False, 1)
        assert (await api.review("/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", BINDING))["allowed"] is True


async def test_a_target_group_has_one_binding(tmp_path: Path) -> None:
    taken = binding("first", target_group_arn=ARN)
    async with cluster_of(SERVICE, taken) as bench, asking(tmp_path, bench.address) as api:
        response = await api.review("/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", BINDING)
    assert response["status"] == {
        "code": 403,
        "reason": "Forbidden",
        "message": f"target group {ARN} has a binding already: TargetGroupBinding shop/first",
    }


async def test_an_ingress_is_refused_for_its_class_and_warned_about_its_annotations(tmp_path: Path) -> None:
    ours = cluster.Object(
        metadata=metadata("alb", 1), ingress_class=cluster.IngressClass(controller="ingress.k8s.aws/alb")
    )
    ours.metadata.namespace = ""
    ingress = {"metadata": {"name": "a"}, "spec": {"ingressClassName": "gone"}}
    misspelt = {
        "metadata": {"name": "a", "annotations": {"alb.ingress.kubernetes.io/shceme": "internal"}},
        "spec": {"ingressClassName": "alb"},
    }
    async with cluster_of(ours) as bench, asking(tmp_path, bench.address) as api:
        refused = await api.review("/validate-networking-v1-ingress", ingress)
        warned = await api.review("/validate-networking-v1-ingress", misspelt)
    assert refused["status"]["message"] == 'spec.ingressClassName: there is no IngressClass "gone"'
    assert (warned["allowed"], len(warned["warnings"])) == (True, 1)
    assert "did you mean alb.ingress.kubernetes.io/scheme?" in warned["warnings"][0]


async def test_a_class_that_is_seen_a_moment_later_is_waited_for(tmp_path: Path) -> None:
    ours = cluster.Object(
        metadata=metadata("late", 200), ingress_class=cluster.IngressClass(controller="ingress.k8s.aws/alb")
    )
    ours.metadata.namespace = ""
    ingress = {"metadata": {"name": "a"}, "spec": {"ingressClassName": "late"}}
    async with cluster_of() as bench, asking(tmp_path, bench.address) as api:
        answers: list[Any] = []
        review = bench.parts.tasks.spawn("review", _review(api, ingress, answers))
        bench.watcher.change(change(ours))
        await review
    assert [answer["allowed"] for answer in answers] == [True]


async def _review(api: Asking, thing: Any, answers: list[Any]) -> None:
    answers.append(await api.review("/validate-networking-v1-ingress", thing))


async def test_class_parameters_are_reviewed_without_anybody(tmp_path: Path) -> None:
    params = {"metadata": {"name": "corp"}, "spec": {"inboundCIDRs": ["10.0.0.1/8"]}}
    async with asking(tmp_path, "127.0.0.1:1") as api:
        response = await api.review("/validate-elbv2-k8s-aws-v1beta1-ingressclassparams", params)
    assert (response["allowed"], response["status"]["code"]) == (False, 403)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/mutate-v1-pod", b"{}", 400, id="no review"),
        pytest.param("/mutate-v1-lamp", question({}), 404, id="no such path"),
    ],
)
async def test_what_cannot_be_answered(tmp_path: Path, path: str, body: bytes, status: int) -> None:
    async with asking(tmp_path, "127.0.0.1:1") as api:
        assert (await api.status(path, body))[0] == status


async def test_an_exchanged_certificate_is_shown_to_the_next_connection(tmp_path: Path) -> None:
    async with asking(tmp_path, "127.0.0.1:1") as api:
        before = await api.serial()
        # A half-written pair is not used.
        (tmp_path / "served" / "tls.crt").write_text("-----BEGIN CERTIFICATE-----\n")
        assert await api.serial() == before
        other = tmp_path / "other"
        other.mkdir()
        authority = Authority(other)
        issue(authority, tmp_path / "served", "next")
        fresh = Asking(url=api.url, tls=ssl.create_default_context(cafile=str(authority.ca)))
        assert await fresh.serial() != before


async def test_with_a_client_authority_only_its_clients_may_ask(tmp_path: Path) -> None:
    clients = tmp_path / "clients"
    clients.mkdir()
    authority = Authority(clients)
    async with asking(tmp_path, "127.0.0.1:1", client_ca=authority.ca) as api:
        with pytest.raises(aiohttp.ClientError):
            await api.status("/mutate-v1-service", question({}))
        files = authority.issue("kube-apiserver")
        api.tls.load_cert_chain(str(files.cert), str(files.key))
        assert (await api.status("/mutate-v1-service", question({})))[0] == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"planner": "127.0.0.1:1"}, "--admission-address needs --admission-cert-dir", id="no certificate"),
        pytest.param({"cert_dir": "/nowhere"}, "--admission-address needs --admission-planner", id="nobody to ask"),
        pytest.param(
            {"planner": "127.0.0.1:1", "cert_dir": "/nowhere"}, "are no certificate with its key", id="no files"
        ),
    ],
)
async def test_what_cannot_be_served_is_said_at_the_start(settings: dict[str, Any], message: str) -> None:
    admission = AdmissionSettings(address="127.0.0.1:0", **settings)
    with pytest.raises(StartError, match=message):
        await open_admission(WatcherSettings(admission=admission))
