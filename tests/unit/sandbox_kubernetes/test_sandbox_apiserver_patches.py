"""The forms of PATCH on plain documents: merge, strategic, JSON."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.apiserver.errors import ApiError
from sandbox.kubernetes.apiserver.objects import deep_copy
from sandbox.kubernetes.apiserver.patches import json_patch, merge_patch
from sandbox.kubernetes.apiserver.schemas import reference
from sandbox.kubernetes.apiserver.strategic_merge import strategic_merge

SERVICE_SPEC = reference("V1ServiceSpec")
POD_SPEC = reference("V1PodSpec")


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="adds a key"),
        pytest.param({"a": 1, "b": 2}, {"a": None}, {"b": 2}, id="null removes a key"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}, id="merges below"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="a list is replaced"),
        pytest.param({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}, id="nulls in a new map vanish"),
    ],
)
def test_merge_patch(target: Any, patch: Any, expected: Any) -> None:
    before = deep_copy(target)
    assert merge_patch(target, patch) == expected
    assert target == before


def _port(port: int, **more: Any) -> dict[str, Any]:
    return {"port": port, **more}


@pytest.mark.parametrize(
    ("original", "patch", "expected"),
    [
        pytest.param([_port(80)], [_port(80, name="a")], [_port(80, name="a")], id="an item is found by its key"),
        pytest.param([_port(80)], [_port(81)], [_port(81), _port(80)], id="a new item stands before those not named"),
        pytest.param(
            [_port(80), _port(81)],
            [_port(81, name="b"), _port(80)],
            [_port(81, name="b"), _port(80)],
            id="named items take the order of the patch",
        ),
        pytest.param([_port(80), _port(81)], [{"port": 80, "$patch": "delete"}], [_port(81)], id="delete directive"),
        pytest.param([_port(80)], [{"$patch": "replace"}, _port(9)], [_port(9)], id="replace directive"),
        pytest.param([_port(80, name="a")], [_port(80, name=None)], [_port(80)], id="null removes a field of an item"),
    ],
)
def test_strategic_merge_of_keyed_lists(original: Any, patch: Any, expected: Any) -> None:
    assert strategic_merge(SERVICE_SPEC, {"ports": original}, {"ports": patch}) == {"ports": expected}


@pytest.mark.parametrize(
    ("original", "patch", "expected"),
    [
        pytest.param(
            {"ports": [_port(80), _port(81)]},
            {"$setElementOrder/ports": [{"port": 81}, {"port": 80}]},
            {"ports": [_port(81), _port(80)]},
            id="an order alone reorders",
        ),
        pytest.param(
            {"externalIPs": ["1.1.1.1"]},
            {"externalIPs": ["2.2.2.2"]},
            {"externalIPs": ["2.2.2.2"]},
            id="an atomic list is replaced",
        ),
        pytest.param(
            {"selector": {"a": "1", "b": "2"}},
            {"selector": {"a": None}},
            {"selector": {"b": "2"}},
            id="a map is merged",
        ),
        pytest.param(
            {"selector": {"a": "1"}},
            {"selector": {"$patch": "replace", "b": "2"}},
            {"selector": {"b": "2"}},
            id="a map can be replaced",
        ),
        pytest.param({"type": "NodePort"}, {"type": None}, {}, id="null removes a field"),
    ],
)
def test_strategic_merge_of_a_service(original: Any, patch: Any, expected: Any) -> None:
    assert strategic_merge(SERVICE_SPEC, original, patch) == expected


def test_strategic_merge_of_finalizers_is_a_set() -> None:
    metadata = reference("V1ObjectMeta")
    merged = strategic_merge(metadata, {"finalizers": ["a/x", "b/x"]}, {"finalizers": ["c/x", "a/x"]})
    assert sorted(merged["finalizers"]) == ["a/x", "b/x", "c/x"]
    gone = strategic_merge(metadata, {"finalizers": ["a/x", "b/x"]}, {"$deleteFromPrimitiveList/finalizers": ["a/x"]})
    assert gone == {"finalizers": ["b/x"]}


def test_retain_keys_clears_what_it_does_not_name() -> None:
    volumes = [{"name": "v", "emptyDir": {}}]
    patch = [{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]
    merged = strategic_merge(POD_SPEC, {"volumes": volumes}, {"volumes": patch})
    assert merged == {"volumes": [{"name": "v", "configMap": {"name": "c"}}]}


def test_tolerations_are_atomic() -> None:
    merged = strategic_merge(POD_SPEC, {"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]})
    assert merged == {"tolerations": [{"key": "b"}]}


def test_an_item_without_its_merge_key_is_a_bad_request() -> None:
    with pytest.raises(ApiError) as refused:
        strategic_merge(SERVICE_SPEC, {"ports": [_port(80)]}, {"ports": [{"name": "x"}]})
    assert refused.value.code == 400


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([{"op": "test", "path": "/a", "value": 2}], id="a failed test"),
        pytest.param([{"op": "remove", "path": "/b"}], id="removing what is not there"),
        pytest.param([{"op": "add", "path": "/b/c", "value": 1}], id="adding below what is not there"),
        pytest.param([{"op": "nonsense", "path": "/a"}], id="an unknown operation"),
    ],
)
def test_a_json_patch_that_does_not_fit_is_unprocessable(operations: Any) -> None:
    with pytest.raises(ApiError) as refused:
        json_patch({"a": 1}, operations)
    assert refused.value.code == 422


def test_json_patch_leaves_the_original_alone() -> None:
    original = {"a": {"b": [1]}}
    patched = json_patch(original, [{"op": "add", "path": "/a/b/-", "value": 2}])
    assert (patched, original) == ({"a": {"b": [1, 2]}}, {"a": {"b": [1]}})
