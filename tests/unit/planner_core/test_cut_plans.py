"""A plan that is cut after any step is continued by a new plan from a fresh observation: the end is the same, nothing
is doubled, and a deletion leaves nothing. So it is after what others do to the resources by hand."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.planner.core.aws import Inventory, Permission
from services.planner.core.keys import BindingKey, StackKey, StackKind
from services.planner.core.objects import Ingress, LabelSelector
from services.planner.core.outcomes import Needs, Planned
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import network_of_three_zones
from tests.unit.planner_core.strict import StrictWorld
from tests.unit.planner_core.test_stack_properties import edited, ingresses, shape

FRONT = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")


def world_of(ingress: Ingress, seed: int = 0) -> StrictWorld:
    world = StrictWorld(
        ingresses={"front": ingress},
        services={("game", n): game.service(n) for n in ("web", "api")},
        nodes=game.nodes(),
        luck=random.Random(seed),
    )
    for name in ("web", "api"):
        game.with_pods(world, 2, name)
    return world


def state(world: StrictWorld) -> object:
    """What stands in AWS and Kubernetes, without ids and without what depends on the way."""
    known, world.inventory = world.inventory, world.truth
    found = shape(world)
    world.inventory = known
    return found, {n: (i.meta.finalizers, bool(i.load_balancer)) for n, i in world.ingresses.items()}


def undisturbed(ingress: Ingress) -> object:
    world = world_of(ingress)
    world.settle()
    return state(world)


def cut(world: StrictWorld, after: int, *, filled: bool) -> bool:
    """Plans until so many steps were done in all, and forgets what was known then; False if there were fewer."""
    for _ in range(60):
        keys = world.all_keys()
        world.luck.shuffle(keys)
        did = False
        for key in keys:
            if isinstance(key, BindingKey) and key not in world.bindings:
                continue
            if isinstance(key, StackKey) and key.name not in world.ingresses:
                continue
            outcome = world.outcome(key)
            if isinstance(outcome, Needs):
                for lookup in outcome.lookups:
                    world.look_up(key, lookup)
                did = did or bool(outcome.lookups)
            elif isinstance(outcome, Planned) and not outcome.plan.empty:
                did = True
                count = min(after, len(outcome.plan.steps))
                world.execute_some(outcome.plan, count)
                after -= count
                if not after:
                    world.forget(filled=filled)
                    return True
        if not did:
            return False
    raise AssertionError("it never settles")


@pytest.mark.parametrize("filled", [pytest.param(True, id="after a fill"), pytest.param(False, id="without a fill")])
def test_a_creation_cut_after_any_step_ends_the_same(filled: bool) -> None:
    expected = undisturbed(game.ingress())
    for after in range(1, 40):
        world = world_of(game.ingress(), seed=after)
        if not cut(world, after, filled=filled):
            assert after > 12
            break
        world.settle()
        assert state(world) == expected


@pytest.mark.parametrize("filled", [pytest.param(True, id="after a fill"), pytest.param(False, id="without a fill")])
def test_a_deletion_cut_after_any_step_leaves_nothing(filled: bool) -> None:
    for after in range(1, 40):
        world = world_of(game.ingress(), seed=after)
        world.settle()
        game.delete(world)
        if not cut(world, after, filled=filled):
            assert after > 6
            break
        world.settle()
        assert_nothing(world)


def assert_nothing(world: StrictWorld) -> None:
    assert (world.ingresses, world.bindings) == ({}, {})
    assert replace(world.truth, targets={}, partial_targets=frozenset()) == network_of_three_zones()


@given(
    first=ingresses(),
    second=ingresses(),
    after=st.integers(1, 30),
    filled=st.booleans(),
    seed=st.integers(0, 99),
    delete=st.booleans(),
)
@settings(deadline=None)
def test_an_edit_cut_after_any_step_ends_the_same(
    first: Ingress, second: Ingress, after: int, filled: bool, seed: int, delete: bool
) -> None:
    world = world_of(first, seed)
    world.settle()
    edited(world, second)
    cut(world, after, filled=filled)
    if delete:
        game.delete(world)
        world.settle()
        assert_nothing(world)
    else:
        world.settle()
        assert state(world) == undisturbed(second)


@given(ingress=ingresses(), after=st.integers(1, 30), filled=st.booleans(), seed=st.integers(0, 99))
@settings(deadline=None)
def test_a_deletion_in_the_middle_of_a_creation_leaves_nothing(
    ingress: Ingress, after: int, filled: bool, seed: int
) -> None:
    world = world_of(ingress, seed)
    cut(world, after, filled=filled)
    game.delete(world)
    world.settle()
    assert world.bindings == {}
    assert replace(world.truth, targets={}, partial_targets=frozenset()) == network_of_three_zones()


# --- what others do by hand ---


def _drop(truth: Inventory, *, balancer: bool = False, listeners: bool = False, rules: bool = False) -> Inventory:
    listeners, rules = listeners or balancer, rules or listeners or balancer
    freed = {a: replace(g, load_balancers=()) for a, g in truth.target_groups.items()}
    return replace(
        truth,
        load_balancers={} if balancer else truth.load_balancers,
        listeners={} if listeners else truth.listeners,
        rules={} if rules else truth.rules,
        target_groups=freed,
    )


def lose_load_balancer(world: StrictWorld) -> None:
    world.truth = _drop(world.truth, balancer=True)


def lose_listener(world: StrictWorld) -> None:
    world.truth = _drop(world.truth, listeners=True)


def lose_rules(world: StrictWorld) -> None:
    world.truth = _drop(world.truth, rules=True)


def lose_target_group(world: StrictWorld) -> None:
    world.truth = replace(_drop(world.truth, listeners=True), target_groups={}, targets={})


def lose_targets(world: StrictWorld) -> None:
    world.truth = replace(world.truth, targets={a: {} for a in world.truth.targets})


def lose_managed_group(world: StrictWorld) -> None:
    dropped = _drop(world.truth, balancer=True)
    rest = {i: g for i, g in dropped.security_groups.items() if "Managed" not in g.description}
    world.truth = replace(dropped, security_groups=rest)


def lose_grants(world: StrictWorld) -> None:
    node = replace(world.truth.security_groups["sg-node"], permissions=frozenset())
    world.truth = replace(world.truth, security_groups={**world.truth.security_groups, "sg-node": node})


def lose_every_group(world: StrictWorld) -> None:
    lose_grants(world)
    only = {"sg-node": world.truth.security_groups["sg-node"]}
    world.truth = replace(_drop(world.truth, balancer=True), security_groups=only)


def detach_groups(world: StrictWorld) -> None:
    detached = {a: replace(b, security_groups=("sg-node",)) for a, b in world.truth.load_balancers.items()}
    world.truth = replace(world.truth, load_balancers=detached)


def open_by_hand(world: StrictWorld) -> None:
    rule = Permission(protocol="tcp", from_port=22, to_port=22, cidr="10.0.0.0/8")
    opened = {
        i: replace(g, permissions=g.permissions | {rule}) if "Managed" in g.description else g
        for i, g in world.truth.security_groups.items()
    }
    world.truth = replace(world.truth, security_groups=opened)


def tag_by_hand(world: StrictWorld) -> None:
    tagged = {a: replace(b, tags={**(b.tags or {}), "by": "hand"}) for a, b in world.truth.load_balancers.items()}
    world.truth = replace(world.truth, load_balancers=tagged)


def lose_binding(world: StrictWorld) -> None:
    world.bindings.clear()


def delete_binding(world: StrictWorld) -> None:
    for key, binding in world.bindings.items():
        world.bindings[key] = replace(binding, meta=replace(binding.meta, deleted_at="now"))


def turn_binding(world: StrictWorld) -> None:
    for key, binding in world.bindings.items():
        world.bindings[key] = replace(binding, target_group_arn="arn:of:another")


def strip_binding(world: StrictWorld) -> None:
    for key, binding in world.bindings.items():
        world.bindings[key] = replace(binding, meta=replace(binding.meta, finalizers=()))


def lose_finalizer(world: StrictWorld) -> None:
    """Without the finalizer nothing may be made, in whatever is missing."""
    lose_rules(world)
    for name, ingress in world.ingresses.items():
        world.ingresses[name] = replace(ingress, meta=replace(ingress.meta, finalizers=()))


def select_nodes(world: StrictWorld) -> None:
    for key, binding in world.bindings.items():
        world.bindings[key] = replace(binding, node_selector=LabelSelector(match_labels={"by": "hand"}))


ACCIDENTS = [
    pytest.param(lose_load_balancer, id="the load balancer is deleted"),
    pytest.param(lose_listener, id="a listener is deleted"),
    pytest.param(lose_rules, id="rules are deleted"),
    pytest.param(lose_target_group, id="the target group is deleted"),
    pytest.param(lose_targets, id="targets are deregistered"),
    pytest.param(lose_managed_group, id="the managed security group is deleted"),
    pytest.param(lose_grants, id="the grants are revoked"),
    pytest.param(lose_every_group, id="all security groups are deleted"),
    pytest.param(detach_groups, id="the security groups are taken off"),
    pytest.param(open_by_hand, id="a port is opened"),
    pytest.param(tag_by_hand, id="a tag is added"),
    pytest.param(lose_binding, id="the binding is gone"),
    pytest.param(delete_binding, id="the binding is being deleted"),
    pytest.param(turn_binding, id="the binding is turned to another target group"),
    pytest.param(strip_binding, id="the binding loses its finalizer"),
    pytest.param(select_nodes, id="the binding gets a node selector"),
]
Accident = Callable[[StrictWorld], None]


@pytest.mark.parametrize(
    "accident",
    [*ACCIDENTS, pytest.param(lose_finalizer, id="the Ingress loses its finalizer, and rules are deleted")],
)
@pytest.mark.parametrize("filled", [pytest.param(True, id="after a fill"), pytest.param(False, id="without a fill")])
def test_what_others_did_is_repaired(accident: Accident, filled: bool) -> None:
    for seed in range(5):
        world = world_of(game.ingress(), seed)
        world.settle()
        expected = state(world)
        accident(world)
        world.forget(filled=filled)
        world.settle()
        assert state(world) == expected


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_what_others_did_does_not_stop_a_deletion(accident: Accident) -> None:
    for seed in range(5):
        world = world_of(game.ingress(), seed)
        world.settle()
        accident(world)
        world.forget(filled=bool(seed % 2))
        game.delete(world)
        world.settle()
        assert_nothing(world)
