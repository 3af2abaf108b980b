"""What the planner gets to see of each kind, and what is said about objects that cannot be read."""

from typing import Any

import pytest
from elbow.cluster.v1 import objects_pb2 as pb

from services.watcher.convert import MAX_OBJECT_BYTES, copy_of, message_of
from services.watcher.core.fields import UnreadableObjectError
from services.watcher.core.kinds import RESOURCES, Kind
from services.watcher.core.objects import ObjectKey
from services.watcher.core.projection import UnknownKindError, kind_of

Raw = dict[str, Any]

NAMESPACE: Raw = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "creationTimestamp": "2026-11-22T13:34:44Z",
        "deletionTimestamp": "2026-11-22T14:00:00Z",
        "labels": {"kubernetes.io/metadata.name": "game-2048"},
        "name": "game-2048",
        "resourceVersion": "265",
        "uid": "0ed249b5-7ce3-4fc5-98b3-9cc33ea1f841",
    },
    "spec": {"finalizers": ["kubernetes"]},
    "status": {"phase": "Terminating"},
}

NODE: Raw = {
    "metadata": {
        "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        "creationTimestamp": "2026-11-22T13:33:49Z",
        "labels": {"topology.kubernetes.io/zone": "us-west-2a"},
        "name": "ip-10-0-100-4.internal",
        "resourceVersion": "231",
        "uid": "68015400-7eb5-49ca-8ed0-bf71c86e88de",
    },
    "spec": {
        "providerID": "aws:///us-west-2a/i-97426d9a02daff319",
        "taints": [{"effect": "NoSchedule", "key": "node.kubernetes.io/not-ready"}],
    },
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": "10.0.100.4"},
            {"type": "Hostname", "address": "ip-10-0-100-4.internal"},
        ],
        "conditions": [
            {"type": "MemoryPressure", "status": "False"},
            {
                "lastHeartbeatTime": "2026-11-22T00:00:00Z",
                "lastTransitionTime": "2026-11-22T00:00:00Z",
                "message": "ok",
                "reason": "KubeletReady",
                "status": "True",
                "type": "Ready",
            },
        ],
        "nodeInfo": {"architecture": "", "kubeletVersion": ""},
    },
}

SERVICE: Raw = {
    "metadata": {
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "alb.ingress.kubernetes.io/healthcheck-path": "/ready",
        },
        "creationTimestamp": "2026-11-22T13:34:44Z",
        "finalizers": ["service.k8s.aws/resources"],
        "managedFields": [{"manager": "kubectl"}],
        "name": "service-2048",
        "namespace": "game-2048",
        "resourceVersion": "273",
        "uid": "36dd02ea-04d7-4a30-9380-68d2e045eee9",
    },
    "spec": {
        "clusterIP": "10.100.141.83",
        "externalTrafficPolicy": "Local",
        "healthCheckNodePort": 31000,
        "ipFamilies": ["IPv4", "IPv6"],
        "loadBalancerClass": "service.k8s.aws/nlb",
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
        "ports": [
            {"nodePort": 32412, "port": 80, "protocol": "TCP", "targetPort": 8080},
            {"appProtocol": "kubernetes.io/h2c", "name": "grpc", "port": 90, "protocol": "TCP", "targetPort": "grpc"},
        ],
        "selector": {"app.kubernetes.io/name": "app-2048"},
        "sessionAffinity": "None",
        "type": "LoadBalancer",
    },
    "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}},
}

INGRESS: Raw = {
    "metadata": {
        "annotations": {
            "alb.ingress.kubernetes.io/scheme": "internet-facing",
            "alb.ingress.kubernetes.io/target-type": "ip",
        },
        "creationTimestamp": "2026-11-22T13:34:44Z",
        "finalizers": ["ingress.k8s.aws/resources"],
        "generation": 1,
        "name": "ingress-2048",
        "namespace": "game-2048",
        "resourceVersion": "303",
        "uid": "138e0d09-9585-4393-a87c-84cdfa05bd0c",
    },
    "spec": {
        "defaultBackend": {"resource": {"apiGroup": "k8s.example.com", "kind": "Bucket", "name": "static"}},
        "ingressClassName": "alb",
        "rules": [
            {
                "host": "play.example.com",
                "http": {
                    "paths": [
                        {
                            "backend": {"service": {"name": "service-2048", "port": {"number": 80}}},
                            "path": "/",
                            "pathType": "Prefix",
                        },
                        {"backend": {"service": {"name": "admin", "port": {"name": "use-annotation"}}}},
                    ]
                },
            },
            {"host": "empty.example.com"},
        ],
        "tls": [{"hosts": ["play.example.com"], "secretName": "play-tls"}],
    },
    "status": {
        "loadBalancer": {
            "ingress": [
                {
                    "hostname": "k8s-game2048-ingress2-97b4d1f910-1.us-west-2.elb.amazonaws.com",
                    "ports": [{"port": 80, "protocol": ""}],
                }
            ]
        }
    },
}

INGRESS_CLASS: Raw = {
    "metadata": {"generation": 1, "name": "alb", "resourceVersion": "245", "uid": "8e96543a"},
    "spec": {
        "controller": "ingress.k8s.aws/alb",
        "parameters": {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "shared", "scope": "Cluster"},
    },
}

INGRESS_CLASS_PARAMS: Raw = {
    "metadata": {"name": "shared", "resourceVersion": "246", "uid": "9f2"},
    "spec": {"scheme": "internal", "group": {"name": "web"}},
}

POD: Raw = {
    "metadata": {
        "annotations": {"vpc.amazonaws.com/pod-eni": "[]", "example.com/checksum": "77"},
        "creationTimestamp": "2026-11-22T13:34:44Z",
        "labels": {"app.kubernetes.io/name": "app-2048"},
        "name": "deployment-2048-788c45f9c6-bbj95",
        "namespace": "game-2048",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "deployment-2048-788c45f9c6"}],
        "resourceVersion": "291",
        "uid": "dd4cc72c-715e-4bdf-af6b-3bc6439d8353",
    },
    "spec": {
        "containers": [
            {
                "env": [{"name": "PASSWORD", "value": "not for the planner"}],
                "image": "web",
                "name": "web",
                "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
            }
        ],
        "initContainers": [
            {"name": "migrate", "ports": [{"containerPort": 1, "protocol": "TCP"}]},
            {"name": "proxy", "ports": [{"containerPort": 15001, "protocol": "TCP"}], "restartPolicy": "Always"},
        ],
        "nodeName": "ip-10-0-101-4.internal",
        "readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/k8s-game2048-service2-85f463d072"}],
    },
    "status": {
        "conditions": [
            {
                "lastProbeTime": None,
                "lastTransitionTime": "2026-11-22T13:34:44Z",
                "message": "containers with unready status: [web]",
                "reason": "ContainersNotReady",
                "status": "False",
                "type": "ContainersReady",
            }
        ],
        "containerStatuses": [{"restartCount": 3}],
        "phase": "Running",
        "podIP": "10.0.101.13",
        "podIPs": [{"ip": "10.0.101.13"}, {"ip": "2600:1f14::d"}],
    },
}

ENDPOINT_SLICE: Raw = {
    "addressType": "IPv4",
    "endpoints": [
        {
            "addresses": ["10.0.101.13"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "nodeName": "ip-10-0-101-4.internal",
            "targetRef": {"kind": "Pod", "name": "bbj95", "namespace": "game-2048", "uid": "dd4cc72c"},
            "zone": "us-west-2b",
        },
        {"addresses": ["10.0.100.14"], "conditions": {}},
    ],
    "metadata": {
        "generation": 3,
        "labels": {"kubernetes.io/service-name": "service-2048"},
        "name": "service-2048-xwk87",
        "namespace": "game-2048",
        "resourceVersion": "300",
        "uid": "84bcbcf6",
    },
    "ports": [{"name": "", "port": 80, "protocol": "TCP"}, {"name": "any", "port": None}],
}

TARGET_GROUP_BINDING: Raw = {
    "metadata": {
        "finalizers": ["elbv2.k8s.aws/resources"],
        "generation": 1,
        "labels": {"ingress.k8s.aws/stack-name": "ingress-2048"},
        "name": "k8s-game2048-service2-85f463d072",
        "namespace": "game-2048",
        "resourceVersion": "307",
        "uid": "d7a07bd4",
    },
    "spec": {
        "assumeRoleExternalId": "who",
        "iamRoleArnToAssume": "arn:aws:iam::123456789012:role/other",
        "ipAddressType": "ipv4",
        "multiClusterTargetGroup": True,
        "networking": {
            "ingress": [
                {
                    "from": [
                        {"securityGroup": {"groupID": "sg-bee36057e18562bbc"}},
                        {"ipBlock": {"cidr": "10.0.0.0/8"}},
                    ],
                    "ports": [
                        {"port": 80, "protocol": "TCP"},
                        {"port": "http", "protocol": "TCP"},
                        {"protocol": "UDP"},
                    ],
                }
            ]
        },
        "nodeSelector": {
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}],
            "matchLabels": {"os": "linux"},
        },
        "serviceRef": {"name": "service-2048", "port": "http"},
        "targetGroupARN": "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/k8s/c46",
        "targetGroupName": "k8s",
        "targetGroupProtocol": "HTTP",
        "targetType": "ip",
        "vpcID": "vpc-9c0bb5796f2396307",
    },
    "status": {"observedGeneration": 1},
}

PROJECTED = [
    pytest.param(
        Kind.NAMESPACE,
        NAMESPACE,
        pb.Object(
            metadata=pb.Metadata(
                name="game-2048",
                uid="0ed249b5-7ce3-4fc5-98b3-9cc33ea1f841",
                resource_version="265",
                labels={"kubernetes.io/metadata.name": "game-2048"},
                creation_timestamp="2026-11-22T13:34:44Z",
                deletion_timestamp="2026-11-22T14:00:00Z",
            ),
            namespace=pb.Namespace(),
        ),
        id="of a namespace its metadata, deletion included, but not its own finalizers",
    ),
    pytest.param(
        Kind.NODE,
        NODE,
        pb.Object(
            metadata=pb.Metadata(
                name="ip-10-0-100-4.internal",
                uid="68015400-7eb5-49ca-8ed0-bf71c86e88de",
                resource_version="231",
                labels={"topology.kubernetes.io/zone": "us-west-2a"},
                annotations={"node.alpha.kubernetes.io/ttl": "0"},
                creation_timestamp="2026-11-22T13:33:49Z",
            ),
            node=pb.Node(
                provider_id="aws:///us-west-2a/i-97426d9a02daff319",
                taints=[pb.Taint(key="node.kubernetes.io/not-ready", effect="NoSchedule")],
                ready="True",
                internal_ips=["10.0.100.4"],
            ),
        ),
        id="of a node identity, taints, readiness and internal addresses, no heartbeat",
    ),
    pytest.param(
        Kind.SERVICE,
        SERVICE,
        pb.Object(
            metadata=pb.Metadata(
                namespace="game-2048",
                name="service-2048",
                uid="36dd02ea-04d7-4a30-9380-68d2e045eee9",
                resource_version="273",
                annotations={"alb.ingress.kubernetes.io/healthcheck-path": "/ready"},
                finalizers=["service.k8s.aws/resources"],
                creation_timestamp="2026-11-22T13:34:44Z",
            ),
            service=pb.Service(
                type="LoadBalancer",
                ports=[
                    pb.ServicePort(protocol="TCP", port=80, target_port=pb.IntOrString(number=8080), node_port=32412),
                    pb.ServicePort(
                        name="grpc",
                        protocol="TCP",
                        port=90,
                        target_port=pb.IntOrString(name="grpc"),
                        app_protocol="kubernetes.io/h2c",
                    ),
                ],
                selector={"app.kubernetes.io/name": "app-2048"},
                load_balancer_class="service.k8s.aws/nlb",
                ip_families=["IPv4", "IPv6"],
                external_traffic_policy="Local",
                health_check_node_port=31000,
                load_balancer_source_ranges=["10.0.0.0/8"],
                load_balancer=[pb.LoadBalancerEntry(ip="203.0.113.7")],
            ),
        ),
        id="of a service its ports by number and name, without kubectl's copy of it",
    ),
    pytest.param(
        Kind.INGRESS,
        INGRESS,
        pb.Object(
            metadata=pb.Metadata(
                namespace="game-2048",
                name="ingress-2048",
                uid="138e0d09-9585-4393-a87c-84cdfa05bd0c",
                resource_version="303",
                generation=1,
                annotations={
                    "alb.ingress.kubernetes.io/scheme": "internet-facing",
                    "alb.ingress.kubernetes.io/target-type": "ip",
                },
                finalizers=["ingress.k8s.aws/resources"],
                creation_timestamp="2026-11-22T13:34:44Z",
            ),
            ingress=pb.Ingress(
                ingress_class_name="alb",
                default_backend=pb.IngressBackend(resource=True),
                rules=[
                    pb.IngressRule(
                        host="play.example.com",
                        http=True,
                        paths=[
                            pb.IngressPath(
                                path="/",
                                path_type="Prefix",
                                backend=pb.IngressBackend(service_name="service-2048", port=pb.IntOrString(number=80)),
                            ),
                            pb.IngressPath(
                                backend=pb.IngressBackend(
                                    service_name="admin", port=pb.IntOrString(name="use-annotation")
                                )
                            ),
                        ],
                    ),
                    pb.IngressRule(host="empty.example.com"),
                ],
                tls=[pb.IngressTls(hosts=["play.example.com"], secret_name="play-tls")],
                load_balancer=[
                    pb.LoadBalancerEntry(
                        hostname="k8s-game2048-ingress2-97b4d1f910-1.us-west-2.elb.amazonaws.com", ports=[80]
                    )
                ],
            ),
        ),
        id="of an ingress rules with and without http, and both kinds of backend",
    ),
    pytest.param(
        Kind.INGRESS_CLASS,
        INGRESS_CLASS,
        pb.Object(
            metadata=pb.Metadata(name="alb", uid="8e96543a", resource_version="245", generation=1),
            ingress_class=pb.IngressClass(
                controller="ingress.k8s.aws/alb",
                parameters=pb.ParametersReference(api_group="elbv2.k8s.aws", kind="IngressClassParams", name="shared"),
            ),
        ),
        id="of an ingress class its controller and parameters",
    ),
    pytest.param(
        Kind.INGRESS_CLASS_PARAMS,
        INGRESS_CLASS_PARAMS,
        pb.Object(
            metadata=pb.Metadata(name="shared", uid="9f2", resource_version="246"),
            ingress_class_params=pb.IngressClassParams(spec='{"group":{"name":"web"},"scheme":"internal"}'),
        ),
        id="of ingress class params the spec as one JSON text in a stable order",
    ),
    pytest.param(
        Kind.POD,
        POD,
        pb.Object(
            metadata=pb.Metadata(
                namespace="game-2048",
                name="deployment-2048-788c45f9c6-bbj95",
                uid="dd4cc72c-715e-4bdf-af6b-3bc6439d8353",
                resource_version="291",
                labels={"app.kubernetes.io/name": "app-2048"},
                annotations={"vpc.amazonaws.com/pod-eni": "[]"},
                creation_timestamp="2026-11-22T13:34:44Z",
            ),
            pod=pb.Pod(
                node_name="ip-10-0-101-4.internal",
                ip="10.0.101.13",
                ips=["10.0.101.13", "2600:1f14::d"],
                phase="Running",
                ports=[
                    pb.ContainerPort(name="http", port=80, protocol="TCP"),
                    pb.ContainerPort(port=15001, protocol="TCP"),
                ],
                readiness_gates=["target-health.elbv2.k8s.aws/k8s-game2048-service2-85f463d072"],
                conditions=[
                    pb.Condition(
                        type="ContainersReady",
                        status="False",
                        reason="ContainersNotReady",
                        message="containers with unready status: [web]",
                    )
                ],
            ),
        ),
        id="of a pod no environment, no other annotations, and sidecars but no init containers",
    ),
    pytest.param(
        Kind.ENDPOINT_SLICE,
        ENDPOINT_SLICE,
        pb.Object(
            metadata=pb.Metadata(
                namespace="game-2048",
                name="service-2048-xwk87",
                uid="84bcbcf6",
                resource_version="300",
                generation=3,
                labels={"kubernetes.io/service-name": "service-2048"},
            ),
            endpoint_slice=pb.EndpointSlice(
                service_name="service-2048",
                address_type="IPv4",
                ports=[pb.EndpointPort(port=80, protocol="TCP"), pb.EndpointPort(name="any")],
                endpoints=[
                    pb.Endpoint(
                        addresses=["10.0.101.13"],
                        ready=True,
                        serving=True,
                        terminating=False,
                        node_name="ip-10-0-101-4.internal",
                        zone="us-west-2b",
                        target_kind="Pod",
                        target_name="bbj95",
                        target_uid="dd4cc72c",
                    ),
                    pb.Endpoint(addresses=["10.0.100.14"]),
                ],
            ),
        ),
        id="of an endpoint slice the conditions with unset told from false",
    ),
    pytest.param(
        Kind.TARGET_GROUP_BINDING,
        TARGET_GROUP_BINDING,
        pb.Object(
            metadata=pb.Metadata(
                namespace="game-2048",
                name="k8s-game2048-service2-85f463d072",
                uid="d7a07bd4",
                resource_version="307",
                generation=1,
                labels={"ingress.k8s.aws/stack-name": "ingress-2048"},
                finalizers=["elbv2.k8s.aws/resources"],
            ),
            target_group_binding=pb.TargetGroupBinding(
                target_group_arn="arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/k8s/c46",
                target_group_name="k8s",
                target_type="ip",
                target_group_protocol="HTTP",
                service_name="service-2048",
                service_port=pb.IntOrString(name="http"),
                ip_address_type="ipv4",
                vpc_id="vpc-9c0bb5796f2396307",
                node_selector=pb.LabelSelector(
                    match_labels={"os": "linux"},
                    match_expressions=[pb.LabelRequirement(key="tier", operator="In", values=["front"])],
                ),
                networking=pb.Networking(
                    ingress=[
                        pb.NetworkingRule(
                            peers=[
                                pb.NetworkingPeer(security_group_id="sg-bee36057e18562bbc"),
                                pb.NetworkingPeer(cidr="10.0.0.0/8"),
                            ],
                            ports=[
                                pb.NetworkingPort(protocol="TCP", port=pb.IntOrString(number=80)),
                                pb.NetworkingPort(protocol="TCP", port=pb.IntOrString(name="http")),
                                pb.NetworkingPort(protocol="UDP"),
                            ],
                        )
                    ]
                ),
                multi_cluster=True,
                iam_role_arn="arn:aws:iam::123456789012:role/other",
                assume_role_external_id="who",
                observed_generation=1,
            ),
        ),
        id="of a binding everything that its spec may hold",
    ),
]


@pytest.mark.parametrize(("kind", "raw", "message"), PROJECTED)
def test_a_projection_holds_what_decides_something(kind: Kind, raw: Raw, message: pb.Object) -> None:
    assert message_of(kind, raw) == message


ABSENT = [
    pytest.param(
        Kind.INGRESS,
        {"spec": {"ingressClassName": ""}},
        pb.Object(metadata=pb.Metadata(), ingress=pb.Ingress(ingress_class_name="")),
        id="an empty class name is not the same as none",
    ),
    pytest.param(
        Kind.INGRESS,
        {"spec": {"ingressClassName": None, "rules": None}},
        pb.Object(metadata=pb.Metadata(), ingress=pb.Ingress()),
        id="null reads as absent",
    ),
    pytest.param(
        Kind.TARGET_GROUP_BINDING,
        {"spec": {"networking": {}}},
        pb.Object(metadata=pb.Metadata(), target_group_binding=pb.TargetGroupBinding(networking=pb.Networking())),
        id="an empty networking section manages rules where none does not",
    ),
    pytest.param(
        Kind.NODE,
        {"status": {"conditions": []}},
        pb.Object(metadata=pb.Metadata(), node=pb.Node()),
        id="a node that reports nothing has no readiness",
    ),
]


@pytest.mark.parametrize(("kind", "raw", "message"), ABSENT)
def test_absent_is_told_from_empty_where_it_matters(kind: Kind, raw: Raw, message: pb.Object) -> None:
    assert message_of(kind, raw) == message


def test_every_kind_is_recognised_by_what_its_objects_say() -> None:
    said = {kind: {"apiVersion": resource.api_version, "kind": str(kind)} for kind, resource in RESOURCES.items()}
    assert {kind: kind_of(raw) for kind, raw in said.items()} == {kind: kind for kind in Kind}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(
            {"apiVersion": "extensions/v1beta1", "kind": "Ingress"},
            "kind Ingress of apiVersion extensions/v1beta1 is not read by the watcher",
            id="a known kind of an unknown version",
        ),
        pytest.param({}, "kind (none) of apiVersion (none) is not read by the watcher", id="no kind at all"),
    ],
)
def test_an_unknown_kind_is_named(raw: Raw, words: str) -> None:
    with pytest.raises(UnknownKindError) as caught:
        kind_of(raw)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        pytest.param(Kind.POD, [], "the object is not an object", id="a list in place of an object"),
        pytest.param(
            Kind.SERVICE,
            {"spec": {"ports": [{"port": 80}, {"port": "eighty"}]}},
            "spec.ports[1].port is not a whole number",
            id="a word for a number",
        ),
        pytest.param(
            Kind.SERVICE, {"spec": {"ports": [{"port": True}]}}, "spec.ports[0].port is not a whole number", id="true"
        ),
        pytest.param(
            Kind.SERVICE,
            {"spec": {"ports": [{"port": 2**31}]}},
            "spec.ports[0].port is out of range: 2147483648",
            id="a number that is too large",
        ),
        pytest.param(Kind.SERVICE, {"spec": {"ports": {}}}, "spec.ports is not a list", id="an object for a list"),
        pytest.param(
            Kind.SERVICE, {"spec": {"ports": [80]}}, "spec.ports[0] is not an object", id="a number for an object"
        ),
        pytest.param(
            Kind.SERVICE,
            {"spec": {"loadBalancerSourceRanges": [None]}},
            "spec.loadBalancerSourceRanges[0] is not a text",
            id="null inside a list",
        ),
        pytest.param(
            Kind.INGRESS,
            {"metadata": {"annotations": {"a/b": 1}}},
            "metadata.annotations.a/b is not a text",
            id="an annotation that is a number",
        ),
        pytest.param(
            Kind.ENDPOINT_SLICE,
            {"endpoints": [{"conditions": {"ready": "yes"}}]},
            "endpoints[0].conditions.ready is not true or false",
            id="a word for a flag",
        ),
        pytest.param(
            Kind.POD,
            {"metadata": {"name": "a\ud800"}},
            "metadata.name is not valid Unicode",
            id="half a surrogate pair",
        ),
    ],
)
def test_what_does_not_fit_the_schema_is_an_error_with_its_place(kind: Kind, raw: object, words: str) -> None:
    with pytest.raises(UnreadableObjectError) as caught:
        message_of(kind, raw)
    assert str(caught.value) == words


def test_a_copy_knows_its_identity() -> None:
    copy = copy_of(Kind.POD, POD)
    key = ObjectKey(kind=Kind.POD, namespace="game-2048", name="deployment-2048-788c45f9c6-bbj95")
    assert (copy.key, copy.uid, copy.revision) == (key, "dd4cc72c-715e-4bdf-af6b-3bc6439d8353", 291)


@pytest.mark.parametrize(
    ("kind", "raw", "part", "value"),
    [
        pytest.param(Kind.POD, POD, "metadata", {"resourceVersion": "999"}, id="another resource version"),
        pytest.param(Kind.POD, POD, "metadata", {"managedFields": [{"manager": "x"}]}, id="other managed fields"),
        pytest.param(Kind.POD, POD, "status", {"containerStatuses": [{"restartCount": 4}]}, id="one more restart"),
        pytest.param(
            Kind.NODE,
            NODE,
            "metadata",
            {"labels": dict(reversed(NODE["metadata"]["labels"].items()))},
            id="label order",
        ),
    ],
)
def test_a_change_of_what_is_not_projected_is_none(kind: Kind, raw: Raw, part: str, value: Raw) -> None:
    changed = {**raw, part: {**raw[part], **value}}
    assert copy_of(kind, changed).content == copy_of(kind, raw).content


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        pytest.param(
            {"name": "a", "resourceVersion": "1"},
            "the object is larger than a message may be",
            id="an object that no message can carry",
        ),
        pytest.param(
            {"name": "a", "resourceVersion": "v1"},
            "metadata.resourceVersion cannot be compared: resource version 'v1' is not a decimal number",
            id="a resource version that is no number",
        ),
        pytest.param(
            {"name": "a"},
            "metadata.resourceVersion cannot be compared: resource version '' is not a decimal number",
            id="no resource version",
        ),
    ],
)
def test_an_object_that_cannot_be_passed_on_is_never_left_out_silently(metadata: Raw, words: str) -> None:
    raw = {"metadata": metadata, "spec": {"text": "x" * MAX_OBJECT_BYTES}}
    with pytest.raises(UnreadableObjectError, match="^" + words.replace("(", r"\(")):
        copy_of(Kind.INGRESS_CLASS_PARAMS, raw)
