"""Kubernetes objects from the wire: every field arrives, absent ones as the core expects them."""

import pytest
from elbow.cluster.v1 import objects_pb2 as pb
from elbow.watcher.v1 import watcher_service_pb2 as watcher
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from services.planner.convert.objects import UnknownKindError, to_object
from services.planner.convert.watch import to_events
from services.planner.core import objects as core
from services.planner.core.objects import Kind, Meta
from services.planner.view.events import Event, KindState, Progressed, Reported, Seen, SnapshotBegun, SnapshotEnded
from services.planner.view.objects import Object

METADATA = pb.Metadata(
    namespace="shop",
    name="thing",
    uid="u",
    resource_version="7",
    generation=3,
    labels={"l": "1"},
    annotations={"a": "2"},
    finalizers=["f", "g"],
    creation_timestamp="2026-01-01T00:00:00Z",
    deletion_timestamp="2026-01-02T00:00:00Z",
)
META = Meta(
    namespace="shop",
    name="thing",
    uid="u",
    resource_version="7",
    generation=3,
    labels={"l": "1"},
    annotations={"a": "2"},
    finalizers=("f", "g"),
    created_at="2026-01-01T00:00:00Z",
    deleted_at="2026-01-02T00:00:00Z",
)
NUMBER, NAME = pb.IntOrString(number=80), pb.IntOrString(name="http")


OBJECTS = [
    pytest.param(
        pb.Object(
            metadata=METADATA,
            service=pb.Service(
                type="NodePort",
                ports=[
                    pb.ServicePort(
                        name="web",
                        protocol="TCP",
                        port=80,
                        target_port=NAME,
                        node_port=30080,
                        app_protocol="http",
                    ),
                    pb.ServicePort(protocol="UDP", port=53, target_port=NUMBER),
                ],
                selector={"app": "web"},
                load_balancer_class="c",
                ip_families=["IPv4", "IPv6"],
                external_traffic_policy="Local",
                health_check_node_port=31000,
                load_balancer_source_ranges=["10.0.0.0/8"],
                load_balancer=[
                    pb.LoadBalancerEntry(hostname="h", ports=[80, 443]),
                    pb.LoadBalancerEntry(ip="1.2.3.4"),
                ],
            ),
        ),
        core.Service(
            meta=META,
            type="NodePort",
            ports=(
                core.ServicePort(
                    name="web",
                    protocol="TCP",
                    port=80,
                    target_port="http",
                    node_port=30080,
                    app_protocol="http",
                ),
                core.ServicePort(protocol="UDP", port=53, target_port=80),
            ),
            selector={"app": "web"},
            load_balancer_class="c",
            ip_families=("IPv4", "IPv6"),
            external_traffic_policy="Local",
            health_check_node_port=31000,
            load_balancer_source_ranges=("10.0.0.0/8",),
            load_balancer=(
                core.LoadBalancerEntry(hostname="h", ports=(80, 443)),
                core.LoadBalancerEntry(ip="1.2.3.4"),
            ),
        ),
        id="a Service",
    ),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            ingress=pb.Ingress(
                ingress_class_name="",
                default_backend=pb.IngressBackend(service_name="fallback", port=NUMBER),
                rules=[
                    pb.IngressRule(
                        host="a.example",
                        http=True,
                        paths=[
                            pb.IngressPath(
                                path="/x",
                                path_type="Exact",
                                backend=pb.IngressBackend(service_name="web", port=NAME),
                            ),
                            pb.IngressPath(backend=pb.IngressBackend(resource=True)),
                        ],
                    ),
                    pb.IngressRule(host="b.example", http=False),
                ],
                tls=[pb.IngressTls(hosts=["a.example"], secret_name="s")],
                load_balancer=[pb.LoadBalancerEntry(hostname="h", ports=[80])],
            ),
        ),
        core.Ingress(
            meta=META,
            class_name="",
            default_backend=core.IngressBackend(service_name="fallback", port=80),
            rules=(
                core.IngressRule(
                    host="a.example",
                    http=True,
                    paths=(
                        core.IngressPath(
                            path="/x",
                            path_type="Exact",
                            backend=core.IngressBackend(service_name="web", port="http"),
                        ),
                        core.IngressPath(path="", path_type="", backend=core.IngressBackend(resource=True)),
                    ),
                ),
                core.IngressRule(host="b.example", http=False),
            ),
            tls=(core.IngressTls(hosts=("a.example",), secret_name="s"),),
            load_balancer=(core.LoadBalancerEntry(hostname="h", ports=(80,)),),
        ),
        id="an Ingress with an empty class name",
    ),
    pytest.param(
        pb.Object(metadata=METADATA, ingress=pb.Ingress()),
        core.Ingress(meta=META, class_name=None, default_backend=None),
        id="an Ingress without a class name",
    ),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            ingress_class=pb.IngressClass(
                controller="c", parameters=pb.ParametersReference(api_group="g", kind="k", name="n")
            ),
        ),
        core.IngressClass(meta=META, controller="c", parameters=core.ParametersRef(api_group="g", kind="k", name="n")),
        id="an IngressClass",
    ),
    pytest.param(
        pb.Object(metadata=METADATA, ingress_class=pb.IngressClass(controller="c")),
        core.IngressClass(meta=META, controller="c"),
        id="an IngressClass without parameters",
    ),
    pytest.param(
        pb.Object(metadata=METADATA, ingress_class_params=pb.IngressClassParams(spec='{"scheme":"internal"}')),
        core.IngressClassParams(meta=META, spec='{"scheme":"internal"}'),
        id="IngressClassParams",
    ),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            pod=pb.Pod(
                node_name="n",
                ip="10.0.0.1",
                ips=["10.0.0.1", "fd00::1"],
                phase="Running",
                ports=[pb.ContainerPort(name="http", port=8080, protocol="TCP")],
                readiness_gates=["gate"],
                conditions=[pb.Condition(type="Ready", status="True", reason="r", message="m")],
                quic_server_ids=[pb.QuicServerId(port=443, id="0x0000000000000001")],
            ),
        ),
        core.Pod(
            meta=META,
            node_name="n",
            ip="10.0.0.1",
            ips=("10.0.0.1", "fd00::1"),
            phase="Running",
            ports=(core.ContainerPort(name="http", port=8080, protocol="TCP"),),
            readiness_gates=("gate",),
            conditions={"Ready": core.Condition(type="Ready", status="True", reason="r", message="m")},
            quic_server_ids={443: "0x0000000000000001"},
        ),
        id="a Pod",
    ),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            endpoint_slice=pb.EndpointSlice(
                service_name="web",
                address_type="IPv4",
                ports=[pb.EndpointPort(name="http", port=8080, protocol="TCP")],
                endpoints=[
                    pb.Endpoint(
                        addresses=["10.0.0.1"],
                        ready=False,
                        serving=True,
                        terminating=True,
                        node_name="n",
                        zone="z",
                        target_kind="Pod",
                        target_name="p",
                        target_uid="pu",
                    ),
                    pb.Endpoint(addresses=["10.0.0.2"]),
                ],
            ),
        ),
        core.EndpointSlice(
            meta=META,
            service_name="web",
            address_type="IPv4",
            ports=(core.EndpointPort(name="http", port=8080, protocol="TCP"),),
            endpoints=(
                core.Endpoint(
                    addresses=("10.0.0.1",),
                    ready=False,
                    serving=True,
                    terminating=True,
                    node_name="n",
                    zone="z",
                    target_kind="Pod",
                    target_name="p",
                    target_uid="pu",
                ),
                core.Endpoint(addresses=("10.0.0.2",), ready=None, serving=None, terminating=None),
            ),
        ),
        id="an EndpointSlice; conditions that were not given stay unknown",
    ),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            node=pb.Node(
                provider_id="aws:///z/i-1",
                taints=[pb.Taint(key="k", value="v", effect="NoSchedule")],
                ready="True",
                internal_ips=["10.0.1.1"],
            ),
        ),
        core.Node(
            meta=META,
            provider_id="aws:///z/i-1",
            taints=(core.Taint(key="k", value="v", effect="NoSchedule"),),
            ready="True",
            internal_ips=("10.0.1.1",),
        ),
        id="a Node",
    ),
    pytest.param(pb.Object(metadata=METADATA, namespace=pb.Namespace()), core.Namespace(meta=META), id="a Namespace"),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            target_group_binding=pb.TargetGroupBinding(
                target_group_arn="arn",
                target_group_name="tg",
                target_type="ip",
                target_group_protocol="HTTP",
                service_name="web",
                service_port=NAME,
                ip_address_type="ipv4",
                vpc_id="vpc-1",
                node_selector=pb.LabelSelector(
                    match_labels={"a": "b"},
                    match_expressions=[pb.LabelRequirement(key="k", operator="In", values=["x"])],
                ),
                networking=pb.Networking(
                    ingress=[
                        pb.NetworkingRule(
                            peers=[
                                pb.NetworkingPeer(cidr="10.0.0.0/8"),
                                pb.NetworkingPeer(security_group_id="sg-1"),
                            ],
                            ports=[
                                pb.NetworkingPort(protocol="TCP", port=NUMBER),
                                pb.NetworkingPort(protocol="UDP"),
                            ],
                        )
                    ]
                ),
                multi_cluster=True,
                iam_role_arn="role",
                assume_role_external_id="x",
                observed_generation=3,
            ),
        ),
        core.TargetGroupBinding(
            meta=META,
            target_group_arn="arn",
            target_group_name="tg",
            target_type="ip",
            target_group_protocol="HTTP",
            service_name="web",
            service_port="http",
            ip_address_type="ipv4",
            vpc_id="vpc-1",
            node_selector=core.LabelSelector(
                match_labels={"a": "b"},
                match_expressions=(core.LabelRequirement(key="k", operator="In", values=("x",)),),
            ),
            networking=(
                core.NetworkingRule(
                    peers=(
                        core.NetworkingPeer(cidr="10.0.0.0/8"),
                        core.NetworkingPeer(security_group_id="sg-1"),
                    ),
                    ports=(
                        core.NetworkingPort(protocol="TCP", port=80),
                        core.NetworkingPort(protocol="UDP", port=None),
                    ),
                ),
            ),
            multi_cluster=True,
            iam_role_arn="role",
            assume_role_external_id="x",
            observed_generation=3,
        ),
        id="a TargetGroupBinding",
    ),
    pytest.param(
        pb.Object(
            metadata=METADATA,
            target_group_binding=pb.TargetGroupBinding(service_name="web", service_port=NUMBER),
        ),
        core.TargetGroupBinding(meta=META, service_name="web", service_port=80, node_selector=None, networking=None),
        id="a TargetGroupBinding without networking",
    ),
    pytest.param(
        pb.Object(metadata=METADATA, config_map=pb.ConfigMap(data={"stack": "ingress/team"})),
        core.ConfigMap(meta=META, data={"stack": "ingress/team"}),
        id="a ConfigMap",
    ),
]


@pytest.mark.parametrize(("message", "expected"), OBJECTS)
def test_an_object(message: pb.Object, expected: Object) -> None:
    assert to_object(message) == expected


def fields_of(kind: Descriptor) -> set[str]:
    """Full names of all fields of a message type and of those in it."""
    found: set[str] = set()
    for field in kind.fields:
        if field.full_name not in found:
            found.add(field.full_name)
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                found |= fields_of(field.message_type)
    return found


def fields_set(message: Message) -> set[str]:
    """Full names of the fields that are set in a message and in those in it."""
    found: set[str] = set()
    for field, value in message.ListFields():
        found.add(field.full_name)
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        if field.message_type is not None and not is_map:
            for part in value if field.is_repeated else [value]:
                found |= fields_set(part)
    return found


def test_the_table_above_sets_every_field_of_the_contract() -> None:
    """A field that is added to the contract has to be carried over."""
    covered = {name for case in OBJECTS for name in fields_set(case.values[0])}  # type: ignore[arg-type]
    assert fields_of(pb.Object.DESCRIPTOR) - covered == set()


def test_an_object_without_a_body_is_refused() -> None:
    with pytest.raises(UnknownKindError, match="shop/thing has no body"):
        to_object(pb.Object(metadata=METADATA))


POD = pb.Object(metadata=METADATA, pod=pb.Pod(phase="Running"))
CORE_POD = core.Pod(meta=META, phase="Running")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(
            watcher.WatchResponse(
                kind_report=watcher.KindReport(kind=pb.KIND_POD, state=watcher.KIND_STATE_REFUSED, message="no")
            ),
            [Reported(kind=Kind.POD, state=KindState.REFUSED, message="no")],
            id="a state",
        ),
        pytest.param(
            watcher.WatchResponse(snapshot_begin=watcher.SnapshotBegin(kind=pb.KIND_NODE)),
            [SnapshotBegun(kind=Kind.NODE)],
            id="the begin of a snapshot",
        ),
        pytest.param(
            watcher.WatchResponse(synced=watcher.Synced(kind=pb.KIND_NODE, resource_version="12")),
            [SnapshotEnded(kind=Kind.NODE, revision=12)],
            id="its end",
        ),
        pytest.param(
            watcher.WatchResponse(progress=watcher.Progress(kind=pb.KIND_NODE, resource_version="12")),
            [Progressed(kind=Kind.NODE, revision=12)],
            id="a bookmark",
        ),
        pytest.param(
            watcher.WatchResponse(
                changes=watcher.Changes(
                    changes=[
                        watcher.Change(kind=pb.KIND_POD, object=POD, revision="9", traceparent="t"),
                        watcher.Change(kind=pb.KIND_POD, object=POD, revision="10", deleted=True),
                        watcher.Change(kind=pb.KIND_POD, object=POD, snapshot=True),
                    ]
                )
            ),
            [
                Seen(kind=Kind.POD, thing=CORE_POD, revision=9, traceparent="t"),
                Seen(kind=Kind.POD, thing=CORE_POD, revision=10, deleted=True),
                Seen(kind=Kind.POD, thing=CORE_POD, revision=7, snapshot=True),
            ],
            id="changes; one without a revision has that of its object",
        ),
    ],
)
def test_events(message: watcher.WatchResponse, expected: list[Event]) -> None:
    assert list(to_events(message)) == expected


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        pytest.param(watcher.WatchResponse(), "watch event None", id="nothing"),
        pytest.param(watcher.WatchResponse(snapshot_begin=watcher.SnapshotBegin()), "kind 0 is not", id="no kind"),
        pytest.param(
            watcher.WatchResponse(kind_report=watcher.KindReport(kind=pb.KIND_POD)), "kind state 0", id="no state"
        ),
    ],
)
def test_what_the_contract_does_not_have_is_refused(message: watcher.WatchResponse, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        list(to_events(message))
