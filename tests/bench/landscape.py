"""Clusters of a size for measuring: many stacks in AWS, many pods, many bindings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.planner.core.aws import Forward, Interface, Inventory, Listener, LoadBalancer, Rule, TargetGroup
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import Endpoint, IngressPath, Node
from services.planner.core.plans import AwsCall
from services.planner.core.updates import Record, Update, Upsert
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.store import Store
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import CLUSTER, World

GROUP = StackKey(kind=StackKind.INGRESS, namespace="", name="crowd")


def application(*, rules: int = 1) -> World:
    """The 2048 application with so many paths, as it stands."""
    world = game.world()
    old = world.ingresses["front"]
    paths = tuple(IngressPath(path=f"/{i}", path_type="Prefix", backend=game.BACKEND) for i in range(rules))
    world.ingresses["front"] = replace(old, rules=(replace(old.rules[0], paths=paths),))
    world.settle()
    return world


def group_of(members: int) -> World:
    """An ingress group of so many Ingresses of one rule each, on a host and with a Service of its own, of which records
    would be kept; nothing of it stands."""
    world = game.world()
    world.namespace = "elbow-system"
    annotations = {**game.ANNOTATIONS, "alb.ingress.kubernetes.io/group.name": GROUP.name}
    world.ingresses = {}
    for i in range(members):
        made = game.ingress(f"app-{i}", annotations=annotations, backend=replace(game.BACKEND, service_name=f"web-{i}"))
        rule = replace(made.rules[0], host=f"app-{i}.example.com")
        world.ingresses[f"app-{i}"] = replace(made, rules=(rule,))
        world.services["game", f"web-{i}"] = game.service(f"web-{i}")
    return world


def group(members: int) -> World:
    """The same group as it stands."""
    world = group_of(members)
    world.settle()
    return world


def store_of(inventory: Inventory, stacks: int) -> Store:
    """The planner's inventory with that stack and so many copies of it that there are `stacks`."""
    store = Store(cluster_name=CLUSTER.name, lifetimes=Lifetimes(), clock=lambda: 0.0)
    network: list[Record] = [
        *inventory.subnets.values(),
        *inventory.zones.values(),
        *inventory.interfaces.values(),
        *inventory.security_groups.values(),
        *([inventory.vpc] if inventory.vpc else []),
    ]
    copies = (record for i in range(stacks) for record in _copy(inventory, f"/{i}" if i else ""))
    updates = tuple(Upsert(record=record) for record in (*network, *copies))

    def everything(_: Inventory, __: AwsCall, ___: Mapping[str, Any]) -> tuple[Update, ...]:
        return updates

    store.own(everything, AwsCall(service="", operation="", parameters={}), {}, ended=0)
    return store


def _copy(inventory: Inventory, suffix: str) -> Iterator[Record]:
    records: Iterable[LoadBalancer | Listener | Rule | TargetGroup] = (
        *inventory.load_balancers.values(),
        *inventory.listeners.values(),
        *inventory.rules.values(),
        *inventory.target_groups.values(),
    )
    for record in records:
        tags = {k: v + (suffix if k == "ingress.k8s.aws/stack" else "") for k, v in (record.tags or {}).items()}
        yield _moved(replace(record, arn=record.arn + suffix, tags=tags), suffix)


def _moved(record: LoadBalancer | Listener | Rule | TargetGroup, suffix: str) -> Record:
    match record:
        case LoadBalancer():
            return replace(record, name=record.name + suffix)
        case Listener():
            return replace(record, load_balancer_arn=record.load_balancer_arn + suffix)
        case TargetGroup():
            users = tuple(arn + suffix for arn in record.load_balancers)
            return replace(record, name=record.name + suffix, load_balancers=users)
        case Rule():
            actions = tuple(_forwarding(a, suffix) if isinstance(a, Forward) else a for a in record.actions)
            return replace(record, listener_arn=record.listener_arn + suffix, actions=actions)


def _forwarding(action: Forward, suffix: str) -> Forward:
    return replace(action, groups=tuple(replace(g, target_group=g.target_group + suffix) for g in action.groups))


def crowd(*, pods: int, nodes: int) -> World:
    """The application with so many pods, spread over so many nodes of four interfaces each."""
    world = game.world(pods=1)
    world.quotas = {"targets_per_target_group": pods}
    template, slice_ = world.pods["game", "web-0"], world.slices["web"]
    names = [f"node-{i}" for i in range(nodes)]
    world.nodes = {
        n: Node(meta=replace(template.meta, name=n), provider_id=f"aws:///z/i-{n}", ready="True") for n in names
    }
    interfaces = {
        f"eni-{n}-{i}": Interface(
            id=f"eni-{n}-{i}", groups=("sg-node",), addresses=(), instance_id=f"i-{n}", device_index=i
        )
        for n in names
        for i in range(4)
    }
    knowledge = replace(world.inventory.knowledge, instances=frozenset(f"i-{n}" for n in names))
    world.inventory = replace(world.inventory, interfaces=interfaces, knowledge=knowledge)
    endpoints: list[Endpoint] = []
    for i in range(pods):
        name, ip = f"web-{i}", f"10.0.{i // 250}.{i % 250}"
        meta = replace(template.meta, name=name, uid=f"uid-{name}")
        world.pods["game", name] = replace(template, meta=meta, ip=ip, node_name=names[i % nodes])
        endpoints.append(replace(slice_.endpoints[0], addresses=(ip,), target_name=name, target_uid=meta.uid))
    world.slices = {
        f"web-{i}": replace(
            slice_,
            meta=replace(slice_.meta, name=f"web-slice-{i}"),
            endpoints=tuple(endpoints[i * 100 : (i + 1) * 100]),
        )
        for i in range((pods + 99) // 100)
    }
    world.settle()
    return world
