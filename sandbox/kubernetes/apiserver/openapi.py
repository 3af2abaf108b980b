"""The published schemas: /openapi/v3 by group and version, and /openapi/v2 as one document.

Paths carry what clients look for: which kind they take, and that field validation happens here.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.kubernetes.apiserver.kinds.registry import Kinds
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Catalog, Resource
from sandbox.kubernetes.apiserver.schemas import REF_PREFIX, builtin_definitions, reachable, reference
from sandbox.kubernetes.apiserver.store import encode

_PATCH_TYPES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
_INFO = {"title": "Kubernetes", "version": "v1.36.0"}


def _kind_of(resource: Resource) -> JsonObject:
    return {"group": resource.group, "kind": resource.kind, "version": resource.version}


def _schemas(kinds: Kinds, resources: list[Resource]) -> JsonObject:
    """The definitions that the resources need, those of whole objects marked with their kind."""
    names = [resource.definition for resource in resources if not resource.custom]
    found = reachable([*names, "V1ObjectMeta", "V1DeleteOptions", "V1Status", "V1Scale"])
    schemas: JsonObject = {name: dict(node) for name, node in found.items()}
    for resource in resources:
        node = dict(kinds.schema(resource)) if resource.custom else schemas[resource.definition]
        node["x-kubernetes-group-version-kind"] = [_kind_of(resource)]
        schemas[resource.definition] = node
    return schemas


def document_path(group: str, version: str) -> str:
    """The path below /openapi/v3 of one group and version."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def index(catalog: Catalog, kinds: Kinds) -> JsonObject:
    """GET /openapi/v3: every document, with a hash that changes when it does."""
    paths: JsonObject = {}
    for group, version in catalog.group_versions():
        path = document_path(group, version)
        resources = catalog.in_group_version(group, version)
        content = [(each.definition, kinds.schema(each) if each.custom else None) for each in resources]
        digest = hashlib.sha256(repr(content).encode()).hexdigest()[:32].upper()
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


def document(catalog: Catalog, kinds: Kinds, group: str, version: str) -> JsonObject | None:
    """GET /openapi/v3/<path>; None when that group and version is not served."""
    resources = sorted(catalog.in_group_version(group, version), key=lambda each: each.plural)
    if not resources:
        return None
    paths: JsonObject = {}
    for resource in resources:
        paths |= _paths(resource)
    return {
        "openapi": "3.0.0",
        "info": _INFO,
        "paths": paths,
        "components": {"schemas": _schemas(kinds, resources)},
    }


def _paths(resource: Resource) -> JsonObject:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"{root}{scope}/{resource.plural}"
    verbs = set(resource.verbs)
    whole = {"get": "get", "put": "update", "patch": "patch", "delete": "delete"}
    many = {"get": "list", "post": "create", "delete": "deletecollection"}
    paths = {
        collection: {method: _operation(resource, method, verb) for method, verb in many.items() if verb in verbs},
        f"{collection}/{{name}}": {
            method: _operation(resource, method, verb) for method, verb in whole.items() if verb in verbs
        },
    }
    if resource.has_status:
        paths[f"{collection}/{{name}}/status"] = {
            method: _operation(resource, method, verb) for method, verb in whole.items() if method != "delete"
        }
    return paths


def _operation(resource: Resource, method: str, verb: str) -> JsonObject:
    operation: JsonObject = {
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": _kind_of(resource),
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": reference(resource.definition)}}}
        },
    }
    if method in {"post", "put", "patch"}:
        names = (*_WRITE_PARAMETERS, "force") if method == "patch" else _WRITE_PARAMETERS
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in names
        ]
        types = _PATCH_TYPES if method == "patch" else ("application/json",)
        body = {"type": "object"} if method == "patch" else reference(resource.definition)
        operation["requestBody"] = {"content": {each: {"schema": body} for each in types}}
    return operation


def document_v2(catalog: Catalog, kinds: Kinds) -> JsonObject:
    """GET /openapi/v2: all definitions in one Swagger document."""
    resources = list(catalog)
    definitions: JsonObject = {**builtin_definitions(), **_schemas(kinds, resources)}
    return {
        "swagger": "2.0",
        "info": _INFO,
        "paths": {},
        "definitions": {name: _as_v2(node) for name, node in definitions.items()},
    }


def _as_v2(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_v2(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("x-kubernetes-int-or-string"):
        return {"type": "string", "format": "int-or-string", **{k: v for k, v in node.items() if k == "description"}}
    return {
        key: value.replace(REF_PREFIX, "#/definitions/") if key == "$ref" and isinstance(value, str) else _as_v2(value)
        for key, value in node.items()
        if key not in {"oneOf", "anyOf", "nullable"}
    }


def etag(doc: JsonObject) -> str:
    return f'"{hashlib.sha256(encode(doc)).hexdigest()[:32].upper()}"'
