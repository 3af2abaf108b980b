"""Cluster addresses and node ports of Services: given out on write, taken back when no Service holds them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from sandbox.kubernetes.apiserver.errors import FieldError, invalid, invalid_value
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.store import Shelf

NODE_PORTS = range(30000, 32768)
SERVICE_NETWORK = IPv4Network("10.96.0.0/16")
_WITH_NODE_PORTS = {"NodePort", "LoadBalancer"}


class ServiceAllocator:
    """Sets what a Service leaves to the cluster; 422 for an address or port that is taken or out of range."""

    def __init__(self, services: Shelf) -> None:
        self._services = services

    def allocate(self, service: JsonObject, old: JsonObject | None) -> None:
        others = [
            record.object
            for record in self._services.records("")
            if record.object["metadata"]["uid"] != service["metadata"]["uid"]
        ]
        spec = service.get("spec")
        if not isinstance(spec, dict) or spec.get("type") == "ExternalName":
            return
        self._cluster_ip(service, old, others)
        self._node_ports(service, old, others)

    def _cluster_ip(self, service: JsonObject, old: JsonObject | None, others: list[JsonObject]) -> None:
        spec = service["spec"]
        previous = (old or {}).get("spec", {})
        if not spec.get("clusterIP") and previous.get("clusterIP") and previous.get("type") != "ExternalName":
            spec["clusterIP"] = previous["clusterIP"]
        asked = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or []), "")
        if asked == "None":
            spec["clusterIP"], spec["clusterIPs"] = "None", ["None"]
            return
        taken = {each["spec"].get("clusterIP") for each in others}
        if asked and previous.get("clusterIP") in {None, "", "None"}:
            self._check_address(service, asked, taken)
        spec["clusterIP"] = asked or self._free_address(taken)
        spec.setdefault("clusterIPs", [spec["clusterIP"]])

    @staticmethod
    def _check_address(service: JsonObject, asked: str, taken: set[str | None]) -> None:
        try:
            inside = IPv4Address(asked) in SERVICE_NETWORK
        except ValueError:
            return
        if not inside:
            detail = f"failed to allocate IP {asked}: the provided network does not match the current range"
            _refuse(service, invalid_value("spec.clusterIPs", [asked], detail))
        if asked in taken:
            detail = f"failed to allocate IP {asked}: provided IP is already allocated"
            _refuse(service, invalid_value("spec.clusterIPs", [asked], detail))

    @staticmethod
    def _free_address(taken: set[str | None]) -> str:
        while True:
            offset = random.randrange(16, SERVICE_NETWORK.num_addresses - 1)  # noqa: S311 - an address, no secret
            address = str(SERVICE_NETWORK.network_address + offset)
            if address not in taken:
                return address

    def _node_ports(self, service: JsonObject, old: JsonObject | None, others: list[JsonObject]) -> None:
        spec = service["spec"]
        if spec.get("type") not in _WITH_NODE_PORTS:
            return
        taken = {held for each in others for held in _held(each)}
        before = {(port["port"], port.get("protocol")): port.get("nodePort") for port in _ports(old or {})}
        allocates = spec.get("allocateLoadBalancerNodePorts", True) or spec["type"] == "NodePort"
        for at, port in enumerate(_ports(service)):
            protocol = port.get("protocol", "TCP")
            asked = port.get("nodePort") or before.get((port.get("port"), protocol))
            if asked:
                self._check_port(service, at, asked, (asked, protocol) in taken)
                port["nodePort"] = asked
            elif allocates:
                port["nodePort"] = self._free_port({held for held, _ in taken}, service)
            if port.get("nodePort"):
                taken.add((port["nodePort"], protocol))
        checked = spec["type"] == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"
        if checked and not spec.get("healthCheckNodePort"):
            spec["healthCheckNodePort"] = self._free_port({held for held, _ in taken}, service)

    @staticmethod
    def _check_port(service: JsonObject, at: int, asked: int, is_taken: bool) -> None:
        field = f"spec.ports[{at}].nodePort"
        if asked not in NODE_PORTS:
            detail = (
                f"provided port is not in the valid range. The range of valid ports is {NODE_PORTS[0]}-{NODE_PORTS[-1]}"
            )
            _refuse(service, invalid_value(field, asked, detail))
        if is_taken:
            _refuse(service, invalid_value(field, asked, "provided port is already allocated"))

    @staticmethod
    def _free_port(taken: set[int], service: JsonObject) -> int:
        free = [port for port in NODE_PORTS if port not in taken]
        if not free:
            _refuse(service, invalid_value("spec.ports", None, "range is full"))
        return random.choice(free)  # noqa: S311 - a port, no secret


def _ports(service: JsonObject) -> list[JsonObject]:
    return (service.get("spec") or {}).get("ports") or []


def _held(service: JsonObject) -> Iterator[tuple[int, str]]:
    for port in _ports(service):
        if port.get("nodePort"):
            yield port["nodePort"], port.get("protocol", "TCP")
    check_port = (service.get("spec") or {}).get("healthCheckNodePort")
    if check_port:
        yield check_port, "TCP"


def _refuse(service: JsonObject, error: FieldError) -> None:
    raise invalid(kind="Service", group="", name=service["metadata"].get("name", ""), errors=[error])
