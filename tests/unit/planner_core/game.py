"""The 2048 application as objects: a Service, pods behind it, and an Ingress."""

from dataclasses import replace

from services.planner.core.objects import (
    Condition,
    ContainerPort,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Ingress,
    IngressBackend,
    IngressPath,
    IngressRule,
    Meta,
    Node,
    Pod,
    Service,
    ServicePort,
)
from tests.unit.planner_core.simulated import World

BACKEND = IngressBackend(service_name="web", port=80)
ANNOTATIONS = {
    "alb.ingress.kubernetes.io/scheme": "internet-facing",
    "alb.ingress.kubernetes.io/target-type": "ip",
}


def ingress(
    name: str = "front", *, annotations: dict[str, str] | None = None, backend: IngressBackend = BACKEND
) -> Ingress:
    """An Ingress with one Prefix path `/`."""
    return Ingress(
        meta=Meta(
            name=name,
            namespace="game",
            uid=f"uid-{name}",
            resource_version="1",
            generation=1,
            annotations=ANNOTATIONS if annotations is None else annotations,
        ),
        class_name="alb",
        rules=(IngressRule(paths=(IngressPath(path="/", path_type="Prefix", backend=backend),)),),
    )


def service(name: str = "web") -> Service:
    """A NodePort Service with port 80."""
    return Service(
        meta=Meta(name=name, namespace="game", uid=f"uid-{name}"),
        type="NodePort",
        ports=(ServicePort(port=80, target_port=80, node_port=30080),),
        ip_families=("IPv4",),
    )


def nodes() -> dict[str, Node]:
    """Two ready nodes."""
    return {
        f"node-{z}": Node(meta=Meta(name=f"node-{z}"), provider_id=f"aws:///us-west-2{z}/i-{z}", ready="True")
        for z in "ab"
    }


def with_pods(world: World, count: int, service_name: str = "web") -> None:
    """Makes exactly so many ready pods stand behind the Service."""
    pods = {}
    for i in range(count):
        name = f"{service_name}-{i}"
        pods["game", name] = Pod(
            meta=Meta(name=name, namespace="game", uid=f"uid-{name}"),
            node_name="node-a" if i % 2 else "node-b",
            ip=f"10.0.100.{10 + i}",
            phase="Running",
            ports=(ContainerPort(port=80, name="http"),),
            conditions={"ContainersReady": Condition(type="ContainersReady", status="True")},
        )
    world.pods = {k: p for k, p in world.pods.items() if not k[1].startswith(f"{service_name}-")} | pods
    world.slices[service_name] = EndpointSlice(
        meta=Meta(name=f"{service_name}-slice", namespace="game"),
        service_name=service_name,
        ports=(EndpointPort(port=80),),
        endpoints=tuple(
            Endpoint(
                addresses=(p.ip,),
                ready=True,
                serving=True,
                terminating=False,
                node_name=p.node_name,
                target_kind="Pod",
                target_name=p.meta.name,
                target_uid=p.meta.uid,
            )
            for p in pods.values()
        ),
    )


def world(pods: int = 2) -> World:
    """The application as it is just applied: nothing in AWS yet."""
    made = World(ingresses={"front": ingress()}, services={("game", "web"): service()}, nodes=nodes())
    with_pods(made, pods)
    return made


def delete(made: World, name: str = "front") -> None:
    """Asks for the deletion of an Ingress."""
    old = made.ingresses[name]
    made.ingresses[name] = replace(old, meta=replace(old.meta, deleted_at="now"))
