"""From a Service and its EndpointSlices to what each node port leads to. Pure.

Kubernetes documentation, "Virtual IPs and Service Proxies": traffic policies, and terminating endpoints where no other
is left. Session affinity is not kept: on loopback all clients have one address.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.address_table import Place
from sandbox.kubernetes.client.objects import Object

_PROTOCOLS = ("TCP", "UDP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPort:
    """What a load balancer asks to learn whether a node has endpoints of a Service with the policy Local."""

    place: Place
    endpoints: int
    """Ready endpoints on the node."""


def node_of(item: Object) -> Node | None:
    """A Node's name and private address; None while it has no address."""
    addresses = (item.get("status") or {}).get("addresses") or []
    internal = next((one["address"] for one in addresses if one["type"] == "InternalIP"), None)
    return None if internal is None else Node(name=item["metadata"]["name"], address=internal)


def has_node_ports(service: Object) -> bool:
    return any(port.get("nodePort") for port in service["spec"].get("ports") or [])


def routes_of(service: Object, slices: Iterable[Object], nodes: Iterable[Node]) -> dict[Place, tuple[Place, ...]]:
    """By node port of each node, the endpoints that a new connection may go to.

    A port without any endpoint is left out: nobody answers there.
    """
    found: dict[Place, tuple[Place, ...]] = {}
    slices = list(slices)
    for node in nodes:
        for port in service["spec"].get("ports") or []:
            protocol = port.get("protocol", "TCP")
            if not port.get("nodePort") or protocol not in _PROTOCOLS:
                continue
            backends = _backends(service, port.get("name", ""), protocol, slices, node)
            if backends:
                found[Place(host=node.address, port=port["nodePort"], protocol=protocol.lower())] = backends
    return found


def health_ports_of(service: Object, slices: Iterable[Object], nodes: Iterable[Node]) -> list[HealthPort]:
    """The health check ports of a Service with the external traffic policy Local, one a node."""
    number = service["spec"].get("healthCheckNodePort")
    if not number or not _is_local(service):
        return []
    endpoints = [one for piece in slices for one in piece.get("endpoints") or []]
    return [
        HealthPort(
            place=Place(host=node.address, port=number),
            endpoints=sum(_is_ready(one) and one.get("nodeName") == node.name for one in endpoints),
        )
        for node in nodes
    ]


def _backends(service: Object, name: str, protocol: str, slices: list[Object], node: Node) -> tuple[Place, ...]:
    candidates = [
        (one, Place(host=one["addresses"][0], port=port["port"], protocol=protocol.lower()))
        for piece in slices
        for port in piece.get("ports") or []
        if (port.get("name") or "", port.get("protocol", "TCP")) == (name, protocol) and port.get("port")
        for one in piece.get("endpoints") or []
        if not _is_local(service) or one.get("nodeName") == node.name
    ]
    ready = {place for one, place in candidates if _is_ready(one)}
    return tuple(sorted(ready or {place for one, place in candidates if _serves_while_terminating(one)}))


def _is_local(service: Object) -> bool:
    return bool(service["spec"].get("externalTrafficPolicy") == "Local")


def _is_ready(endpoint: Object) -> bool:
    return (endpoint.get("conditions") or {}).get("ready") is not False


def _serves_while_terminating(endpoint: Object) -> bool:
    conditions = endpoint.get("conditions") or {}
    return bool(conditions.get("serving") and conditions.get("terminating"))
