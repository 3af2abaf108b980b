"""Kubernetes writes of plans over a real channel: preconditions, what stands already, Events, retries."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from elbow.executor.v1 import executor_service_pb2 as pb

from sandbox.aws import AwsServer, AwsWorld
from tests.contract.executor_bench import Bench, answer, kube_step, outcomes, plan_of, running
from tests.contract.executor_kubernetes import ApiError

BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings"
INGRESS = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BINDING: dict[str, Any] = {
    "apiVersion": "elbv2.k8s.aws/v1beta1",
    "kind": "TargetGroupBinding",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"targetGroupARN": "arn:tg", "serviceRef": {"name": "web", "port": 80}},
}


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Bench]:
    """Without AWS: nothing here calls it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    nowhere = AwsWorld(
        url="http://127.0.0.1:9", region="us-west-2", cluster_name="rig", vpc="vpc-1", subnets={}, sg="", custom_sg="",
        nodes=(), certs={}, eips=(), tgs={}, acl="",
    )  # fmt: skip
    async with running(AwsServer(), nowhere, tmp_path) as started:
        yield started


def create(**changed: Any) -> Any:
    return kube_step(
        "it",
        "create",
        "targetgroupbindings",
        "web",
        api_version="elbv2.k8s.aws/v1beta1",
        namespace="shop",
        body=BINDING | changed,
    )


def ingress_step(verb: str, **fields: Any) -> Any:
    return kube_step("it", verb, "ingresses", "web", api_version="networking.k8s.io/v1", namespace="shop", **fields)


def error_of(results: dict[str, pb.StepResult]) -> tuple[int, str]:
    return results["it"].error.error_class, results["it"].error.code


async def test_a_create_answers_the_object_as_it_was_stored(bench: Bench) -> None:
    results = await bench.execute(plan_of([create()]))
    assert outcomes(results) == {"it": "ACCEPTED"}
    assert answer(results["it"]) == bench.kube.objects[f"{BINDINGS}/web"]
    assert answer(results["it"])["metadata"]["resourceVersion"]
    assert json.loads(results["it"].sent) == BINDING


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        pytest.param({}, "ACCEPTED", id="the same"),
        pytest.param(
            {"spec": BINDING["spec"] | {"targetType": "ip"}, "status": {"observedGeneration": 1}},
            "ACCEPTED",
            id="the same, with defaults and a status",
        ),
        pytest.param({"spec": BINDING["spec"] | {"targetGroupARN": "arn:other"}}, "REFUSED", id="of another spec"),
        pytest.param({"metadata": {"name": "web", "namespace": "shop"}}, "REFUSED", id="without its labels"),
        pytest.param(
            {"metadata": BINDING["metadata"] | {"deletionTimestamp": "2026-05-01T12:00:00Z"}},
            "REFUSED",
            id="the same, but being deleted",
        ),
    ],
)
async def test_a_create_where_an_object_stands_that_is(bench: Bench, standing: dict[str, Any], expected: str) -> None:
    stored = bench.kube.put(f"{BINDINGS}/web", BINDING | standing)
    results = await bench.execute(plan_of([create()]))
    assert outcomes(results) == {"it": expected}
    if expected == "ACCEPTED":
        assert answer(results["it"]) == stored
    else:
        assert error_of(results) == (pb.ERROR_CLASS_CONFLICT, "AlreadyExists")


async def test_a_patch_carries_its_preconditions_and_answers_the_object(bench: Bench) -> None:
    metadata = bench.kube.put(INGRESS, {"metadata": {"name": "web", "namespace": "shop"}})["metadata"]
    preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    step = ingress_step(
        "merge-patch",
        uid=preconditions["uid"],
        resource_version=preconditions["resourceVersion"],
        body={"metadata": {"finalizers": ["ingress.k8s.aws/resources"]}},
    )
    results = await bench.execute(plan_of([step]))
    assert answer(results["it"])["metadata"]["finalizers"] == ["ingress.k8s.aws/resources"]
    assert bench.kube.writes("PATCH", INGRESS) == [
        {"metadata": {"finalizers": ["ingress.k8s.aws/resources"], **preconditions}}
    ]


@pytest.mark.parametrize(
    ("verb", "fields", "code"),
    [
        pytest.param(
            "merge-patch", {"uid": "another", "body": {"metadata": {"labels": {}}}}, "Invalid", id="a patch by UID"
        ),
        pytest.param(
            "merge-patch",
            {"resource_version": "0", "body": {"metadata": {"finalizers": []}}},
            "Conflict",
            id="a patch by version",
        ),
        pytest.param("delete", {"uid": "another"}, "Conflict", id="a delete by UID"),
    ],
)
async def test_a_conflict_is_a_result_and_no_retry(bench: Bench, verb: str, fields: dict[str, Any], code: str) -> None:
    bench.kube.put(INGRESS, {"metadata": {"name": "web", "namespace": "shop"}})
    results = await bench.execute(plan_of([ingress_step(verb, **fields)]))
    assert error_of(results) == (pb.ERROR_CLASS_CONFLICT, code)
    assert results["it"].attempts == 1


async def test_deleting_what_is_gone_is_accepted_and_patching_it_is_not(bench: Bench) -> None:
    gone = await bench.execute(plan_of([ingress_step("delete", uid="u")]))
    assert outcomes(gone) == {"it": "ACCEPTED"}
    patched = await bench.execute(plan_of([ingress_step("merge-patch", uid="u", body={})]))
    assert error_of(patched) == (pb.ERROR_CLASS_NOT_FOUND, "NotFound")


@pytest.mark.parametrize(
    ("resource_version", "expected", "attempts"),
    [
        pytest.param("", "ACCEPTED", 2, id="is sent again when it names no version"),
        pytest.param("1", "UNKNOWN", 1, id="has an unknown outcome when it names one"),
    ],
)
async def test_a_patch_that_the_server_failed(
    bench: Bench, resource_version: str, expected: str, attempts: int
) -> None:
    bench.kube.put(INGRESS, {"metadata": {"name": "web", "namespace": "shop"}})
    bench.kube.fail[("PATCH", INGRESS)] = [ApiError(500, "InternalError")]
    step = ingress_step("merge-patch", resource_version=resource_version, body={"metadata": {"labels": {"a": "b"}}})
    results = await bench.execute(plan_of([step]))
    assert (outcomes(results)["it"], results["it"].attempts) == (expected, attempts)


async def test_a_forbidden_write_is_denied(bench: Bench) -> None:
    bench.kube.fail[("POST", BINDINGS)] = [ApiError(403, "Forbidden")]
    results = await bench.execute(plan_of([create()]))
    assert error_of(results) == (pb.ERROR_CLASS_DENIED, "Forbidden")


async def test_an_event_carries_its_trace_and_is_made_once(bench: Bench) -> None:
    involved = {"kind": "Ingress", "namespace": "shop", "name": "web"}
    body = {"involvedObject": involved, "type": "Normal", "reason": "Reconciled", "message": "Made"}
    step = kube_step("it", "event", "events", "web.1", api_version="v1", namespace="shop", body=body)
    first, second = [await bench.execute(plan_of([step]), traceparent=TRACEPARENT) for _ in range(2)]
    assert (outcomes(first), outcomes(second)) == ({"it": "ACCEPTED"}, {"it": "ACCEPTED"})
    event = bench.kube.objects["/api/v1/namespaces/shop/events/web.1"]
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    assert event["message"] == f"Made (trace {trace_id})"
    assert event["metadata"]["annotations"] == {"elbow.k8s.aws/trace-id": trace_id}
    assert (event["involvedObject"], event["reportingComponent"]) == (involved, "elbow")


POD = "/api/v1/namespaces/shop/pods/web-0"
GATE = "target-health.elbv2.k8s.aws/web"


def open_gate(uid: str = "u1") -> Any:
    body = {"type": GATE, "status": "True", "reason": "NoBinding", "message": "nobody wants it"}
    fields = {"api_version": "v1", "namespace": "shop", "uid": uid, "body": body}
    return kube_step("it", "condition", "pods", "web-0", **fields)


async def test_a_condition_is_set_on_the_pod_that_is_meant(bench: Bench) -> None:
    bench.kube.put(POD, {"metadata": {"name": "web-0", "namespace": "shop", "uid": "u1"}})
    assert outcomes(await bench.execute(plan_of([open_gate()]))) == {"it": "ACCEPTED"}
    (patch,) = bench.kube.writes("PATCH", f"{POD}/status")
    (condition,) = patch["status"]["conditions"]
    assert patch["metadata"] == {"uid": "u1"}
    assert condition.pop("lastTransitionTime").endswith("Z")
    assert condition == {"type": GATE, "status": "True", "reason": "NoBinding", "message": "nobody wants it"}


async def test_a_condition_of_a_pod_that_is_gone_is_no_failure(bench: Bench) -> None:
    assert outcomes(await bench.execute(plan_of([open_gate()]))) == {"it": "ACCEPTED"}


async def test_a_condition_is_set_on_a_custom_resource_as_its_only_one(bench: Bench) -> None:
    path = "/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/web"
    bench.kube.put(path, {"metadata": {"name": "web", "namespace": "shop", "uid": "u1"}})
    body = {"type": "Ready", "status": "False", "reason": "FailedCleanup", "message": "no"}
    fields = {"api_version": "elbv2.k8s.aws/v1beta1", "namespace": "shop", "uid": "u1", "body": body}
    step = kube_step("it", "condition", "targetgroupbindings", "web", **fields)
    assert outcomes(await bench.execute(plan_of([step]))) == {"it": "ACCEPTED"}
    (patch,) = bench.kube.writes("PATCH", f"{path}/status")
    (condition,) = patch["status"]["conditions"]
    assert {key: value for key, value in condition.items() if key != "lastTransitionTime"} == body
