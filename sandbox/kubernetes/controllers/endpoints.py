"""From a Service and its pods to EndpointSlices: which endpoints, with which ports, in which slice. Pure.

Behaviour as of the EndpointSlice documentation and, for what it leaves open, of kube-controller-manager's own slices:
endpoints stay in the slice they are in, a Service without endpoints has one empty slice, and a terminating pod stays,
not ready but serving as its readiness says, until it is gone.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.kubernetes.client.objects import Object, is_terminating, labels_of, owner_reference
from sandbox.kubernetes.client.resources import ENDPOINTSLICES, SERVICES
from sandbox.kubernetes.controllers.pods import is_finished, is_ready

MOST_PER_SLICE = 100
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"
HEADLESS = "service.kubernetes.io/headless"
TRIGGERED = "endpoints.kubernetes.io/last-change-trigger-time"
_ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceChanges:
    """What to write so that the slices hold the endpoints."""

    create: list[Object]
    update: list[Object]
    delete: list[Object]


def address_types(service: Object) -> list[str]:
    """The address families for which a Service has slices."""
    return list(service["spec"].get("ipFamilies") or ["IPv4"])


def plan_slices(
    service: Object,
    *,
    pods: Iterable[Object],
    nodes: Mapping[str, Object],
    slices: list[Object],
    family: str,
    trigger: str,
) -> SliceChanges:
    """How the slices of one address family must change; empty when they are right already.

    `trigger` is the time of the change that led here (annotation last-change-trigger-time), or empty.
    """
    groups: dict[tuple[tuple[str, int, str], ...], dict[str, Object]] = {}
    for pod in pods:
        address = pod_address(pod, family)
        if address and not is_finished(pod):
            group = groups.setdefault(ports_for(service, pod), {})
            group[pod["metadata"]["uid"]] = endpoint_of(service, pod, address, nodes)
    create: list[Object] = []
    update: list[Object] = []
    delete: list[Object] = []
    for ports, endpoints in groups.items():
        standing = [one for one in slices if _ports_key(one) == ports and one.get("endpoints")]
        contents, full = _distribute(endpoints, standing)
        for one, content in zip(standing, contents, strict=True):
            if not content:
                delete.append(one)
            elif content != one["endpoints"] or _labels_differ(service, one):
                update.append(_renewed(service, one, content, ports, trigger))
        create += [_new_slice(service, family, content, ports, trigger) for content in full]
    delete += [one for one in slices if not one.get("endpoints") or _ports_key(one) not in groups]
    return _finish(service, family, slices, SliceChanges(create=create, update=update, delete=delete), trigger)


def ports_for(service: Object, pod: Object) -> tuple[tuple[str, int, str], ...]:
    """Name, number and protocol of each Service port on this pod; a named port that the pod lacks is left out.

    In the order of names, because the order of ports in a slice has no meaning.
    """
    found: list[tuple[str, int, str]] = []
    for port in service["spec"].get("ports") or []:
        protocol = port.get("protocol", "TCP")
        target = port.get("targetPort") or port["port"]
        number = target if isinstance(target, int) else _named_port(pod, target, protocol)
        if number:
            found.append((port.get("name", ""), number, protocol))
    return tuple(sorted(found))


def endpoint_of(service: Object, pod: Object, address: str, nodes: Mapping[str, Object]) -> Object:
    """One endpoint with its conditions (EndpointSlice documentation, "Conditions")."""
    terminating = is_terminating(pod)
    serving = is_ready(pod)
    unready_too = bool(service["spec"].get("publishNotReadyAddresses"))
    meta, spec = pod["metadata"], pod["spec"]
    endpoint: Object = {
        "addresses": [address],
        "conditions": {
            "ready": unready_too or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "targetRef": {
            "kind": "Pod",
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        },
    }
    if spec.get("nodeName"):
        endpoint["nodeName"] = spec["nodeName"]
    zone = labels_of(nodes[spec["nodeName"]]).get(_ZONE) if spec.get("nodeName") in nodes else None
    if zone:
        endpoint["zone"] = zone
    if spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]:
        endpoint["hostname"] = spec["hostname"]
    return endpoint


def slice_labels(service: Object) -> dict[str, str]:
    """The Service's own labels with those that say whose slice it is."""
    labels = {name: value for name, value in labels_of(service).items() if name != HEADLESS}
    labels |= {SERVICE_NAME: service["metadata"]["name"], MANAGED_BY: MANAGER}
    if service["spec"].get("clusterIP") == "None":
        labels[HEADLESS] = ""
    return labels


def pod_address(pod: Object, family: str) -> str | None:
    """The pod's address of a family (IPv4 or IPv6), once it has one."""
    status = pod.get("status") or {}
    addresses = [one["ip"] for one in status.get("podIPs") or []] or [status.get("podIP")]
    version = 6 if family == "IPv6" else 4
    return next((one for one in addresses if one and ipaddress.ip_address(one).version == version), None)


def _distribute(wanted: dict[str, Object], standing: list[Object]) -> tuple[list[list[Object]], list[list[Object]]]:
    """Contents of the standing slices and of new ones.

    An endpoint stays where it is; new ones fill the slices that change anyway, then the fullest that has room.
    """
    left = dict(wanted)
    contents = [[left.pop(uid) for uid in map(_uid, one["endpoints"]) if uid in left] for one in standing]
    changed = [content != one["endpoints"] for content, one in zip(contents, standing, strict=True)]
    order = sorted(range(len(contents)), key=lambda index: (not changed[index], -len(contents[index])))
    rest = list(left.values())
    for index in order:
        room = MOST_PER_SLICE - len(contents[index])
        contents[index] += rest[:room]
        rest = rest[room:]
    return contents, [rest[start : start + MOST_PER_SLICE] for start in range(0, len(rest), MOST_PER_SLICE)]


def _finish(service: Object, family: str, slices: list[Object], changes: SliceChanges, trigger: str) -> SliceChanges:
    """Keep one empty slice where there would be none, and change slices rather than deleting and making them."""
    create, update, delete = list(changes.create), list(changes.update), list(changes.delete)
    if len(delete) == len(slices) and not create:
        if len(delete) == 1 and not delete[0].get("endpoints") and not _labels_differ(service, delete[0]):
            return SliceChanges(create=[], update=[], delete=[])
        create.append(_new_slice(service, family, [], (), trigger))
    reused = list(zip(delete, create, strict=False))
    for old, new in reused:
        ports = _ports_key(new)
        update.append(_renewed(service, old, new["endpoints"], ports, trigger))
    return SliceChanges(create=create[len(reused) :], update=update, delete=delete[len(reused) :])


def _new_slice(
    service: Object, family: str, endpoints: list[Object], ports: tuple[tuple[str, int, str], ...], trigger: str
) -> Object:
    meta = service["metadata"]
    made: Object = {
        "apiVersion": ENDPOINTSLICES.api_version,
        "kind": ENDPOINTSLICES.kind,
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": slice_labels(service),
            "ownerReferences": [owner_reference(service, SERVICES.api_version, SERVICES.kind)],
        },
        "addressType": family,
        "endpoints": endpoints,
        "ports": _ports(ports),
    }
    return _triggered(made, trigger)


def _renewed(
    service: Object, one: Object, endpoints: list[Object], ports: tuple[tuple[str, int, str], ...], trigger: str
) -> Object:
    meta = {**one["metadata"], "labels": slice_labels(service)}
    return _triggered({**one, "metadata": meta, "endpoints": endpoints, "ports": _ports(ports)}, trigger)


def _triggered(one: Object, trigger: str) -> Object:
    annotations = {name: text for name, text in (one["metadata"].get("annotations") or {}).items() if name != TRIGGERED}
    if trigger:
        annotations[TRIGGERED] = trigger
    meta = {name: value for name, value in one["metadata"].items() if name != "annotations"}
    if annotations:
        meta["annotations"] = annotations
    return {**one, "metadata": meta}


def _ports(ports: tuple[tuple[str, int, str], ...]) -> list[Object]:
    return [{"name": name, "port": number, "protocol": protocol} for name, number, protocol in ports]


def _ports_key(one: Object) -> tuple[tuple[str, int, str], ...]:
    ports = one.get("ports") or []
    return tuple(sorted((port.get("name", ""), port["port"], port.get("protocol", "TCP")) for port in ports))


def _labels_differ(service: Object, one: Object) -> bool:
    return labels_of(one) != slice_labels(service)


def _uid(endpoint: Object) -> str:
    uid: str = (endpoint.get("targetRef") or {}).get("uid", "")
    return uid


def _named_port(pod: Object, name: str, protocol: str) -> int | None:
    for container in pod["spec"].get("containers") or []:
        for port in container.get("ports") or []:
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                number: int = port["containerPort"]
                return number
    return None
