"""Subresources that are not the object itself: scale, a pod's binding, a namespace's finalize."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.kubernetes.apiserver.errors import bad_request, conflict, invalid, invalid_value
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy
from sandbox.kubernetes.apiserver.operations import MODIFIED, Operations
from sandbox.kubernetes.apiserver.patching import PatchType, apply_document
from sandbox.kubernetes.apiserver.requests import Target, WriteOptions
from sandbox.kubernetes.apiserver.resources import ScalePaths
from sandbox.kubernetes.apiserver.reviews import NO_REVIEW
from sandbox.kubernetes.apiserver.schemas import reference


class Subresources:
    """Reads and writes them through the object that they belong to."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def get_scale(self, target: Target) -> JsonObject:
        return _scale_of(self._operations.get(target), _paths(target))

    def put_scale(self, target: Target, body: JsonObject, options: WriteOptions) -> JsonObject:
        """Sets the replicas of a workload; 409 for a stale resourceVersion, 422 for a negative number."""
        spec = body.get("spec") or {}
        replicas = spec.get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise bad_request("json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32")
        if replicas < 0:
            error = invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")
            raise invalid(kind="Scale", group="autoscaling", name=target.name, errors=[error])
        version = (body.get("metadata") or {}).get("resourceVersion")
        current = self._operations.get(target)["metadata"]["resourceVersion"]
        if version and version != current:
            resource = target.resource
            raise conflict(plural=resource.plural, group=resource.group, name=target.name, why=MODIFIED)
        whole = Target(resource=target.resource, namespace=target.namespace, name=target.name)

        def scaled(obj: JsonObject) -> JsonObject:
            copied: JsonObject = deep_copy(obj)
            _set(copied, _paths(target).spec, replicas)
            return copied

        # Webhooks for the workload are not asked about its scale; those for the scale itself are not called here.
        return _scale_of(self._operations.change(whole, scaled, replace(options, review=NO_REVIEW)), _paths(target))

    def patch_scale(self, target: Target, kind: PatchType, body: Any, options: WriteOptions) -> JsonObject:
        if kind is PatchType.APPLY:
            raise bad_request("the sandbox has no server-side apply of scale")
        patched = apply_document(kind, reference("V1Scale"), self.get_scale(target), body)
        return self.put_scale(target, patched, options)

    def bind(self, target: Target, body: JsonObject, options: WriteOptions) -> JsonObject:
        """Assigns a pod to a node, as a scheduler does; 409 for a pod that has one or is being deleted."""
        node = (body.get("target") or {}).get("name", "")
        if not node:
            error = invalid_value("target.name", node, "Required value")
            raise invalid(kind="Binding", group="", name=target.name, errors=[error])
        whole = Target(resource=target.resource, namespace=target.namespace, name=target.name)
        pod = self._operations.get(whole)
        if pod["metadata"].get("deletionTimestamp"):
            raise self._cannot_bind(target, f"pod {target.name} is being deleted, cannot be assigned to a host")
        if pod["spec"].get("nodeName"):
            raise self._cannot_bind(
                target, f'pod {target.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
            )
        self._operations.bind_pod(whole, node, options)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    @staticmethod
    def _cannot_bind(target: Target, why: str) -> Exception:
        return conflict(plural="pods/binding", group="", name=target.name, why=why)

    def finalize(self, target: Target, body: JsonObject, options: WriteOptions) -> JsonObject:
        """Sets the finalizers in a namespace's spec; a terminating one without any goes away."""
        finalizers = (body.get("spec") or {}).get("finalizers") or []
        version = (body.get("metadata") or {}).get("resourceVersion", "")

        def finalized(namespace: JsonObject) -> JsonObject:
            copied: JsonObject = deep_copy(namespace)
            copied["spec"] = {"finalizers": list(finalizers)} if finalizers else {}
            if version:
                copied["metadata"]["resourceVersion"] = version
            return copied

        return self._operations.change(target, finalized, options)


def _paths(target: Target) -> ScalePaths:
    paths = target.resource.scale
    if paths is None:
        raise ValueError(f"{target.resource.qualified} has no scale")
    return paths


def _lookup(obj: JsonObject, path: str) -> Any:
    value: Any = obj
    for name in path.lstrip(".").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _set(obj: JsonObject, path: str, value: Any) -> None:
    *parents, last = path.lstrip(".").split(".")
    for name in parents:
        obj = obj.setdefault(name, {})
    obj[last] = value


def _scale_of(obj: JsonObject, paths: ScalePaths) -> JsonObject:
    meta = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: JsonObject = {"replicas": _lookup(obj, paths.status) or 0}
    selector = _lookup(obj, paths.selector) if paths.selector else None
    text = selector if isinstance(selector, str) else selector_text(selector or {})
    if text:
        status["selector"] = text
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {"replicas": _lookup(obj, paths.spec) or 0},
        "status": status,
    }


def selector_text(selector: JsonObject) -> str:
    """A LabelSelector in the form of a query parameter."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for each in selector.get("matchExpressions") or []:
        values = ",".join(sorted(each.get("values") or []))
        forms = {
            "In": f"{each['key']} in ({values})",
            "NotIn": f"{each['key']} notin ({values})",
            "Exists": each["key"],
            "DoesNotExist": f"!{each['key']}",
        }
        parts.append(forms[each["operator"]])
    return ",".join(parts)
