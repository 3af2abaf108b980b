"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386), with a real API server's refusals."""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from sandbox.kubernetes.apiserver.errors import bad_request, unprocessable
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy

MAX_JSON_PATCH_OPERATIONS = 10000


def json_patch(obj: JsonObject, operations: Any) -> JsonObject:
    """Applies a list of operations to a copy; 422 when one of them cannot be applied."""
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(operations) > MAX_JSON_PATCH_OPERATIONS:
        raise unprocessable()
    try:
        patched = jsonpatch.JsonPatch(operations).apply(deep_copy(obj))
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError) as error:
        raise unprocessable() from error
    if not isinstance(patched, dict):
        raise unprocessable()
    return patched


def merge_patch(target: Any, patch: Any) -> Any:
    """The target with the patch merged in; the target is not changed."""
    if not isinstance(patch, dict):
        return patch
    merged: JsonObject = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
