"""What is refused, in whose words, and what is filled in: the built-in kinds that load balancers are made of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_kubernetes.apiserver_cluster import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    INGRESSES,
    MERGE,
    NAMESPACED,
    PODS,
    SERVICES,
    STRATEGIC,
    Cluster,
    causes,
    config_map,
    deployment,
    ingress,
    path,
    plain,
    pod,
    service,
)

SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def _slice(*addresses: str, kind: str = "IPv4") -> dict[str, Any]:
    endpoints = [{"addresses": [address]} for address in addresses]
    return {"metadata": {"name": "s"}, "addressType": kind, "endpoints": endpoints, "ports": [{"port": 80}]}


PORT_RANGE = "must be between 1 and 65535, inclusive"
NODE_RANGE = "provided port is not in the valid range. The range of valid ports is 30000-32767"


@pytest.mark.parametrize(
    ("url", "body", "expected"),
    [
        pytest.param(SERVICES, service(ports=[]), [("spec.ports", "Required value")], id="a service without ports"),
        pytest.param(
            SERVICES,
            service(ports=[{"port": 70000}]),
            [
                ("spec.ports[0].port", f"Invalid value: 70000: {PORT_RANGE}"),
                ("spec.ports[0].targetPort", f"Invalid value: 70000: {PORT_RANGE}"),
            ],
            id="a service port out of range",
        ),
        pytest.param(
            SERVICES,
            service(ports=[{"port": 80}, {"port": 81, "name": "b"}]),
            [("spec.ports[0].name", "Required value")],
            id="several ports need names",
        ),
        pytest.param(
            SERVICES,
            service(type="NodePort", ports=[{"port": 80, "nodePort": 80}]),
            [("spec.ports[0].nodePort", f"Invalid value: 80: {NODE_RANGE}")],
            id="a node port out of range",
        ),
        pytest.param(
            SERVICES,
            service(ports=[{"port": 80, "nodePort": 30000}]),
            [("spec.ports[0].nodePort", "Forbidden: may not be used when `type` is 'ClusterIP'")],
            id="a node port without a type for it",
        ),
        pytest.param(
            SERVICES,
            service(type="Balancer"),
            [
                (
                    "spec.type",
                    'Unsupported value: "Balancer": supported values: '
                    '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
                )
            ],
            id="an unknown service type",
        ),
        pytest.param(
            SERVICES,
            service(loadBalancerSourceRanges=["10.0.0.0/8"]),
            [("spec.LoadBalancerSourceRanges", "Forbidden: may only be used when `type` is 'LoadBalancer'")],
            id="source ranges without a load balancer",
        ),
        pytest.param(
            INGRESSES,
            ingress(),
            [("spec", "Invalid value: null: either `defaultBackend` or `rules` must be specified")],
            id="an ingress without anything",
        ),
        pytest.param(
            INGRESSES,
            ingress(path("web")),
            [("spec.rules[0].http.paths[0].path", 'Invalid value: "web": must be an absolute path')],
            id="a relative path",
        ),
        pytest.param(
            INGRESSES,
            ingress(path(kind=None)),
            [("spec.rules[0].http.paths[0].pathType", "Required value: pathType must be specified")],
            id="a path without a type",
        ),
        pytest.param(
            INGRESSES,
            ingress(path(kind="Regex")),
            [
                (
                    "spec.rules[0].http.paths[0].pathType",
                    'Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
                )
            ],
            id="an unknown path type",
        ),
        pytest.param(
            INGRESSES,
            ingress(path("/a//b", "Exact")),
            [("spec.rules[0].http.paths[0].path", "Invalid value: \"/a//b\": must not contain '//'")],
            id="an exact path with an empty segment",
        ),
        pytest.param(
            INGRESSES,
            ingress(path(service={"name": "web"})),
            [("spec.rules[0].http.paths[0].backend", "Required value: port name or number is required")],
            id="a backend without a port",
        ),
        pytest.param(
            INGRESSES,
            ingress(path(service={"name": "web", "port": {"name": "a", "number": 1}})),
            [("spec.rules[0].http.paths[0].backend", 'Invalid value: "": cannot set both port name & port number')],
            id="a backend with two ports",
        ),
        pytest.param(
            INGRESSES,
            {"metadata": {"name": "web"}, "spec": {"rules": [{"host": "10.0.0.1"}]}},
            [("spec.rules[0].host", 'Invalid value: "10.0.0.1": must be a DNS name, not an IP address')],
            id="an address as host",
        ),
        pytest.param(
            CLASSES,
            {"metadata": {"name": "c"}, "spec": {}},
            [("spec.controller", "Required value")],
            id="a class without a controller",
        ),
        pytest.param(
            DEPLOYMENTS,
            deployment(selector={"matchLabels": {"app": "other"}}),
            [
                (
                    "spec.template.metadata.labels",
                    'Invalid value: {"app":"web"}: `selector` does not match template `labels`',
                )
            ],
            id="a selector that misses its template",
        ),
        pytest.param(
            DEPLOYMENTS,
            deployment(replicas=-1),
            [("spec.replicas", "Invalid value: -1: must be greater than or equal to 0")],
            id="negative replicas",
        ),
        pytest.param(
            DEPLOYMENTS,
            deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
            [("spec.strategy.rollingUpdate.maxUnavailable", "Invalid value: 0: may not be 0 when `maxSurge` is 0")],
            id="a rollout that cannot move",
        ),
        pytest.param(
            PODS,
            {"metadata": {"name": "p"}, "spec": {}},
            [("spec.containers", "Required value")],
            id="a pod without containers",
        ),
        pytest.param(
            SLICES,
            _slice("127.0.0.1"),
            [
                (
                    "endpoints[0].addresses[0]",
                    'Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
                )
            ],
            id="a loopback endpoint",
        ),
        pytest.param(
            SLICES,
            _slice("::2"),
            [("endpoints[0].addresses", 'Invalid value: "::2": must be an IPv4 address')],
            id="an endpoint of the other family",
        ),
        pytest.param(
            LEASES,
            {"metadata": {"name": "l"}, "spec": {"leaseDurationSeconds": 0}},
            [("spec.leaseDurationSeconds", "Invalid value: 0: must be greater than 0")],
            id="a lease of no length",
        ),
        pytest.param(
            CONFIG_MAPS,
            {"metadata": {}},
            [("metadata.name", "Required value: name or generateName is required")],
            id="an object without a name",
        ),
    ],
)
async def test_an_invalid_object_is_refused_with_its_causes(
    cluster: Cluster, url: str, body: Any, expected: list[tuple[str, str]]
) -> None:
    status = await cluster.status("POST", url, body)
    assert (status["code"], status["reason"], causes(status)) == (422, "Invalid", expected)


async def test_the_message_names_kind_object_and_every_error(cluster: Cluster) -> None:
    status = await cluster.status("POST", INGRESSES, ingress(path("a"), path(kind=None)))
    assert status["message"] == (
        'Ingress.networking.k8s.io "web" is invalid: '
        '[spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path, '
        "spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified]"
    )


@pytest.mark.parametrize(
    ("url", "body", "code", "message"),
    [
        pytest.param(
            "/api/v1/namespaces/nowhere/configmaps",
            config_map(),
            404,
            'namespaces "nowhere" not found',
            id="a namespace that does not exist",
        ),
        pytest.param(
            f"{CONFIG_MAPS}?fieldValidation=Strict",
            {"metadata": {"name": "x", "foo": 1}, "bar": 1},
            400,
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
            'unknown field "metadata.foo", unknown field "bar"',
            id="unknown fields under strict validation",
        ),
        pytest.param(
            DEPLOYMENTS,
            deployment(replicas="two"),
            400,
            'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go '
            "struct field DeploymentSpec.spec.replicas of type int32",
            id="a value of the wrong type",
        ),
        pytest.param(
            LEASES,
            {"metadata": {"name": "l"}, "spec": {"renewTime": "2026-01-01T00:00:00Z"}},
            400,
            'Lease in version "v1" cannot be handled as a Lease: parsing time "2026-01-01T00:00:00Z" as '
            '"2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
            id="a micro time without its fraction",
        ),
        pytest.param(
            CONFIG_MAPS,
            {"metadata": {"name": "x", "namespace": "other"}},
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
            id="another namespace in the body",
        ),
        pytest.param(
            CONFIG_MAPS,
            {"metadata": {"name": "x", "resourceVersion": "7"}},
            400,
            "resourceVersion should not be set on objects to be created",
            id="a new object with a version",
        ),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(
    cluster: Cluster, url: str, body: Any, code: int, message: str
) -> None:
    status = await cluster.status("POST", url, body)
    assert (status["code"], status["message"]) == (code, message)


async def test_unknown_fields_are_dropped_with_a_warning_by_default(cluster: Cluster) -> None:
    answer = await cluster.answer("POST", CONFIG_MAPS, {"metadata": {"name": "x"}, "bar": 1})
    assert answer.warnings == ['unknown field "bar"']
    assert "bar" not in await cluster.call("GET", f"{CONFIG_MAPS}/x")


async def test_a_load_balancer_service_gets_its_defaults(cluster: Cluster) -> None:
    made = await cluster.call("POST", SERVICES, service(type="LoadBalancer"))
    address, node_port = made["spec"]["clusterIP"], made["spec"]["ports"][0]["nodePort"]
    assert address.startswith("10.96.")
    assert 30000 <= node_port <= 32767
    assert plain(made) == {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "type": "LoadBalancer",
            "selector": {"app": "web"},
            "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP", "nodePort": node_port}],
            "clusterIP": address,
            "clusterIPs": [address],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "sessionAffinity": "None",
            "externalTrafficPolicy": "Cluster",
            "internalTrafficPolicy": "Cluster",
            "allocateLoadBalancerNodePorts": True,
        },
        "status": {"loadBalancer": {}},
    }


async def test_a_service_gives_up_its_node_ports_with_its_type(cluster: Cluster) -> None:
    await cluster.call("POST", SERVICES, service(type="NodePort", ports=[{"port": 80, "nodePort": 30080}]))
    taken = await cluster.status(
        "POST", SERVICES, service("b", type="NodePort", ports=[{"port": 1, "nodePort": 30080}])
    )
    assert causes(taken) == [("spec.ports[0].nodePort", "Invalid value: 30080: provided port is already allocated")]
    changed = await cluster.call("PATCH", f"{SERVICES}/web", {"spec": {"type": "ClusterIP"}}, content_type=MERGE)
    assert changed["spec"]["ports"] == [{"port": 80, "targetPort": 80, "protocol": "TCP"}]
    assert "externalTrafficPolicy" not in changed["spec"]
    await cluster.call("POST", SERVICES, service("b", type="NodePort", ports=[{"port": 1, "nodePort": 30080}]))


async def test_a_cluster_address_does_not_change(cluster: Cluster) -> None:
    await cluster.call("POST", SERVICES, service())
    status = await cluster.status("PATCH", f"{SERVICES}/web", {"spec": {"clusterIP": "10.96.9.9"}}, content_type=MERGE)
    assert causes(status) == [("spec.clusterIPs[0]", 'Invalid value: ["10.96.9.9"]: may not change once set')]


async def test_a_deployment_gets_its_defaults(cluster: Cluster) -> None:
    made = await cluster.call("POST", DEPLOYMENTS, deployment())
    assert plain(made)["metadata"] == {"name": "web", "namespace": "default", "generation": 1}
    assert made["status"] == {}
    assert made["spec"] == {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "c",
                        "image": "web:1",
                        "imagePullPolicy": "IfNotPresent",
                        "resources": {},
                        "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File",
                    }
                ],
                "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30,
                "dnsPolicy": "ClusterFirst",
                "securityContext": {},
                "schedulerName": "default-scheduler",
            },
        },
    }


async def test_endpoint_slices_without_endpoints_say_null(cluster: Cluster) -> None:
    made = await cluster.call("POST", SLICES, {"metadata": {"name": "s"}, "addressType": "IPv4", "endpoints": []})
    assert (made["endpoints"], made["ports"]) == (None, None)


async def test_an_ingress_gets_the_default_class(cluster: Cluster) -> None:
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"}
    body = {"metadata": {"name": "alb", "annotations": annotations}, "spec": {"controller": "ingress.k8s.aws/alb"}}
    await cluster.call("POST", CLASSES, body)
    made = await cluster.call("POST", INGRESSES, ingress(path()))
    assert made["spec"]["ingressClassName"] == "alb"


async def test_a_pods_spec_is_settled_but_its_image_is_not(cluster: Cluster) -> None:
    await cluster.call("POST", PODS, pod(readinessGates=[{"conditionType": "example.com/ready"}]))
    image = {"spec": {"containers": [{"name": "c", "image": "web:2"}]}}
    changed = await cluster.call("PATCH", f"{PODS}/web", image, content_type=STRATEGIC)
    assert changed["spec"]["containers"][0]["image"] == "web:2"
    status = await cluster.status("PATCH", f"{PODS}/web", {"spec": {"readinessGates": None}}, content_type=MERGE)
    assert (status["code"], status["details"]["causes"][0]["field"]) == (422, "spec")


async def test_events_are_the_same_in_both_groups(cluster: Cluster) -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "Started",
        "message": "on its way",
        "type": "Normal",
    }
    await cluster.call("POST", f"{NAMESPACED}/events", event)
    shown = await cluster.call("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e")
    assert (shown["apiVersion"], shown["note"], shown["regarding"]["name"]) == ("events.k8s.io/v1", "on its way", "p")
