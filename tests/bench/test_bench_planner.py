"""How fast the planner's core is, as ratios within one run: machines differ, ratios hardly do. Nothing here fails for
being slow; what is asserted is that the measured call did what its row says."""

import json
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import pytest

from services.planner.core.binding import plan_binding
from services.planner.core.fold import fold
from services.planner.core.inputs import BindingInput, NetworkInput
from services.planner.core.keys import BindingKey, StackKey, StackKind
from services.planner.core.network import plan_network
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import AwsCall
from services.planner.core.stack import plan_stack
from services.planner.inventory.store import Store
from tests.bench.landscape import GROUP, application, crowd, group, group_of, store_of
from tests.bench.timing import Table, seconds
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World

pytestmark = pytest.mark.bench

FRONT = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")
RULES = 50


def operations(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Planned)
    return [s.work.operation for s in outcome.plan.steps if isinstance(s.work, AwsCall)]


def test_one_stack_against_reading_its_objects(measured: Table) -> None:
    standing = application()
    fresh = game.world()
    fresh.inventory = replace(game.world().inventory, security_groups=standing.inventory.security_groups)
    making, looking = fresh.stack_input(FRONT), standing.stack_input(FRONT)
    assert "CreateLoadBalancer" in operations(plan_stack(making))
    assert operations(plan_stack(looking)) == []
    objects = [asdict(o) for o in making.ingresses] + [asdict(o) for o in making.services.values()]
    text = json.dumps(objects + [asdict(o) for o in making.classes.values()])
    reading = seconds(lambda: json.loads(text))
    measured.add("json.loads of the objects of one 2048", reading)
    for title, inp in (("one 2048, planned to be made", making), ("one 2048, nothing to do", looking)):
        spent = seconds(partial(plan_stack, inp))
        measured.add(title, spent, f"{spent / reading:.0f} times json.loads")


def test_a_group_of_a_hundred_against_reading_its_objects(measured: Table) -> None:
    members = 100
    standing = group(members)
    fresh = group_of(members)
    fresh.inventory = replace(fresh.inventory, security_groups=standing.inventory.security_groups)
    making, looking = fresh.stack_input(GROUP), standing.stack_input(GROUP)
    assert operations(plan_stack(making)).count("CreateRule") == members
    assert operations(plan_stack(looking)) == []
    objects = [asdict(o) for o in making.ingresses] + [asdict(o) for o in making.services.values()]
    text = json.dumps(objects + [asdict(o) for o in making.classes.values()])
    reading = seconds(lambda: json.loads(text))
    measured.add(f"json.loads of the objects of a group of {members}", reading)
    for title, inp in ((f"a group of {members}, planned to be made", making), ("the same, nothing to do", looking)):
        spent = seconds(partial(plan_stack, inp))
        measured.add(title, spent, f"{spent / reading:.0f} times json.loads")


def test_rules_among_few_and_many_stacks(measured: Table) -> None:
    world = application(rules=RULES)
    spent = {}
    for stacks in (10, 1_000):
        store = store_of(world.inventory, stacks)
        assert operations(_looked_at(world, store)) == []
        assert len(store.whole().rules) == stacks * RULES
        spent[stacks] = seconds(partial(_looked_at, world, store)) / RULES
    measured.add("one rule looked at, among 10 stacks", spent[10])
    ratio = f"{spent[1_000] / spent[10]:.1f} times as long"
    measured.add("one rule looked at, among 1,000 stacks", spent[1_000], ratio)


def _looked_at(world: World, store: Store) -> Outcome:
    inventory = replace(store.view(FRONT), knowledge=world.inventory.knowledge)
    return plan_stack(replace(world.stack_input(FRONT), inventory=inventory))


def test_fold_among_few_and_many_stacks(measured: Table) -> None:
    world = application(rules=4)
    (listener,), (group,) = world.inventory.listeners, world.inventory.target_groups
    rule = min(world.inventory.rules)
    forward = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group}]}}]
    condition = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/new"]}}]
    sent = {"ListenerArn": listener, "Priority": 9, "Conditions": condition, "Actions": forward}
    answer = {"Rules": [{"RuleArn": "arn:new", "Priority": "9", "Conditions": condition, "Actions": forward}]}
    calls: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "CreateRule": (sent, answer),
        "DeleteRule": ({"RuleArn": rule}, {}),
        "RegisterTargets": ({"TargetGroupArn": group, "Targets": [{"Id": "10.0.0.1", "Port": 80}]}, {}),
    }
    few, many = (store_of(world.inventory, stacks).whole() for stacks in (10, 1_000))
    for operation, (parameters, answered) in calls.items():
        call = AwsCall(service="elbv2", operation=operation, parameters=parameters)
        assert fold(many, call, answered)
        short = seconds(partial(fold, few, call, answered))
        long = seconds(partial(fold, many, call, answered))
        measured.add(f"{operation} folded, among 1,000 stacks", long, f"{long / short:.1f} times as long as among 10")


def test_two_thousand_pods_behind_one_binding(measured: Table) -> None:
    spent = {}
    for pods in (20, 2_000):
        world = crowd(pods=pods, nodes=200)
        (binding,) = world.bindings.values()
        standing = world.binding_input(binding)
        (arn,) = standing.inventory.targets
        assert len(standing.inventory.targets[arn]) == pods
        assert operations(plan_binding(standing)) == []
        spent[pods] = seconds(partial(plan_binding, standing))
    ratio = spent[2_000] / spent[20]
    measured.add("a binding of 2,000 pods on 200 nodes, nothing to do", spent[2_000], f"{ratio:.0f} times 20 pods")


def test_the_network_of_a_thousand_bindings(measured: Table) -> None:
    world = crowd(pods=10, nodes=200)
    (one,) = world.bindings.values()
    inp = world.network_input()
    copies = tuple(_copy(world.binding_input(one), i) for i in range(1_000))
    many = replace(inp, bindings=copies)
    assert operations(plan_network(many)) == operations(plan_network(inp)) == []
    few: NetworkInput = replace(inp, bindings=copies[:10])
    short, long = seconds(lambda: plan_network(few)), seconds(lambda: plan_network(many))
    measured.add("the network of 1,000 bindings of 10 pods", long, f"{long / short:.0f} times 10 bindings")


def _copy(inp: BindingInput, number: int) -> BindingInput:
    meta = replace(inp.binding.meta, name=f"{inp.binding.meta.name}-{number}")
    return replace(
        inp, key=BindingKey(namespace=meta.namespace, name=meta.name), binding=replace(inp.binding, meta=meta)
    )
