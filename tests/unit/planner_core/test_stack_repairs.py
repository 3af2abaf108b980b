"""What a stack's plan does about what stands in AWS and Kubernetes and is not as it should be; and that the order in
which anything is listed does not show in a plan."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.planner.core.aws import Inventory, LoadBalancer, SecurityGroup
from services.planner.core.encoding import plan_bytes
from services.planner.core.inputs import BindingInput, NetworkInput, StackInput
from services.planner.core.keys import BindingKey, StackKey, StackKind
from services.planner.core.objects import Ingress
from services.planner.core.outcomes import Errored, Planned
from services.planner.core.plans import AwsCall, Plan
from services.planner.core.problems import Reason
from services.planner.work.core_port import Core
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World
from tests.unit.planner_core.strict import StrictWorld
from tests.unit.planner_core.test_stack_properties import edited, ingresses, world_with

FRONT = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")
PREFIX = "alb.ingress.kubernetes.io/"


def made(*, annotations: Mapping[str, str] | None = None) -> StrictWorld:
    world = StrictWorld(
        ingresses={"front": game.ingress(annotations={**game.ANNOTATIONS, **(annotations or {})})},
        services={("game", "web"): game.service()},
        nodes=game.nodes(),
    )
    game.with_pods(world, 2)
    world.settle()
    return world


def plan(world: World) -> Plan:
    outcome = world.outcome(FRONT)
    assert isinstance(outcome, Planned)
    return outcome.plan


def calls(found: Plan) -> list[str]:
    return [s.work.operation for s in found.steps if isinstance(s.work, AwsCall)]


def reasons(world: World) -> set[Reason]:
    outcome = world.outcome(FRONT)
    assert isinstance(outcome, Errored)
    return {p.reason for p in outcome.problems}


def with_balancer(world: World, change: Callable[[LoadBalancer], LoadBalancer], *, beside: bool = False) -> None:
    (found,) = world.inventory.load_balancers.values()
    changed = change(found)
    kept = world.inventory.load_balancers if beside else {}
    world.inventory = replace(world.inventory, load_balancers={**kept, changed.arn: changed})


def tagged(found: LoadBalancer, **tags: str | None) -> LoadBalancer:
    names = {"resource": "ingress.k8s.aws/resource", "owner": "kubernetes.io/cluster/rig", "foreign": "by-hand"}
    merged = {**(found.tags or {}), **{names[k]: v for k, v in tags.items()}}
    return replace(found, tags={k: v for k, v in merged.items() if v is not None})


def test_tags_of_former_controllers_stay_and_others_go() -> None:
    world = made()
    with_balancer(world, lambda b: tagged(b, owner="owned"))
    assert plan(world).empty
    with_balancer(world, lambda b: tagged(b, foreign="yes"))
    assert calls(plan(world)) == ["RemoveTags"]


def test_a_load_balancer_of_the_stack_that_is_another_resource_is_deleted_and_never_taken_for_the_first() -> None:
    world = made()
    with_balancer(world, lambda b: replace(tagged(b, resource="FrontendNlb"), arn="arn:0", type="network"), beside=True)
    found = plan(world)
    assert calls(found) == ["DeleteLoadBalancer"]
    assert {s.work.parameters["LoadBalancerArn"] for s in found.steps if isinstance(s.work, AwsCall)} == {"arn:0"}


def test_a_resource_of_the_stack_without_its_own_tag_is_an_error() -> None:
    world = made()
    with_balancer(world, lambda b: tagged(b, resource=None))
    assert reasons(world) == {Reason.AMBIGUOUS_RESOURCE}


def test_the_name_of_a_security_group_that_somebody_else_holds_is_said() -> None:
    world = game.world()
    group = SecurityGroup(
        id="sg-foreign", name="", description="", vpc_id="vpc-1", permissions=frozenset(), tags={"by": "hand"}
    )
    settled = made()
    name = next(g.name for g in settled.truth.security_groups.values() if "Managed" in g.description)
    shared = {i: g for i, g in settled.truth.security_groups.items() if "Managed" not in g.description}
    world.inventory = replace(world.inventory, security_groups={**shared, group.id: replace(group, name=name)})
    assert reasons(world) == {Reason.NAME_TAKEN}


def test_a_truth_value_in_capitals_is_not_asked_for_again() -> None:
    world = made(annotations={f"{PREFIX}load-balancer-attributes": "routing.http2.enabled=FALSE"})
    balancer = {
        a: replace(b, attributes={"routing.http2.enabled": "false"}) for a, b in world.truth.load_balancers.items()
    }
    world.inventory = replace(world.inventory, load_balancers=balancer)
    assert plan(world).empty


def test_a_binding_that_others_hold_is_let_go_and_made_anew_when_they_let_it_go() -> None:
    world = made()
    ((key, binding),) = world.bindings.items()
    held = replace(binding.meta, deleted_at="now", finalizers=(*binding.meta.finalizers, "example.com/mine"))
    world.bindings[key] = replace(binding, meta=held)
    world.execute(plan(world))
    assert world.bindings[key].meta.finalizers == ("example.com/mine",)
    assert plan(world).empty
    world.bindings.clear()
    world.execute(plan(world))
    assert world.bindings[key].meta.uid != binding.meta.uid


def test_a_binding_of_the_stack_whose_target_group_is_gone_goes_too() -> None:
    world = made()
    ((key, binding),) = world.bindings.items()
    left = BindingKey(namespace="game", name="left")
    world.bindings[left] = replace(
        binding, meta=replace(binding.meta, name="left", uid="left"), target_group_arn="gone"
    )
    world.settle()
    assert set(world.bindings) == {key}


def test_another_node_label_replaces_the_one_before_it() -> None:
    labels = f"{PREFIX}target-node-labels"
    world = made(annotations={f"{PREFIX}target-type": "instance", labels: "pool=a"})
    for name, node in world.nodes.items():
        world.nodes[name] = replace(node, meta=replace(node.meta, labels={"pool": "a", "zone": "b"}))
    old = world.ingresses["front"]
    annotations = {**old.meta.annotations, labels: "zone=b"}
    world.ingresses["front"] = replace(old, meta=replace(old.meta, annotations=annotations))
    world.settle()
    (binding,) = world.bindings.values()
    assert binding.node_selector is not None
    assert binding.node_selector.match_labels == {"zone": "b"}


def turned(inp: Any) -> Any:
    """The value with every mapping and list of objects in it the other way round."""
    changes: dict[str, Any] = {}
    for field in fields(inp):
        value = getattr(inp, field.name)
        if isinstance(value, dict):
            changes[field.name] = dict(reversed(list(value.items())))
        elif field.name in ("bindings", "ingresses", "slices"):
            changes[field.name] = tuple(turned(v) for v in reversed(value))
        elif isinstance(value, Inventory):
            changes[field.name] = turned(value)
    return replace(inp, **changes)


@given(first=ingresses(), second=ingresses(), pods=st.integers(0, 4))
@settings(deadline=None)
def test_no_plan_shows_the_order_of_its_input(first: Ingress, second: Ingress, pods: int) -> None:
    world = world_with(first)
    world.settle()
    edited(world, second)
    game.with_pods(world, pods)
    world.slices["more"] = replace(world.slices["api"], meta=replace(world.slices["api"].meta, name="more"))
    inputs: list[StackInput | BindingInput | NetworkInput] = [
        world.stack_input(FRONT),
        world.network_input(),
        *(world.binding_input(b) for b in world.bindings.values()),
    ]
    for inp in inputs:
        straight, mirrored = Core().plan(inp, 0.0), Core().plan(turned(inp), 0.0)
        if isinstance(straight, Planned) and isinstance(mirrored, Planned):
            assert plan_bytes(straight.plan) == plan_bytes(mirrored.plan)
        assert straight == mirrored
