"""Builders of what the planner sees, with defaults where a test does not care."""

from collections.abc import Iterable

from services.planner.core.keys import BindingKey, StackKey, StackKind
from services.planner.core.objects import (
    ConfigMap,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressClassParams,
    IngressPath,
    IngressRule,
    Kind,
    Meta,
    Namespace,
    NetworkingPeer,
    NetworkingPort,
    NetworkingRule,
    Node,
    ParametersRef,
    Pod,
    Service,
    TargetGroupBinding,
)
from services.planner.core.records import record_name
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed, KindState, Reported, Seen, SnapshotBegun, SnapshotEnded
from services.planner.view.objects import Object, kind_of, revision

ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/k8s-shop-web-0000000000/0123456789abcdef"
STACK = StackKey(kind=StackKind.INGRESS, namespace="shop", name="front")
BINDING = BindingKey(namespace="shop", name="web-tg")
STACK_LABELS = {"ingress.k8s.aws/stack-namespace": "shop", "ingress.k8s.aws/stack-name": "front"}
FINALIZER = "ingress.k8s.aws/resources"


def meta(name: str, namespace: str = "shop", *, version: int = 1, uid: str = "", **rest: object) -> Meta:
    return Meta(
        name=name,
        namespace=namespace,
        uid=uid or f"uid-{name}",
        resource_version=str(version),
        **rest,  # type: ignore[arg-type]
    )


def ingress(
    name: str = "front", *services: str, namespace: str = "shop", class_name: str | None = "alb", **rest: object
) -> Ingress:
    paths = tuple(
        IngressPath(path="/", path_type="Prefix", backend=IngressBackend(service_name=service, port=80))
        for service in services or ("web",)
    )
    return Ingress(
        meta=meta(name, namespace, **rest),  # type: ignore[arg-type]
        class_name=class_name,
        rules=(IngressRule(paths=paths),),
    )


def service(name: str = "web", **rest: object) -> Service:
    return Service(meta=meta(name, **rest))  # type: ignore[arg-type]


def pod(name: str = "web-1", *, node: str = "node-1", **rest: object) -> Pod:
    return Pod(meta=meta(name, **rest), node_name=node, ip="10.0.0.1", phase="Running")  # type: ignore[arg-type]


def node(name: str = "node-1", *, instance: str = "i-1", ready: str = "True", **rest: object) -> Node:
    return Node(
        meta=meta(name, "", **rest),  # type: ignore[arg-type]
        provider_id=f"aws:///us-west-2a/{instance}",
        ready=ready,
    )


def endpoint(number: int = 1, *, ready: bool | None = True, terminating: bool | None = None) -> Endpoint:
    return Endpoint(
        addresses=(f"10.0.0.{number}",),
        ready=ready,
        terminating=terminating,
        target_kind="Pod",
        target_name=f"web-{number}",
        target_uid=f"uid-web-{number}",
    )


def endpoints(*found: Endpoint, service: str = "web", name: str = "web-abc", **rest: object) -> EndpointSlice:
    return EndpointSlice(
        meta=meta(name, **rest),  # type: ignore[arg-type]
        service_name=service,
        ports=(EndpointPort(port=80),),
        endpoints=found,
    )


def binding(
    name: str = "web-tg",
    *,
    service: str = "web",
    target_type: str = "ip",
    owned: bool = True,
    peers: Iterable[str] = (),
    **rest: object,
) -> TargetGroupBinding:
    rules = tuple(
        NetworkingRule(peers=(NetworkingPeer(security_group_id=peer),), ports=(NetworkingPort(port=80),))
        for peer in peers
    )
    return TargetGroupBinding(
        meta=meta(name, labels=STACK_LABELS if owned else {}, **rest),  # type: ignore[arg-type]
        service_name=service,
        service_port=80,
        target_group_arn=ARN,
        target_type=target_type,
        networking=rules or None,
    )


def namespace(name: str = "shop", **rest: object) -> Namespace:
    return Namespace(meta=meta(name, "", **rest))  # type: ignore[arg-type]


def ingress_class(name: str = "alb", *, params: str = "", **rest: object) -> IngressClass:
    reference = ParametersRef(api_group="elbv2.k8s.aws", kind="IngressClassParams", name=params) if params else None
    return IngressClass(
        meta=meta(name, "", **rest),  # type: ignore[arg-type]
        controller="ingress.k8s.aws/alb",
        parameters=reference,
    )


def class_params(name: str = "defaults", **rest: object) -> IngressClassParams:
    return IngressClassParams(meta=meta(name, "", **rest))  # type: ignore[arg-type]


def seen(thing: Object, *, deleted_at: int = 0, snapshot: bool = False, traceparent: str = "") -> Seen:
    """The object as a live change, or as a part of a snapshot; `deleted_at`: the revision of its deletion."""
    return Seen(
        kind=kind_of(thing),
        thing=thing,
        revision=deleted_at or revision(thing.meta.resource_version),
        deleted=bool(deleted_at),
        snapshot=snapshot,
        traceparent=traceparent,
    )


def snapshot(view: ClusterView, kind: Kind, *things: Object, at: int = 100) -> list[Changed]:
    """Folds a whole snapshot of a kind."""
    view.fold(Reported(kind=kind, state=KindState.SYNCING))
    view.fold(SnapshotBegun(kind=kind))
    for thing in things:
        view.fold(seen(thing, snapshot=True))
    changed = view.fold(SnapshotEnded(kind=kind, revision=at))
    view.fold(Reported(kind=kind, state=KindState.SYNCED))
    return changed


def record(stack: StackKey = STACK) -> ConfigMap:
    """The record of a stack, without members."""
    return ConfigMap(meta=meta(record_name(stack), "elbow-system"), data={"stack": str(stack)})


def view_of(*things: Object, at: int = 100) -> ClusterView:
    """A view that is whole and holds these objects."""
    view = ClusterView()
    for kind in Kind:
        snapshot(view, kind, *(thing for thing in things if kind_of(thing) is kind), at=at)
    return view
