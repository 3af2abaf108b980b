"""OpenAPI v3 schemas of the built-in kinds, made from the typed models of the Kubernetes client library.

A schema is a JSON node as in an OpenAPI document, so that decoding, merging, defaulting and the published
documents all read the same thing; schemas of custom resources come from their CRDs in the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args

from kubernetes.client import models

from sandbox.kubernetes.apiserver import list_types
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import BUILTIN

REF_PREFIX = "#/components/schemas/"
_EXTRA_ROOTS = ("V1Binding", "V1DeleteOptions", "V1ObjectMeta", "V1Scale", "V1Status", "V1ListMeta")
_SCALARS: Mapping[str, JsonObject] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "format": "byte"},
    "datetime": {"type": "string", "format": "date-time"},
}


def reference(name: str) -> JsonObject:
    """A node that stands for a definition."""
    return {"$ref": REF_PREFIX + name}


def resolve(node: JsonObject) -> JsonObject:
    """The definition behind a reference, or the node itself."""
    target = node.get("$ref")
    return definition(target.removeprefix(REF_PREFIX)) if target is not None else node


def child_node(node: JsonObject, name: str) -> JsonObject:
    """The schema of one field of an object or of one entry of a map; empty where anything goes."""
    schema = resolve(node)
    found: JsonObject | None = schema.get("properties", {}).get(name)
    if found is not None:
        return found
    extra = schema.get("additionalProperties")
    return extra if isinstance(extra, dict) else {}


def is_atomic(node: JsonObject) -> bool:
    """Whether an object or map has one owner as a whole."""
    return "atomic" in {resolve(node).get("x-kubernetes-map-type"), node.get("x-kubernetes-map-type")}


def definition_name(node: JsonObject) -> str:
    """The name of the referenced definition, empty for a node that is spelt out."""
    return str(node.get("$ref", "")).removeprefix(REF_PREFIX)


@cache
def definition(name: str) -> JsonObject:
    """The schema of one model, by the model's name; AttributeError when the library has no such model."""
    model = getattr(models, name)
    fields = {field.serialization_alias or attribute: field for attribute, field in model.model_fields.items()}
    properties: JsonObject = {}
    required: list[str] = []
    for attribute, json_name in model.attribute_map.items():
        field = fields[json_name]
        node = _field_node(f"{name}.{json_name}", model.openapi_types[attribute], field.annotation)
        if field.description and "$ref" not in node:
            node["description"] = field.description
        properties[json_name] = node
        if field.is_required():
            required.append(json_name)
    schema: JsonObject = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    if name in list_types.ATOMIC_TYPES:
        schema["x-kubernetes-map-type"] = "atomic"
    summary = (model.__doc__ or "").strip().splitlines()[0].strip()
    return {"description": summary, **schema}


def _field_node(place: str, type_name: str, annotation: Any) -> JsonObject:
    node = _typed_node(place, type_name, annotation)
    if place in list_types.KEYED_LISTS:
        keys = list_types.KEYED_LISTS[place]
        node["x-kubernetes-list-type"] = "map"
        node["x-kubernetes-list-map-keys"] = list(keys)
        node["x-kubernetes-patch-merge-key"] = keys[0]
        node["x-kubernetes-patch-strategy"] = "merge"
    elif place in list_types.SETS:
        node["x-kubernetes-list-type"] = "set"
        node["x-kubernetes-patch-strategy"] = "merge"
    elif node.get("type") == "array":
        node["x-kubernetes-list-type"] = "atomic"
    if place in list_types.RETAIN_KEYS:
        merge = "merge," if place in list_types.KEYED_LISTS else ""
        node["x-kubernetes-patch-strategy"] = f"{merge}retainKeys"
    if place in list_types.ATOMIC_FIELDS:
        node["x-kubernetes-map-type"] = "atomic"
    if place in list_types.KEY_DEFAULTS:
        node["default"] = list_types.KEY_DEFAULTS[place]
    return node


def _typed_node(place: str, type_name: str, annotation: Any) -> JsonObject:
    if type_name.startswith("List["):
        return {"type": "array", "items": _typed_node(place, type_name[5:-1], annotation)}
    if type_name.startswith("Dict["):
        value = type_name[5:-1].split(",", 1)[1].strip()
        return {"type": "object", "additionalProperties": _typed_node(place, value, annotation)}
    if place in list_types.QUANTITIES:
        return {"oneOf": [{"type": "string"}, {"type": "number"}], "format": "quantity"}
    if place in list_types.MICRO_TIMES:
        return {"type": "string", "format": "micro-time"}
    if type_name in _SCALARS:
        return dict(_SCALARS[type_name])
    if type_name == "object":
        return _free_node(place, annotation)
    return reference(type_name)


def _free_node(place: str, annotation: Any) -> JsonObject:
    if place.endswith((".annotations", ".labels")):
        return {"type": "string"}
    choices = {getattr(choice, "__origin__", choice) for choice in get_args(annotation)}
    if {int, str} <= choices:
        return {"x-kubernetes-int-or-string": True}
    return {"x-kubernetes-preserve-unknown-fields": True}


def reachable(names: Iterable[str]) -> dict[str, JsonObject]:
    """The named definitions and everything that they refer to, in order of name."""
    found: dict[str, JsonObject] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definition(name)
            waiting.extend(_references(found[name]))
    return dict(sorted(found.items()))


def _references(node: Any) -> Iterable[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(REF_PREFIX)
        for item in node.values():
            yield from _references(item)


def builtin_definitions() -> dict[str, JsonObject]:
    """Every definition that a built-in resource needs."""
    return reachable([*_EXTRA_ROOTS, *(resource.definition for resource in BUILTIN)])


def custom_schema(schema: JsonObject) -> JsonObject:
    """The schema of a whole custom resource: what its CRD says, with the metadata that every object has."""
    properties = {
        **schema.get("properties", {}),
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": reference("V1ObjectMeta"),
    }
    return {**schema, "properties": properties}
