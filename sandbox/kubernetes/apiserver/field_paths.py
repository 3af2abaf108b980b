"""Sets of field paths as metadata.managedFields holds them (`fieldsV1`), and as people read them.

An element of a path is one of `f:<field>`, `k:<JSON of the item's key>` and `v:<JSON of the set's value>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.schemas import child_node, is_atomic, resolve

FieldPath = tuple[str, ...]
FieldPaths = frozenset[FieldPath]

_NOT_OWNED = {
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    ("f:metadata", "f:name"),
    ("f:metadata", "f:namespace"),
    ("f:metadata", "f:creationTimestamp"),
    ("f:metadata", "f:selfLink"),
    ("f:metadata", "f:uid"),
    ("f:metadata", "f:generation"),
    ("f:metadata", "f:resourceVersion"),
    ("f:metadata", "f:managedFields"),
    ("f:metadata", "f:clusterName"),
}


def paths_of(node: JsonObject, obj: JsonObject) -> dict[FieldPath, Any]:
    """Every ownable path of an object with its value: leaves, empty containers, and the items of keyed lists."""
    found: dict[FieldPath, Any] = {}
    _collect(node, obj, (), found)
    return {path: value for path, value in found.items() if path not in _NOT_OWNED and path[:2] not in _NOT_OWNED}


def _collect(node: JsonObject, value: Any, path: FieldPath, found: dict[FieldPath, Any]) -> None:
    if isinstance(value, dict) and value and not is_atomic(node):
        for name, item in value.items():
            _collect(child_node(node, name), item, (*path, f"f:{name}"), found)
        return
    list_type = node.get("x-kubernetes-list-type", "atomic")
    if isinstance(value, list) and value and list_type == "map":
        for item in value:
            element = item_element(node, item)
            found[(*path, element)] = item
            _collect(node.get("items", {}), item, (*path, element), found)
        return
    if isinstance(value, list) and value and list_type == "set":
        found.update({(*path, value_element(item)): item for item in value})
        return
    found[path] = value


def item_element(node: JsonObject, item: JsonObject) -> str:
    """The path element of one item of a keyed list; key fields that are left out have their default."""
    properties = resolve(node.get("items", {})).get("properties", {})
    keys = {name: item.get(name, properties.get(name, {}).get("default")) for name in _list_keys(node)}
    return f"k:{_json({name: value for name, value in sorted(keys.items()) if value is not None})}"


def value_element(item: Any) -> str:
    """The path element of one item of a set."""
    return f"v:{_json(item)}"


def _list_keys(node: JsonObject) -> list[str]:
    keys: list[str] = node.get("x-kubernetes-list-map-keys", [])
    return keys


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_fields_v1(paths: Iterable[FieldPath]) -> JsonObject:
    """The nested form; a path that has others below it is marked by `.`."""
    root: JsonObject = {}
    owned = sorted(paths)
    for path in owned:
        at = root
        for element in path:
            at = at.setdefault(element, {})
    for path in owned:
        at = root
        for element in path:
            at = at[element]
        if at:
            at["."] = {}
    return root


def from_fields_v1(tree: JsonObject) -> FieldPaths:
    """The inverse of `to_fields_v1`."""
    return frozenset(_leaves(tree, ()))


def _leaves(tree: JsonObject, path: FieldPath) -> Iterable[FieldPath]:
    if not tree and path:
        yield path
    for element, below in tree.items():
        if element == ".":
            yield path
        else:
            yield from _leaves(below, (*path, element))


def readable(path: FieldPath) -> str:
    """How conflict messages show a path: `.spec.ports[port=80,protocol="TCP"].targetPort`."""
    text = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            pairs = json.loads(rest).items()
            text += "[" + ",".join(f"{name}={_json(value)}" for name, value in pairs) + "]"
        else:
            text += f"[={rest}]"
    return text
