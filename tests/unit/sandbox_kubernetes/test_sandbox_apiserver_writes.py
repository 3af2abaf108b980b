"""Versions, generations, status, deletion: what a write changes, and when it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.apiserver.errors import ApiError
from tests.unit.sandbox_kubernetes.apiserver_cluster import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    INGRESSES,
    MERGE,
    NOW_TEXT,
    PODS,
    SERVICES,
    STRATEGIC,
    Cluster,
    causes,
    config_map,
    deployment,
    ingress,
    path,
    pod,
    service,
)

NAMESPACES = "/api/v1/namespaces"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


async def test_a_patch_without_a_difference_is_no_write(cluster: Cluster) -> None:
    made = await cluster.call("POST", CONFIG_MAPS, config_map(a="1"))
    again = await cluster.call("PATCH", f"{CONFIG_MAPS}/settings", {"data": {"a": "1"}}, content_type=MERGE)
    assert again == made


@pytest.mark.parametrize(
    ("method", "content_type"),
    [pytest.param("PUT", "application/json", id="a replacement"), pytest.param("PATCH", MERGE, id="a patch")],
)
async def test_a_stale_resource_version_is_a_conflict(cluster: Cluster, method: str, content_type: str) -> None:
    await cluster.call("POST", CONFIG_MAPS, config_map(a="1"))
    stale = {**config_map(a="2"), "metadata": {"name": "settings", "resourceVersion": "1"}}
    status = await cluster.status(method, f"{CONFIG_MAPS}/settings", stale, content_type=content_type)
    assert (status["code"], status["reason"], status["message"]) == (
        409,
        "Conflict",
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified; '
        "please apply your changes to the latest version and try again",
    )


async def test_another_uid_is_a_conflict(cluster: Cluster) -> None:
    await cluster.call("POST", CONFIG_MAPS, config_map())
    body = {"metadata": {"name": "settings", "uid": "other"}}
    assert (await cluster.status("PUT", f"{CONFIG_MAPS}/settings", body))["reason"] == "Conflict"


async def test_the_same_name_twice_already_exists(cluster: Cluster) -> None:
    await cluster.call("POST", CONFIG_MAPS, config_map())
    status = await cluster.status("POST", CONFIG_MAPS, config_map())
    assert (status["code"], status["reason"]) == (409, "AlreadyExists")


async def test_generation_counts_changes_of_the_spec_only(cluster: Cluster) -> None:
    await cluster.call("POST", INGRESSES, ingress(path()))
    url = f"{INGRESSES}/web"
    changes: list[tuple[str, Any]] = [
        (url, {"metadata": {"labels": {"a": "b"}}}),
        (f"{url}/status", {"status": {"loadBalancer": {"ingress": [{"hostname": "a.example.com"}]}}}),
        (url, {"spec": {"ingressClassName": "alb"}}),
    ]
    found = [
        (await cluster.call("PATCH", at, body, content_type=MERGE))["metadata"]["generation"] for at, body in changes
    ]
    assert found == [1, 1, 2]


async def test_annotations_of_a_deployment_count_as_a_change(cluster: Cluster) -> None:
    await cluster.call("POST", DEPLOYMENTS, deployment())
    body = {"metadata": {"annotations": {"a": "b"}}}
    changed = await cluster.call("PATCH", f"{DEPLOYMENTS}/web", body, content_type=MERGE)
    assert changed["metadata"]["generation"] == 2


async def test_status_is_written_through_its_subresource_only(cluster: Cluster) -> None:
    await cluster.call("POST", INGRESSES, ingress(path()))
    status = {"loadBalancer": {"ingress": [{"hostname": "a.example.com"}]}}
    both = {"spec": {"ingressClassName": "alb"}, "status": status}
    whole = await cluster.call("PATCH", f"{INGRESSES}/web", both, content_type=MERGE)
    assert (whole["spec"]["ingressClassName"], whole["status"]) == ("alb", {"loadBalancer": {}})
    both["spec"] = {"ingressClassName": "other"}
    below = await cluster.call("PATCH", f"{INGRESSES}/web/status", both, content_type=MERGE)
    assert (below["spec"]["ingressClassName"], below["status"]) == ("alb", status)


async def test_scale_is_a_view_on_the_workload(cluster: Cluster) -> None:
    await cluster.call("POST", DEPLOYMENTS, deployment(replicas=2))
    scale = await cluster.call("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 5}}, content_type=MERGE)
    assert (scale["kind"], scale["spec"], scale["status"]) == (
        "Scale",
        {"replicas": 5},
        {"replicas": 0, "selector": "app=web"},
    )
    assert (await cluster.call("GET", f"{DEPLOYMENTS}/web"))["spec"]["replicas"] == 5


async def test_a_finalizer_keeps_a_deleted_object_until_it_is_taken_off(cluster: Cluster) -> None:
    url = f"{INGRESSES}/web"
    made = {**ingress(path()), "metadata": {"name": "web", "finalizers": ["example.com/keep"]}}
    await cluster.call("POST", INGRESSES, made)
    marked = await cluster.call("DELETE", url)
    assert marked["metadata"]["deletionTimestamp"] == NOW_TEXT
    assert (marked["metadata"]["deletionGracePeriodSeconds"], marked["metadata"]["generation"]) == (0, 2)
    more = {"metadata": {"finalizers": ["example.com/keep", "example.com/more"]}}
    status = await cluster.status("PATCH", url, more, content_type=MERGE)
    assert [field for field, _ in causes(status)] == ["metadata.finalizers"]
    await cluster.call("PATCH", url, {"metadata": {"finalizers": None}}, content_type=MERGE)
    assert (await cluster.status("GET", url))["code"] == 404


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [
        pytest.param("Foreground", ["foregroundDeletion"], id="foreground waits for the dependents"),
        pytest.param("Orphan", ["orphan"], id="orphan waits until they are let go"),
    ],
)
async def test_a_propagation_policy_becomes_a_finalizer(cluster: Cluster, policy: str, finalizers: list[str]) -> None:
    await cluster.call("POST", DEPLOYMENTS, deployment())
    marked = await cluster.call("DELETE", f"{DEPLOYMENTS}/web", {"propagationPolicy": policy})
    assert marked["metadata"]["finalizers"] == finalizers


async def test_background_deletion_is_done_at_once(cluster: Cluster) -> None:
    made = await cluster.call("POST", DEPLOYMENTS, deployment())
    gone = await cluster.call("DELETE", f"{DEPLOYMENTS}/web", {"propagationPolicy": "Background"})
    uid = made["metadata"]["uid"]
    details = {"name": "web", "group": "apps", "kind": "deployments", "uid": uid}
    assert gone == {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


async def test_a_running_pod_has_its_grace_period(cluster: Cluster) -> None:
    await cluster.call("POST", PODS, pod(nodeName="n1", terminationGracePeriodSeconds=20))
    marked = await cluster.call("DELETE", f"{PODS}/web")
    assert marked["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:25Z"
    await cluster.call("DELETE", f"{PODS}/web?gracePeriodSeconds=0")
    assert (await cluster.status("GET", f"{PODS}/web"))["code"] == 404


async def test_a_pod_without_a_node_goes_at_once(cluster: Cluster) -> None:
    await cluster.call("POST", PODS, pod())
    await cluster.call("DELETE", f"{PODS}/web")
    assert (await cluster.status("GET", f"{PODS}/web"))["code"] == 404


async def test_a_pod_is_bound_once(cluster: Cluster) -> None:
    await cluster.call("POST", PODS, pod())
    binding = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "n1"}}
    await cluster.call("POST", f"{PODS}/web/binding", binding)
    assert (await cluster.call("GET", f"{PODS}/web"))["spec"]["nodeName"] == "n1"
    assert (await cluster.status("POST", f"{PODS}/web/binding", binding))["reason"] == "Conflict"


async def test_a_namespace_goes_when_it_is_finalized(cluster: Cluster) -> None:
    await cluster.call("POST", NAMESPACES, {"metadata": {"name": "games"}})
    terminating = await cluster.call("DELETE", f"{NAMESPACES}/games")
    assert terminating["status"] == {"phase": "Terminating"}
    refused = await cluster.status("POST", f"{NAMESPACES}/games/configmaps", config_map())
    assert (refused["code"], refused["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    await cluster.call(
        "PUT", f"{NAMESPACES}/games/finalize", {"metadata": {"name": "games"}, "spec": {"finalizers": []}}
    )
    assert (await cluster.status("GET", f"{NAMESPACES}/games"))["code"] == 404


async def test_a_dry_run_keeps_nothing(cluster: Cluster) -> None:
    before = cluster.api.store.revision
    made = await cluster.call("POST", f"{SERVICES}?dryRun=All", service())
    assert made["spec"]["clusterIP"].startswith("10.96.")
    assert (await cluster.status("GET", f"{SERVICES}/web"))["code"] == 404
    assert cluster.api.store.revision == before


async def test_preconditions_guard_a_deletion(cluster: Cluster) -> None:
    await cluster.call("POST", CONFIG_MAPS, config_map())
    status = await cluster.status("DELETE", f"{CONFIG_MAPS}/settings", {"preconditions": {"uid": "other"}})
    assert status["reason"] == "Conflict"


async def test_deletecollection_takes_what_is_selected(cluster: Cluster) -> None:
    for name, labels in (("a", {"app": "x"}), ("b", {"app": "y"})):
        await cluster.call("POST", CONFIG_MAPS, {"metadata": {"name": name, "labels": labels}})
    await cluster.call("DELETE", f"{CONFIG_MAPS}?labelSelector=app%3Dx".replace("%3D", "="))
    left = await cluster.call("GET", CONFIG_MAPS)
    assert [item["metadata"]["name"] for item in left["items"]] == ["b"]


async def test_names_can_be_generated(cluster: Cluster) -> None:
    made = await cluster.call("POST", CONFIG_MAPS, {"metadata": {"generateName": "cm-"}})
    assert made["metadata"]["name"].startswith("cm-")
    assert len(made["metadata"]["name"]) == len("cm-") + 5


async def test_a_strategic_patch_of_conditions_keeps_the_others(cluster: Cluster) -> None:
    await cluster.call("POST", PODS, pod())
    for kind in ("Ready", "example.com/gate"):
        body = {"status": {"conditions": [{"type": kind, "status": "True"}]}}
        await cluster.call("PATCH", f"{PODS}/web/status", body, content_type=STRATEGIC)
    conditions = (await cluster.call("GET", f"{PODS}/web"))["status"]["conditions"]
    assert sorted(each["type"] for each in conditions) == ["Ready", "example.com/gate"]


@pytest.mark.parametrize("verb", [pytest.param("list", id="list"), pytest.param("watch", id="watch")])
async def test_rights_can_be_taken_and_given_back(cluster: Cluster, verb: str) -> None:
    url = INGRESSES if verb == "list" else f"{INGRESSES}?watch=1"
    taken = cluster.api.switches.refuse("ingresses.networking.k8s.io", frozenset({verb}))
    with pytest.raises(ApiError) as refused:
        _ = cluster.watcher(url) if verb == "watch" else await cluster.answer("GET", url)
    assert refused.value.code == 403
    assert f'cannot {verb} resource "ingresses" in API group "networking.k8s.io"' in refused.value.message
    taken.end()
    assert (await cluster.answer("GET", INGRESSES)).status == 200
