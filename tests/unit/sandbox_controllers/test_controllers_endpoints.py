"""From a Service and its pods to EndpointSlices."""

from typing import Any

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.endpoints import SliceChanges, plan_slices
from tests.unit.sandbox_controllers.builders import NAMESPACE, node, pod, service

NODES = {"node-a": node("node-a", labels={"topology.kubernetes.io/zone": "us-west-2a"})}
LABELS = {
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
}
OWNER = {
    "apiVersion": "v1",
    "kind": "Service",
    "name": "web",
    "uid": "uid-service",
    "controller": True,
    "blockOwnerDeletion": True,
}
UNNAMED = [{"name": "", "port": 8080, "protocol": "TCP"}]


def endpoint(name: str, *, ready: bool = True, serving: bool = True, terminating: bool = False, **other: Any) -> Object:
    return {
        "addresses": ["10.0.100.5"],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": {"kind": "Pod", "name": name, "namespace": NAMESPACE, "uid": f"uid-{name}"},
        "nodeName": "node-a",
        "zone": "us-west-2a",
        **other,
    }


def new_slice(endpoints: list[Object], ports: list[Object], labels: dict[str, str] | None = None) -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": "web-",
            "namespace": NAMESPACE,
            "labels": labels or LABELS,
            "ownerReferences": [OWNER],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    }


def standing(name: str, endpoints: list[Object], ports: list[Object] | None = None) -> Object:
    one = new_slice(endpoints, UNNAMED if ports is None else ports)
    return {**one, "metadata": {**one["metadata"], "name": name, "uid": f"uid-{name}", "resourceVersion": "7"}}


def plan(web: Object, pods: list[Object], slices: list[Object]) -> SliceChanges:
    return plan_slices(web, pods=pods, nodes=NODES, slices=slices, family="IPv4", trigger="")


@pytest.mark.parametrize(
    ("web", "one", "expected"),
    [
        pytest.param(service(), pod("a"), endpoint("a"), id="a ready pod"),
        pytest.param(
            service(), pod("a", ready=False), endpoint("a", ready=False, serving=False), id="a pod that is not ready"
        ),
        pytest.param(
            service(),
            pod("a", terminating=True),
            endpoint("a", ready=False, terminating=True),
            id="a terminating pod that still serves",
        ),
        pytest.param(
            service(),
            pod("a", ready=False, terminating=True),
            endpoint("a", ready=False, serving=False, terminating=True),
            id="a terminating pod that does not serve any more",
        ),
        pytest.param(
            service(publishNotReadyAddresses=True),
            pod("a", ready=False),
            endpoint("a", serving=False),
            id="a pod that is not ready, where the Service wants those too",
        ),
        pytest.param(
            service(),
            pod("a", spec={"hostname": "first", "subdomain": "web"}),
            endpoint("a", hostname="first"),
            id="a pod with a host name below the Service",
        ),
    ],
)
def test_conditions_of_an_endpoint(web: Object, one: Object, expected: Object) -> None:
    assert plan(web, [one], []) == SliceChanges(create=[new_slice([expected], UNNAMED)], update=[], delete=[])


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(pod("a", address=None), id="has no address yet"),
        pytest.param(pod("a", phase="Succeeded"), id="has succeeded"),
        pytest.param(pod("a", phase="Failed"), id="has failed"),
        pytest.param(pod("a", address="2600:1f14::5"), id="has an address of the other family only"),
    ],
)
def test_no_endpoint_for_a_pod_that(one: Object) -> None:
    assert plan(service(), [one], []) == SliceChanges(create=[new_slice([], [])], update=[], delete=[])


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        pytest.param(
            [{"port": 80}], [{"name": "", "port": 80, "protocol": "TCP"}], id="the Service's own without a target"
        ),
        pytest.param(
            [{"name": "web", "port": 80, "targetPort": "http"}],
            [{"name": "web", "port": 8080, "protocol": "TCP"}],
            id="the pod's by name",
        ),
        pytest.param(
            [{"name": "web", "port": 80, "targetPort": "http"}, {"name": "x", "port": 81, "targetPort": "missing"}],
            [{"name": "web", "port": 8080, "protocol": "TCP"}],
            id="without a name that the pod does not have",
        ),
        pytest.param(
            [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "api", "port": 80}],
            [{"name": "api", "port": 80, "protocol": "TCP"}, {"name": "dns", "port": 53, "protocol": "UDP"}],
            id="all of them in the order of names",
        ),
    ],
)
def test_ports_of_a_slice(ports: list[Object], expected: list[Object]) -> None:
    assert plan(service(ports=ports), [pod("a")], []).create == [new_slice([endpoint("a")], expected)]


def test_pods_whose_named_port_has_other_numbers_are_in_other_slices() -> None:
    other = pod("b", spec={"containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 9090}]}]})
    made = plan(service(ports=[{"port": 80, "targetPort": "http"}]), [pod("a"), other], []).create
    assert [(one["ports"][0]["port"], [end["targetRef"]["name"] for end in one["endpoints"]]) for one in made] == [
        (8080, ["a"]),
        (9090, ["b"]),
    ]


def test_a_headless_service_says_so_on_its_slices() -> None:
    labels = {**LABELS, "service.kubernetes.io/headless": ""}
    assert plan(service(clusterIP="None"), [pod("a")], []).create == [new_slice([endpoint("a")], UNNAMED, labels)]


def test_slices_that_are_right_are_left_alone() -> None:
    assert plan(service(), [pod("a")], [standing("one", [endpoint("a")])]) == SliceChanges(
        create=[], update=[], delete=[]
    )


def test_an_empty_slice_of_a_service_without_pods_is_left_alone() -> None:
    assert plan(service(), [], [standing("one", [], [])]) == SliceChanges(create=[], update=[], delete=[])


def test_the_first_endpoint_goes_into_the_empty_slice() -> None:
    filled = standing("one", [endpoint("a")])
    assert plan(service(), [pod("a")], [standing("one", [], [])]) == SliceChanges(create=[], update=[filled], delete=[])


def test_the_last_endpoint_leaves_an_empty_slice_behind() -> None:
    emptied = standing("one", [], [])
    assert plan(service(), [], [standing("one", [endpoint("a")])]) == SliceChanges(
        create=[], update=[emptied], delete=[]
    )


def test_a_new_endpoint_joins_the_slice_that_has_room() -> None:
    changes = plan(service(), [pod("a"), pod("b")], [standing("one", [endpoint("a")])])
    assert changes == SliceChanges(create=[], update=[standing("one", [endpoint("a"), endpoint("b")])], delete=[])


def test_a_slice_takes_a_hundred_endpoints_and_keeps_its_own() -> None:
    full = standing("one", [endpoint(f"p{number}") for number in range(100)])
    pods = [pod(f"p{number}") for number in range(102)]
    changes = plan(service(), pods, [full])
    assert changes == SliceChanges(
        create=[new_slice([endpoint("p100"), endpoint("p101")], UNNAMED)], update=[], delete=[]
    )


def test_a_slice_that_changes_anyway_takes_the_new_endpoints() -> None:
    slices = [standing("one", [endpoint("a")]), standing("two", [endpoint("b"), endpoint("gone")])]
    changes = plan(service(), [pod("a"), pod("b"), pod("c")], slices)
    assert changes == SliceChanges(create=[], update=[standing("two", [endpoint("b"), endpoint("c")])], delete=[])


def test_a_write_carries_the_time_of_the_change_and_drops_an_older_one() -> None:
    old = standing("one", [endpoint("a")])
    old["metadata"]["annotations"] = {
        "endpoints.kubernetes.io/last-change-trigger-time": "2026-03-01T09:00:00Z",
        "x": "y",
    }
    pods = [pod("a", ready=False)]
    timed = plan_slices(
        service(), pods=pods, nodes=NODES, slices=[old], family="IPv4", trigger="2026-03-01T10:00:00Z"
    ).update[0]
    untimed = plan(service(), pods, [old]).update[0]
    assert timed["metadata"]["annotations"] == {
        "endpoints.kubernetes.io/last-change-trigger-time": "2026-03-01T10:00:00Z",
        "x": "y",
    }
    assert untimed["metadata"]["annotations"] == {"x": "y"}
