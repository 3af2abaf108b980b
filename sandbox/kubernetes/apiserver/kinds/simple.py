"""Kinds with few rules of their own: ConfigMap, Secret, ServiceAccount, Lease, Namespace, Node, Event."""

from __future__ import annotations

import base64
import re

from sandbox.kubernetes.apiserver.errors import Fault, FieldError, forbidden_field, immutable, invalid_value, required
from sandbox.kubernetes.apiserver.kinds.names import dns_label, path_segment, subdomain
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject

_NODE_INFO = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)
_MAX_DATA = 1024 * 1024
_KEY_FORM = "[-._a-zA-Z0-9]+"
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    f"(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY_FORM}')"
)
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
NOT_READY_TAINT = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def _data_errors(obj: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    size = 0
    for part in ("data", "binaryData"):
        for key, value in (obj.get(part) or {}).items():
            size += len(value.encode())
            if not re.fullmatch(_KEY_FORM, key) or key in {".", ".."}:
                errors.append(invalid_value(f"{part}[{key}]", key, _KEY_TEXT))
    if size > _MAX_DATA:
        errors.append(FieldError(fault=Fault.TOO_LONG, field="", detail=f"may not be more than {_MAX_DATA} bytes"))
    return errors


def _data_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    if not old.get("immutable"):
        return []
    errors = [
        forbidden_field(part, "field is immutable when `immutable` is set")
        for part in ("data", "binaryData")
        if new.get(part) != old.get(part)
    ]
    if not new.get("immutable"):
        errors.insert(0, forbidden_field("immutable", "field is immutable when `immutable` is set"))
    return errors


def _default_secret(secret: JsonObject) -> None:
    secret.setdefault("type", "Opaque")
    texts = secret.pop("stringData", None) or {}
    if texts:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in texts.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _validate_secret(secret: JsonObject) -> list[FieldError]:
    errors = _data_errors({"data": secret.get("data")})
    if secret["type"] == "kubernetes.io/tls":
        errors += [required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in (secret.get("data") or {})]
    return errors


def _update_secret(new: JsonObject, old: JsonObject) -> list[FieldError]:
    errors = [immutable("type", new["type"])] if new["type"] != old["type"] else []
    return errors + _data_update(new, old)


def _validate_lease(lease: JsonObject) -> list[FieldError]:
    spec = lease.get("spec") or {}
    errors: list[FieldError] = []
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        errors.append(invalid_value("spec.leaseDurationSeconds", seconds, "must be greater than 0"))
    transitions = spec.get("leaseTransitions")
    if transitions is not None and transitions < 0:
        detail = "must be greater than or equal to 0"
        errors.append(invalid_value("spec.leaseTransitions", transitions, detail))
    return errors


def _default_lease(lease: JsonObject) -> None:
    lease.setdefault("spec", {})


def _prepare_namespace(namespace: JsonObject) -> None:
    spec = namespace.setdefault("spec", {})
    finalizers = spec.get("finalizers") or []
    if "kubernetes" not in finalizers:
        spec["finalizers"] = [*finalizers, "kubernetes"]


def _default_namespace(namespace: JsonObject) -> None:
    metadata = namespace["metadata"]
    name = metadata.get("name", "")
    if name:
        metadata["labels"] = {**(metadata.get("labels") or {}), _NAMESPACE_LABEL: name}
    namespace.setdefault("spec", {})


def _terminate(namespace: JsonObject, _now: str) -> None:
    namespace.setdefault("status", {})["phase"] = "Terminating"


def _has_content(namespace: JsonObject) -> bool:
    """A namespace is kept by the finalizers in its spec, until its content is gone."""
    return bool((namespace.get("spec") or {}).get("finalizers"))


def _prepare_node(node: JsonObject) -> None:
    """A new node carries the taint until something has found it ready (admission plugin TaintNodesByCondition)."""
    spec = node.setdefault("spec", {})
    taints = spec.get("taints") or []
    if not any(taint.get("key") == NOT_READY_TAINT["key"] for taint in taints):
        spec["taints"] = [*taints, dict(NOT_READY_TAINT)]


def _default_node(node: JsonObject) -> None:
    spec = node.setdefault("spec", {})
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        spec["podCIDRs"] = [spec["podCIDR"]]
    status = node.setdefault("status", {})
    status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 0}})
    status["nodeInfo"] = {**dict.fromkeys(_NODE_INFO, ""), **(status.get("nodeInfo") or {})}
    for condition in status.get("conditions") or []:
        for key in ("lastHeartbeatTime", "lastTransitionTime"):
            condition.setdefault(key, None)
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])


def _update_node(new: JsonObject, old: JsonObject) -> list[FieldError]:
    before = old["spec"].get("providerID")
    if before and new["spec"].get("providerID") != before:
        return [forbidden_field("spec.providerID", 'node updates may not change providerID except from "" to valid')]
    return []


def _default_event(event: JsonObject) -> None:
    for key in ("firstTimestamp", "lastTimestamp", "eventTime"):
        event.setdefault(key, None)
    for key in ("reportingComponent", "reportingInstance"):
        event.setdefault(key, "")
    event.setdefault("source", {})


def _validate_event(event: JsonObject) -> list[FieldError]:
    about = event.get("involvedObject") or {}
    namespace = event["metadata"].get("namespace", "")
    involved = about.get("namespace", "")
    if involved and involved != namespace:
        detail = "does not match event.namespace"
        return [invalid_value("involvedObject.namespace", involved, detail)]
    if not involved and namespace not in {"default", "kube-system"}:
        detail = "does not match event.namespace"
        return [invalid_value("involvedObject.namespace", involved, detail)]
    return []


CONFIG_MAPS = Strategy(name=subdomain, validate=_data_errors, validate_update=_data_update)
SECRETS = Strategy(name=subdomain, default=_default_secret, validate=_validate_secret, validate_update=_update_secret)
SERVICE_ACCOUNTS = Strategy(name=subdomain)
LEASES = Strategy(name=subdomain, default=_default_lease, validate=_validate_lease)
NAMESPACES = Strategy(
    name=dns_label,
    prepare=_prepare_namespace,
    default=_default_namespace,
    initial_status={"phase": "Active"},
    prepare_delete=_terminate,
    waits=_has_content,
)
NODES = Strategy(
    name=subdomain,
    prepare=_prepare_node,
    default=_default_node,
    validate_update=_update_node,
    keeps_status=True,
)
EVENTS = Strategy(name=path_segment, default=_default_event, validate=_validate_event)
