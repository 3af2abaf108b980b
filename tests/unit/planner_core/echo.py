"""An echo application as objects: a Service that asks for a network load balancer, and pods behind it."""

from collections.abc import Mapping
from dataclasses import replace

from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import EndpointPort, Meta, Service, ServicePort
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
KEY = StackKey(kind=StackKind.SERVICE, namespace="game", name="echo")
NAME = ("game", "echo")
CLASS = "service.k8s.aws/nlb"
TCP = ServicePort(port=80, name="http", target_port=8080, node_port=30080)
UDP = ServicePort(port=53, name="dns", protocol="UDP", target_port=5353, node_port=30053)


def service(annotations: Mapping[str, str] | None = None, **fields: object) -> Service:
    """A Service with one TCP port; annotations are given without what all of them start with."""
    asked = {"nlb-target-type": "ip"} if annotations is None else annotations
    plain = Service(
        meta=Meta(
            name="echo",
            namespace="game",
            uid="uid-echo",
            resource_version="1",
            generation=1,
            annotations={f"{PREFIX}{k}": v for k, v in asked.items()},
        ),
        type="LoadBalancer",
        ports=(TCP,),
        load_balancer_class=CLASS,
        ip_families=("IPv4",),
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def world(subject: Service | None = None, pods: int = 2) -> World:
    """The application as it is just applied: nothing in AWS yet."""
    made = World(services={NAME: subject or service()}, nodes=game.nodes())
    with_pods(made, pods)
    return made


def with_pods(made: World, count: int) -> None:
    """Makes exactly so many ready pods stand behind the Service, each with both ports."""
    game.with_pods(made, count, "echo")
    ports = (EndpointPort(port=8080, name="http"), EndpointPort(port=5353, name="dns", protocol="UDP"))
    made.slices["echo"] = replace(made.slices["echo"], ports=ports)


def edit(made: World, subject: Service) -> None:
    """Makes the Service ask for what `subject` asks for; what others wrote on it stays."""
    old = made.services[NAME]
    meta = replace(old.meta, annotations=subject.meta.annotations, generation=old.meta.generation + 1)
    made.services[NAME] = replace(subject, meta=meta, load_balancer=old.load_balancer)


def delete(made: World) -> None:
    """Asks for the deletion of the Service."""
    old = made.services[NAME]
    made.services[NAME] = replace(old, meta=replace(old.meta, deleted_at="now"))
