"""Strategic merge patch: a merge patch that knows which lists are keyed.

Directives (Kubernetes community document "strategic merge patch"): `$patch` (delete, replace, merge),
`$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>` and `$retainKeys`.
"""

from __future__ import annotations

from typing import Any

from sandbox.kubernetes.apiserver.errors import ApiError, bad_request
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.schemas import child_node

_PATCH = "$patch"
_RETAIN = "$retainKeys"
_DELETE_PREFIX = "$deleteFromPrimitiveList/"
_ORDER_PREFIX = "$setElementOrder/"


def strategic_merge(node: JsonObject, original: JsonObject, patch: JsonObject) -> JsonObject:
    """The original with the patch merged in by the schema; 400 when a directive makes no sense."""
    return _merge_map(node, original, patch)


def _merge_map(node: JsonObject, original: JsonObject, patch: JsonObject) -> JsonObject:
    directive = patch.get(_PATCH)
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _PATCH}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise bad_request(f"unknown patch type: {directive}")
    merged = _retained(original, patch)
    for key, value in patch.items():
        if key.startswith(_DELETE_PREFIX):
            _delete_scalars(merged, key.removeprefix(_DELETE_PREFIX), value)
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_key(node, merged, key, value, patch.get(_ORDER_PREFIX + key))
    for key, order in patch.items():
        name = key.removeprefix(_ORDER_PREFIX)
        if key.startswith(_ORDER_PREFIX) and name not in patch and isinstance(merged.get(name), list):
            merged[name] = _reordered(merged[name], order, _merge_key_of(child_node(node, name)))
    return merged


def _retained(original: JsonObject, patch: JsonObject) -> JsonObject:
    keys = patch.get(_RETAIN)
    if keys is None:
        return dict(original)
    if not isinstance(keys, list) or any(key not in keys for key in patch if not key.startswith("$")):
        raise bad_request("the patch has fields that its $retainKeys list does not name")
    return {key: value for key, value in original.items() if key in keys}


def _delete_scalars(merged: JsonObject, name: str, values: Any) -> None:
    current = merged.get(name)
    if isinstance(current, list) and isinstance(values, list):
        merged[name] = [item for item in current if item not in values]


def _merge_key(node: JsonObject, merged: JsonObject, key: str, value: Any, order: Any) -> None:
    if value is None:
        merged.pop(key, None)
        return
    child = child_node(node, key)
    current = merged.get(key)
    if isinstance(value, dict) and isinstance(current, dict):
        merged[key] = _merge_map(child, current, value)
    elif isinstance(value, list) and isinstance(current, list) and _merges(child):
        merged[key] = _merge_list(child, current, value, order)
    else:
        kept, plain = _plain(value)
        if kept:
            merged[key] = plain
        else:
            merged.pop(key, None)


def _merges(node: JsonObject) -> bool:
    return "merge" in str(node.get("x-kubernetes-patch-strategy", "")).split(",")


def _merge_key_of(node: JsonObject) -> str:
    return str(node.get("x-kubernetes-patch-merge-key", ""))


def _plain(value: Any) -> tuple[bool, Any]:
    """What is left of a patch value that has nothing to be merged with: no directives, no nulls."""
    if isinstance(value, dict):
        if value.get(_PATCH) == "delete":
            return False, None
        pairs = ((key, _plain(item)) for key, item in value.items() if not key.startswith("$") and item is not None)
        return True, {key: item for key, (kept, item) in pairs if kept}
    if isinstance(value, list):
        return True, [item for kept, item in map(_plain, value) if kept]
    return True, value


def _merge_list(node: JsonObject, original: list[Any], patch: list[Any], order: Any) -> list[Any]:
    key = _merge_key_of(node)
    if not key:
        merged = [*original, *(item for item in patch if item not in original)]
        return _in_order(merged, order if isinstance(order, list) else patch, original, key)
    original, patch = _without_special(original, patch, key)
    merged = list(original)
    for item in patch:
        at = _find(merged, item, key)
        if at is None:
            merged.append(_plain(item)[1])
        else:
            merged[at] = _merge_map(node.get("items", {}), merged[at], item)
    return _in_order(merged, order if isinstance(order, list) else patch, original, key)


def _without_special(original: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """Carries out the items that are directives; the rest of the patch is to be merged."""
    rest: list[Any] = []
    replace = False
    for item in patch:
        if not isinstance(item, dict):
            raise _no_merge_key(item, key)
        directive = item.get(_PATCH)
        if directive == "replace":
            replace = True
        elif directive == "delete":
            if key not in item:
                raise _no_merge_key(item, key)
            original = [each for each in original if each.get(key) != item[key]]
        elif key not in item:
            raise _no_merge_key(item, key)
        else:
            rest.append(item)
    return ([], rest) if replace else (original, rest)


def _no_merge_key(item: Any, key: str) -> ApiError:
    return bad_request(f"map: {item} does not contain declared merge key: {key}")


def _find(items: list[Any], wanted: Any, key: str) -> int | None:
    if not key:
        return items.index(wanted) if wanted in items else None
    value = wanted.get(key) if isinstance(wanted, dict) else None
    return next((at for at, item in enumerate(items) if item.get(key) == value), None)


def _in_order(merged: list[Any], patch_order: list[Any], server_order: list[Any], key: str) -> list[Any]:
    """Items that the patch names follow the patch; the others stay where they stood among what was there."""
    named = [item for item in merged if _find(patch_order, item, key) is not None]
    named.sort(key=lambda item: _find(patch_order, item, key) or 0)
    others = [item for item in merged if _find(patch_order, item, key) is None]
    result: list[Any] = []
    while others and named:
        other, new = _find(server_order, others[0], key), _find(server_order, named[0], key)
        first = others if other is not None and new is not None and other < new else named
        result.append(first.pop(0))
    return [*result, *others, *named]


def _reordered(items: list[Any], order: Any, key: str) -> list[Any]:
    return _in_order(items, order, items, key) if isinstance(order, list) else items
