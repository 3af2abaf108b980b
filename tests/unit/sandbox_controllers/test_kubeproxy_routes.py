"""Which endpoints a node port leads to."""

from typing import Any

import pytest

from sandbox.address_table import Place
from sandbox.kubernetes.client import Object
from sandbox.kubernetes.kubeproxy.routes import HealthPort, Node, health_ports_of, node_of, routes_of
from tests.unit.sandbox_controllers.builders import service

NODES = [Node(name="node-a", address="10.0.0.1"), Node(name="node-b", address="10.0.0.2")]
PORT = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP", "nodePort": 31000}


def endpoint(address: str, node: str = "node-a", *, ready: bool = True, **conditions: bool) -> Object:
    return {"addresses": [address], "nodeName": node, "conditions": {"ready": ready, **conditions}}


def piece(*endpoints: Object, name: str = "http", port: int = 8080) -> Object:
    return {"endpoints": list(endpoints), "ports": [{"name": name, "port": port, "protocol": "TCP"}]}


def led(service: Object, *slices: Object) -> dict[str, list[str]]:
    """Node ports and endpoints as text."""
    return {
        str(place): [str(backend) for backend in backends]
        for place, backends in routes_of(service, slices, NODES).items()
    }


A, B = endpoint("10.0.1.1"), endpoint("10.0.1.2", "node-b")
ENDS = endpoint("10.0.1.3", ready=False, serving=True, terminating=True)
NOT_READY = endpoint("10.0.1.4", ready=False, serving=False, terminating=False)


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        pytest.param([piece(A, B)], ["10.0.1.1:8080", "10.0.1.2:8080"], id="every ready endpoint"),
        pytest.param([piece(A), piece(B)], ["10.0.1.1:8080", "10.0.1.2:8080"], id="of all slices"),
        pytest.param([piece(A, ENDS, NOT_READY)], ["10.0.1.1:8080"], id="not those that are not ready"),
        pytest.param([piece(ENDS, NOT_READY)], ["10.0.1.3:8080"], id="terminating ones where no other is left"),
        pytest.param([piece(A, name="admin", port=9000), piece(B)], ["10.0.1.2:8080"], id="only of its own port"),
    ],
)
def test_the_policy_cluster_leads_every_node_to(slices: list[Object], expected: list[str]) -> None:
    assert led(service(ports=[PORT]), *slices) == {"10.0.0.1:31000": expected, "10.0.0.2:31000": expected}


@pytest.mark.parametrize(
    "slices",
    [pytest.param([], id="there is no slice"), pytest.param([piece(NOT_READY)], id="nothing in it serves")],
)
def test_nobody_answers_where(slices: list[Object]) -> None:
    assert led(service(ports=[PORT]), *slices) == {}


def test_the_policy_local_leads_a_node_to_its_own() -> None:
    local = service(ports=[PORT], externalTrafficPolicy="Local")
    assert led(local, piece(A, B)) == {"10.0.0.1:31000": ["10.0.1.1:8080"], "10.0.0.2:31000": ["10.0.1.2:8080"]}
    assert led(local, piece(B)) == {"10.0.0.2:31000": ["10.0.1.2:8080"]}


def test_a_port_without_a_node_port_is_none() -> None:
    assert led(service(), piece(A, name="")) == {}


def test_a_port_for_datagrams_is_one() -> None:
    udp = service(ports=[{"port": 53, "protocol": "UDP", "nodePort": 31053}])
    slices = {"endpoints": [A], "ports": [{"name": "", "port": 53, "protocol": "UDP"}]}
    assert led(udp, slices)["10.0.0.1:31053/udp"] == ["10.0.1.1:53/udp"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}, [1, 0], id="the policy Local"),
        pytest.param({"healthCheckNodePort": 32000}, [], id="another policy"),
        pytest.param({"externalTrafficPolicy": "Local"}, [], id="a Service without the port"),
    ],
)
def test_health_ports_of(spec: dict[str, Any], expected: list[int]) -> None:
    found = health_ports_of(service(**spec), [piece(A, NOT_READY)], NODES)
    places = [Place(host=node.address, port=32000) for node in NODES]
    assert found == [HealthPort(place=place, endpoints=count) for place, count in zip(places, expected, strict=False)]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        pytest.param([{"type": "InternalIP", "address": "10.0.0.1"}], NODES[0], id="a node with a private address"),
        pytest.param([{"type": "Hostname", "address": "a"}], None, id="one without"),
    ],
)
def test_nodes(addresses: list[Object], expected: Node | None) -> None:
    assert node_of({"metadata": {"name": "node-a"}, "status": {"addresses": addresses}}) == expected
