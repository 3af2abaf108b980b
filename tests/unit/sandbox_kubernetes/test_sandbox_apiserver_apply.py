"""Server-side apply: ownership, conflicts, and fields that are given up."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.apiserver.field_paths import from_fields_v1, readable, to_fields_v1
from tests.unit.sandbox_kubernetes.apiserver_cluster import APPLY, CONFIG_MAPS, DEPLOYMENTS, MERGE, Cluster, deployment


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def _map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


async def _apply(
    cluster: Cluster, manager: str, body: Any, *, force: bool = False, url: str = f"{CONFIG_MAPS}/c"
) -> Any:
    query = f"?fieldManager={manager}" + ("&force=true" if force else "")
    return await cluster.call("PATCH", url + query, body, content_type=APPLY)


async def test_apply_creates_and_owns_what_it_says(cluster: Cluster) -> None:
    made = await _apply(cluster, "one", _map(a="1"))
    (entry,) = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"], entry["fieldsV1"]) == ("one", "Apply", {"f:data": {"f:a": {}}})


async def test_another_managers_value_is_a_conflict_unless_forced(cluster: Cluster) -> None:
    await _apply(cluster, "one", _map(a="1", b="1"))
    url = f"{CONFIG_MAPS}/c?fieldManager=two"
    status = await cluster.status("PATCH", url, _map(a="2"), content_type=APPLY)
    assert (status["code"], status["message"]) == (409, 'Apply failed with 1 conflict: conflict with "one": .data.a')
    forced = await _apply(cluster, "two", _map(a="2"), force=True)
    assert forced["data"] == {"a": "2", "b": "1"}
    owned = {entry["manager"]: entry["fieldsV1"] for entry in forced["metadata"]["managedFields"]}
    assert owned == {"one": {"f:data": {"f:b": {}}}, "two": {"f:data": {"f:a": {}}}}


async def test_the_same_value_is_shared(cluster: Cluster) -> None:
    await _apply(cluster, "one", _map(a="1"))
    shared = await _apply(cluster, "two", _map(a="1"))
    assert [entry["manager"] for entry in shared["metadata"]["managedFields"]] == ["one", "two"]


async def test_what_nobody_else_owns_goes_when_it_is_left_out(cluster: Cluster) -> None:
    await _apply(cluster, "one", _map(a="1", b="1"))
    await _apply(cluster, "two", _map(b="1"))
    assert (await _apply(cluster, "one", _map()))["data"] == {"b": "1"}


async def test_applying_again_is_no_write(cluster: Cluster) -> None:
    first = await _apply(cluster, "one", _map(a="1"))
    assert await _apply(cluster, "one", _map(a="1")) == first


async def test_a_patch_takes_the_field_over_and_apply_says_whose_it_is(cluster: Cluster) -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment(replicas=2)}
    url = f"{DEPLOYMENTS}/web"
    await _apply(cluster, "one", body, url=url)
    await cluster.call("PATCH", f"{url}?fieldManager=scaler", {"spec": {"replicas": 5}}, content_type=MERGE)
    status = await cluster.status("PATCH", f"{url}?fieldManager=one", body, content_type=APPLY)
    assert status["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "scaler" using apps/v1', "field": ".spec.replicas"}
    ]


async def test_items_of_keyed_lists_are_owned_one_by_one(cluster: Cluster) -> None:
    def body(*names: str) -> dict[str, Any]:
        made = deployment()
        containers = [{"name": name, "image": "x:1"} for name in names]
        made["spec"]["template"]["spec"]["containers"] = containers
        return {"apiVersion": "apps/v1", "kind": "Deployment", **made}

    url = f"{DEPLOYMENTS}/web"
    await _apply(cluster, "one", body("a", "b"), url=url)
    left = await _apply(cluster, "one", body("b"), url=url)
    assert [each["name"] for each in left["spec"]["template"]["spec"]["containers"]] == ["b"]


async def test_apply_needs_a_field_manager(cluster: Cluster) -> None:
    status = await cluster.status("PATCH", f"{CONFIG_MAPS}/c", _map(), content_type=APPLY)
    assert (status["code"], status["details"]["causes"][0]["field"]) == (422, "fieldManager")


def test_field_sets_survive_their_encoding() -> None:
    paths = frozenset(
        {
            ("f:spec", 'k:{"name":"a"}'),
            ("f:spec", 'k:{"name":"a"}', "f:image"),
            ("f:metadata", "f:finalizers", 'v:"x/y"'),
        }
    )
    assert from_fields_v1(to_fields_v1(paths)) == paths


def test_a_path_reads_as_in_a_manifest() -> None:
    path = ("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:targetPort")
    assert readable(path) == '.spec.ports[port=80,protocol="TCP"].targetPort'
