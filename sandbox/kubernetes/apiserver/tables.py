"""Lists and objects as meta/v1 Tables: the columns that kubectl shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.kubernetes.apiserver.json_paths import json_path_text
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.subresources import selector_text

NONE = "<none>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its definition and how a cell is made of an object."""

    name: str
    cell: Callable[[JsonObject, datetime], Any]
    type: str = "string"
    priority: int = 0
    """0 is always shown, others only in wide output."""
    description: str = ""
    format: str = ""

    def definition(self) -> JsonObject:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format or ("name" if self.name == "Name" else ""),
            "description": self.description or self.name,
            "priority": self.priority,
        }


def _col(name: str, cell: Callable[[JsonObject], Any], *, type: str = "string", wide: bool = False) -> Column:  # noqa: A002
    return Column(name=name, cell=lambda obj, _now: cell(obj), type=type, priority=int(wide))


def duration(since: str, now: datetime) -> str:
    """An age as kubectl words it: the two largest units while they matter."""
    try:
        seconds = int((now - datetime.fromisoformat(since)).total_seconds())
    except (TypeError, ValueError):
        return "<unknown>"
    if seconds < 0:
        return "0s" if seconds >= -2 else "<invalid>"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    steps = (
        (seconds < 120, f"{seconds}s"),
        (minutes < 10, f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"),
        (minutes < 180, f"{minutes}m"),
        (hours < 8, f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"),
        (hours < 48, f"{hours}h"),
        (days < 8, f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"),
        (days < 730, f"{days}d"),
    )
    return next((text for fits, text in steps if fits), f"{days // 365}y{days % 365}d")


def _get(obj: JsonObject, path: str, default: Any = "") -> Any:
    value: Any = obj
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return default if value is None else value


def _age(obj: JsonObject, now: datetime) -> str:
    return duration(_get(obj, "metadata.creationTimestamp"), now)


NAME = _col("Name", lambda obj: obj["metadata"].get("name", ""))
AGE = Column(name="Age", cell=_age)


def _joined(values: Iterable[str]) -> str:
    return ",".join(values) or NONE


def _service_ports(obj: JsonObject) -> str:
    return _joined(
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in _get(obj, "spec.ports", [])
    )


def _balancer_addresses(obj: JsonObject) -> str:
    return ",".join(
        each.get("ip") or each.get("hostname") or "" for each in _get(obj, "status.loadBalancer.ingress", [])
    )


def _external_ip(obj: JsonObject) -> str:
    kind = _get(obj, "spec.type")
    external: list[str] = _get(obj, "spec.externalIPs", [])
    if kind == "LoadBalancer":
        addresses = [address for address in [_balancer_addresses(obj), *external] if address]
        return ",".join(addresses) or "<pending>"
    if kind == "ExternalName":
        return str(_get(obj, "spec.externalName"))
    return _joined(external)


def _containers(obj: JsonObject, field: str) -> str:
    return ",".join(each.get(field, "") for each in _get(obj, "spec.template.spec.containers", []))


def _label_map(labels: JsonObject) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE


def _ready(obj: JsonObject) -> str:
    statuses = _get(obj, "status.containerStatuses", [])
    return f"{sum(1 for each in statuses if each.get('ready'))}/{len(_get(obj, 'spec.containers', []))}"


def _pod_status(obj: JsonObject) -> str:
    reason = str(_get(obj, "status.reason") or _get(obj, "status.phase", "Pending"))
    for status in reversed(_get(obj, "status.containerStatuses", [])):
        state = status.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated") or {}
        reason = waiting.get("reason") or terminated.get("reason") or reason
    if obj["metadata"].get("deletionTimestamp"):
        return "Unknown" if _get(obj, "status.reason") == "NodeLost" else "Terminating"
    return reason


def _gates(obj: JsonObject) -> str:
    gates = [each["conditionType"] for each in _get(obj, "spec.readinessGates", [])]
    if not gates:
        return NONE
    conditions = {each["type"]: each["status"] for each in _get(obj, "status.conditions", [])}
    return f"{sum(1 for gate in gates if conditions.get(gate) == 'True')}/{len(gates)}"


def _node_status(obj: JsonObject) -> str:
    ready = next((each["status"] for each in _get(obj, "status.conditions", []) if each["type"] == "Ready"), "")
    text = {"True": "Ready", "": "Unknown"}.get(ready, "NotReady")
    return f"{text},SchedulingDisabled" if _get(obj, "spec.unschedulable", False) else text


def _node_roles(obj: JsonObject) -> str:
    prefix = "node-role.kubernetes.io/"
    return _joined(
        sorted(key.removeprefix(prefix) for key in _get(obj, "metadata.labels", {}) if key.startswith(prefix))
    )


def _node_address(kind: str) -> Callable[[JsonObject], str]:
    return lambda obj: next(
        (each["address"] for each in _get(obj, "status.addresses", []) if each["type"] == kind), NONE
    )


def _ingress_hosts(obj: JsonObject) -> str:
    hosts = [rule["host"] for rule in _get(obj, "spec.rules", []) if rule.get("host")]
    shown = ",".join(hosts[:3]) or "*"
    return f"{shown} + {len(hosts) - 3} more..." if len(hosts) > 3 else shown


def _slice_ports(obj: JsonObject) -> str:
    ports = [str(port.get("port", "*")) for port in obj.get("ports") or []]
    return ",".join(ports) or "<unset>"


def _slice_endpoints(obj: JsonObject) -> str:
    found = [address for endpoint in obj.get("endpoints") or [] for address in endpoint.get("addresses") or []]
    shown = ",".join(found[:3]) or "<unset>"
    return f"{shown} + {len(found) - 3} more..." if len(found) > 3 else shown


def _class_name(obj: JsonObject) -> str:
    default = _get(obj, "metadata.annotations", {}).get("ingressclass.kubernetes.io/is-default-class") == "true"
    return f"{obj['metadata']['name']} (default)" if default else str(obj["metadata"]["name"])


def _class_parameters(obj: JsonObject) -> str:
    parameters = _get(obj, "spec.parameters", {})
    if not parameters:
        return NONE
    group = parameters.get("apiGroup")
    kind = f"{parameters['kind']}.{group}" if group else parameters["kind"]
    return f"{kind}/{parameters['name']}"


def _event_last(obj: JsonObject, now: datetime) -> str:
    series = obj.get("series") or {}
    moments = (obj.get("lastTimestamp"), obj.get("deprecatedLastTimestamp"), series.get("lastObservedTime"))
    moment = next((each for each in (*moments, obj.get("eventTime")) if each), "")
    return duration(moment, now)


def _event_first(obj: JsonObject, now: datetime) -> str:
    moments = (obj.get("firstTimestamp"), obj.get("deprecatedFirstTimestamp"), obj.get("eventTime"))
    return duration(next((each for each in moments if each), ""), now)


def _event_about(obj: JsonObject) -> JsonObject:
    about: JsonObject = obj.get("involvedObject") or obj.get("regarding") or {}
    return about


def _event_object(obj: JsonObject) -> str:
    about = _event_about(obj)
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


def _event_source(obj: JsonObject) -> str:
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    component = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController") or ""
    host = source.get("host") or obj.get("reportingInstance") or ""
    return f"{component}, {host}" if host else component


def _event_count(obj: JsonObject) -> int:
    series = obj.get("series") or {}
    count: int = series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1
    return count


_WORKLOAD_WIDE = (
    _col("Containers", lambda obj: _containers(obj, "name"), wide=True),
    _col("Images", lambda obj: _containers(obj, "image"), wide=True),
    _col("Selector", lambda obj: selector_text(_get(obj, "spec.selector", {})), wide=True),
)

_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "configmaps": (
        NAME,
        _col("Data", lambda obj: len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), type="string"),
        AGE,
    ),
    "deployments.apps": (
        NAME,
        _col("Ready", lambda obj: f"{_get(obj, 'status.readyReplicas', 0)}/{_get(obj, 'spec.replicas', 0)}"),
        _col("Up-to-date", lambda obj: _get(obj, "status.updatedReplicas", 0)),
        _col("Available", lambda obj: _get(obj, "status.availableReplicas", 0)),
        AGE,
        *_WORKLOAD_WIDE,
    ),
    "endpointslices.discovery.k8s.io": (
        NAME,
        _col("AddressType", lambda obj: obj.get("addressType", "")),
        _col("Ports", _slice_ports),
        _col("Endpoints", _slice_endpoints),
        AGE,
    ),
    "events": (
        Column(name="Last Seen", cell=_event_last),
        _col("Type", lambda obj: obj.get("type", "")),
        _col("Reason", lambda obj: obj.get("reason", "")),
        _col("Object", _event_object),
        _col("Subobject", lambda obj: _event_about(obj).get("fieldPath", ""), wide=True),
        _col("Source", _event_source, wide=True),
        _col("Message", lambda obj: (obj.get("message") or obj.get("note") or "").strip()),
        Column(name="First Seen", cell=_event_first, priority=1),
        _col("Count", _event_count, wide=True),
        _col("Name", lambda obj: obj["metadata"].get("name", ""), wide=True),
    ),
    "ingressclasses.networking.k8s.io": (
        _col("Name", _class_name),
        _col("Controller", lambda obj: _get(obj, "spec.controller")),
        _col("Parameters", _class_parameters),
        AGE,
    ),
    "ingresses.networking.k8s.io": (
        NAME,
        _col("Class", lambda obj: _get(obj, "spec.ingressClassName", NONE)),
        _col("Hosts", _ingress_hosts),
        _col("Address", _balancer_addresses),
        _col("Ports", lambda obj: "80, 443" if _get(obj, "spec.tls", []) else "80"),
        AGE,
    ),
    "leases.coordination.k8s.io": (NAME, _col("Holder", lambda obj: _get(obj, "spec.holderIdentity")), AGE),
    **{
        f"{kind}webhookconfigurations.admissionregistration.k8s.io": (
            NAME,
            _col("Webhooks", lambda obj: len(_get(obj, "webhooks", []) or ()), type="integer"),
            AGE,
        )
        for kind in ("mutating", "validating")
    },
    "namespaces": (NAME, _col("Status", lambda obj: _get(obj, "status.phase")), AGE),
    "nodes": (
        NAME,
        _col("Status", _node_status),
        _col("Roles", _node_roles),
        AGE,
        _col("Version", lambda obj: _get(obj, "status.nodeInfo.kubeletVersion")),
        _col("Internal-IP", _node_address("InternalIP"), wide=True),
        _col("External-IP", _node_address("ExternalIP"), wide=True),
        _col("OS-Image", lambda obj: _get(obj, "status.nodeInfo.osImage") or "<unknown>", wide=True),
        _col("Kernel-Version", lambda obj: _get(obj, "status.nodeInfo.kernelVersion") or "<unknown>", wide=True),
        _col(
            "Container-Runtime",
            lambda obj: _get(obj, "status.nodeInfo.containerRuntimeVersion") or "<unknown>",
            wide=True,
        ),
    ),
    "pods": (
        NAME,
        _col("Ready", _ready),
        _col("Status", _pod_status),
        _col(
            "Restarts",
            lambda obj: str(sum(each.get("restartCount", 0) for each in _get(obj, "status.containerStatuses", []))),
        ),
        AGE,
        _col("IP", lambda obj: _get(obj, "status.podIP") or NONE, wide=True),
        _col("Node", lambda obj: _get(obj, "spec.nodeName") or NONE, wide=True),
        _col("Nominated Node", lambda obj: _get(obj, "status.nominatedNodeName") or NONE, wide=True),
        _col("Readiness Gates", _gates, wide=True),
    ),
    "replicasets.apps": (
        NAME,
        _col("Desired", lambda obj: _get(obj, "spec.replicas", 0), type="integer"),
        _col("Current", lambda obj: _get(obj, "status.replicas", 0), type="integer"),
        _col("Ready", lambda obj: _get(obj, "status.readyReplicas", 0), type="integer"),
        AGE,
        *_WORKLOAD_WIDE,
    ),
    "secrets": (
        NAME,
        _col("Type", lambda obj: obj.get("type", "")),
        _col("Data", lambda obj: len(obj.get("data") or {}), type="string"),
        AGE,
    ),
    "serviceaccounts": (NAME, AGE),
    "services": (
        NAME,
        _col("Type", lambda obj: _get(obj, "spec.type")),
        _col("Cluster-IP", lambda obj: _get(obj, "spec.clusterIP") or NONE),
        _col("External-IP", _external_ip),
        _col("Port(s)", _service_ports),
        AGE,
        _col("Selector", lambda obj: _label_map(_get(obj, "spec.selector", {})), wide=True),
    ),
}

_CREATED = Column(name="Created At", cell=lambda obj, _now: _get(obj, "metadata.creationTimestamp"), type="date")


def columns_of(resource: Resource) -> tuple[Column, ...]:
    """The columns of a resource: of a custom one what its CRD says, and its age."""
    if not resource.custom:
        return _COLUMNS.get(resource.storage, (NAME, _CREATED))
    own = tuple(_custom_column(each) for each in resource.columns)
    return (NAME, *own) if own else (NAME, AGE)


def _custom_column(column: JsonObject) -> Column:
    path, kind = column["jsonPath"], column["type"]

    def cell(obj: JsonObject, now: datetime) -> Any:
        value = json_path_text(obj, path)
        if value is None:
            return None
        if kind == "date":
            return duration(value, now)
        return str(value) if kind == "string" else value

    return Column(
        name=column["name"],
        cell=cell,
        type=kind,
        priority=column.get("priority", 0),
        description=column.get("description", ""),
        format=column.get("format", ""),
    )


def table(
    resource: Resource, objects: Iterable[JsonObject], *, list_metadata: JsonObject, include: str, now: datetime
) -> JsonObject:
    """A Table of the objects; `include` is the request's includeObject (None, Metadata or Object)."""
    columns = columns_of(resource)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_metadata,
        "columnDefinitions": [column.definition() for column in columns],
        "rows": [
            {"cells": [column.cell(obj, now) for column in columns], "object": _included(obj, include)}
            for obj in objects
        ],
    }


def _included(obj: JsonObject, include: str) -> JsonObject | None:
    if include == "None":
        return None
    if include == "Object":
        return obj
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
