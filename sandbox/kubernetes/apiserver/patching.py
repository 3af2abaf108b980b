"""PATCH in its four forms, each ending in the one way in which objects are changed."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import yaml

from sandbox.kubernetes.apiserver import managed_fields
from sandbox.kubernetes.apiserver.decoding import Mismatch, decode
from sandbox.kubernetes.apiserver.errors import (
    ApiError,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    not_found,
    required,
    unsupported_media_type,
)
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy, metadata_of
from sandbox.kubernetes.apiserver.operations import Operations
from sandbox.kubernetes.apiserver.patches import json_patch, merge_patch
from sandbox.kubernetes.apiserver.requests import FieldValidation, Target, Warnings, WriteOptions, bad_options
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.store import encode
from sandbox.kubernetes.apiserver.strategic_merge import strategic_merge


class PatchType(StrEnum):
    """Media types of PATCH."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


def patch_type(media_type: str, resource: Resource) -> PatchType:
    """The kind of patch; 415 for one that the resource does not take (custom resources: strategic)."""
    taken = [each for each in PatchType if not (resource.custom and each is PatchType.STRATEGIC)]
    found = next((each for each in taken if each == media_type), None)
    if found is None:
        raise unsupported_media_type(taken)
    return found


def parse_patch(body: bytes, kind: PatchType) -> Any:
    """The document of a PATCH; 400 when it cannot be read."""
    try:
        return yaml.safe_load(body) if kind is PatchType.APPLY else json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        why = "unexpected end of JSON input" if _is_cut_short(body) else error
        raise bad_request(f"error decoding patch: {why}") from error


def _is_cut_short(body: bytes) -> bool:
    return body.strip()[-1:] not in {b"}", b"]"}


class Patching:
    """Applies patches to stored objects."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def patch(
        self, target: Target, kind: PatchType, body: Any, options: WriteOptions, warnings: Warnings
    ) -> tuple[JsonObject, bool]:
        """Patches the object or its status. The second value says that apply has created it."""
        if kind is PatchType.APPLY:
            return self._apply(target, body, options, warnings)
        if target.subresource == "scale":
            raise bad_request("the scale is patched through its own object")
        changed = self._operations.change(
            target, lambda current: self._patched(target, kind, current, body, options, warnings), options
        )
        return changed, False

    def _patched(
        self,
        target: Target,
        kind: PatchType,
        current: JsonObject,
        body: Any,
        options: WriteOptions,
        warnings: Warnings,
    ) -> JsonObject:
        patched = apply_document(kind, self._operations.kinds.schema(target.resource), current, body)
        shown_patch = go_text(body) if kind is PatchType.STRATEGIC else encode(patched).decode()
        obj = self._read(target.resource, patched, options, warnings, shown_patch)
        obj["metadata"].setdefault("resourceVersion", current["metadata"]["resourceVersion"])
        return obj

    def _read(
        self, resource: Resource, patched: JsonObject, options: WriteOptions, warnings: Warnings, shown_patch: str
    ) -> JsonObject:
        """The patched object, typed. What cannot be decoded is an invalid patch, and not a bad request."""
        try:
            decoded = decode(self._operations.kinds.schema(resource), patched, typed=not resource.custom)
        except Mismatch as error:
            raise _invalid_patch(shown_patch, str(error)) from error
        texts = [f'unknown field "{path}"' for path in decoded.unknown]
        if texts and options.field_validation is FieldValidation.STRICT:
            raise _invalid_patch(shown_patch, f"strict decoding error: {', '.join(texts)}")
        if options.field_validation is FieldValidation.WARN:
            warnings.texts.extend(texts)
        kind, api_version = patched.get("kind"), patched.get("apiVersion")
        if (kind, api_version) != (resource.kind, resource.group_version):
            raise _invalid_patch(shown_patch, f'no kind "{kind}" is registered for version "{api_version}"')
        metadata_of(decoded.object)
        return decoded.object

    def _apply(self, target: Target, body: Any, options: WriteOptions, warnings: Warnings) -> tuple[JsonObject, bool]:
        resource = target.resource
        if not isinstance(body, dict):
            raise bad_request("error decoding YAML: the body is not an object")
        if not options.named_manager:
            raise bad_options("PatchOptions", required("fieldManager", "is required for apply patch"))
        if not (body.get("apiVersion") and body.get("kind")):
            raise bad_request(f"invalid object type: {body.get('apiVersion', '/')}, Kind={body.get('kind', '')}")
        applied = self._operations.read(resource, body, options, warnings)
        meta = applied["metadata"]
        if meta.get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        if meta.setdefault("name", target.name) != target.name:
            raise bad_request(
                f"the name of the object ({meta['name']}) does not match the name on the URL ({target.name})"
            )
        shelf = self._operations.store.shelf(resource.storage)
        if shelf.get(target.key) is None:
            return self._create_applied(target, applied, options), True
        return self._apply_to_live(target, applied, options), False

    def _create_applied(self, target: Target, applied: JsonObject, options: WriteOptions) -> JsonObject:
        resource = target.resource
        if target.subresource:
            raise not_found(plural=resource.plural, group=resource.group, name=target.name)
        if applied["metadata"].get("uid"):
            why = (
                f"uid mismatch: the provided object specified uid {applied['metadata']['uid']}, "
                "and no existing object was found"
            )
            raise conflict(plural=resource.plural, group=resource.group, name=target.name, why=why)
        return self._operations.create_applied(target, applied, options)

    def _apply_to_live(self, target: Target, applied: JsonObject, options: WriteOptions) -> JsonObject:
        writer = self._operations.writer(target.resource, options, "Apply", target.subresource)
        schema = self._operations.kinds.schema(target.resource)

        def merged(current: JsonObject) -> JsonObject:
            wanted = deep_copy(applied)
            version = wanted["metadata"].pop("resourceVersion", None)
            result = managed_fields.apply(schema, current, wanted, writer)
            if version:
                result["metadata"]["resourceVersion"] = version
            return deep_copy(result)  # type: ignore[no-any-return]

        return self._operations.change(target, merged, options, tracked=False)


def apply_document(kind: PatchType, schema: JsonObject, current: JsonObject, body: Any) -> JsonObject:
    """The current object with a JSON, merge or strategic patch applied; the current one is not changed."""
    if kind is PatchType.JSON:
        return json_patch(current, body)
    if not isinstance(body, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    is_strategic = kind is PatchType.STRATEGIC
    merged = strategic_merge(schema, current, body) if is_strategic else merge_patch(current, body)
    copied: JsonObject = deep_copy(merged)
    return copied


def _invalid_patch(shown_patch: str, why: str) -> ApiError:
    return invalid(kind="", group="", name="", errors=[invalid_value("patch", shown_patch, why)])


def go_text(value: Any) -> str:
    """A JSON value as Go prints a map, which is how a refused strategic patch is shown."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(item)}' for key, item in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
