"""The life of an ingress group by the calls it costs: members join, move, break, leave; load balancers are replaced."""

from collections import Counter
from dataclasses import replace

import pytest

from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import Ingress, IngressBackend, IngressPath, IngressRule
from services.planner.core.outcomes import Errored, Planned
from services.planner.core.plans import AwsCall, ChangeAction
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World, network_of_three_zones

PREFIX = "alb.ingress.kubernetes.io/"
TEAM = StackKey(kind=StackKind.INGRESS, namespace="", name="team")
FRONT = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")


def member(name: str, group: str | None = "team", *, order: int = 0, scheme: str = "internet-facing") -> Ingress:
    """An Ingress with one path of its own name to the Service `web`."""
    annotations = {f"{PREFIX}target-type": "ip", f"{PREFIX}scheme": scheme, f"{PREFIX}group.order": str(order)}
    if group is not None:
        annotations[f"{PREFIX}group.name"] = group
    backend = IngressBackend(service_name="web", port=80)
    rule = IngressRule(paths=(IngressPath(path=f"/{name}", path_type="Exact", backend=backend),))
    return replace(game.ingress(name, annotations=annotations), rules=(rule,))


def world_of(*members: Ingress) -> World:
    world = game.world()
    world.ingresses = {m.meta.name: m for m in members}
    world.settle()
    world.operations()
    return world


def annotate(world: World, name: str, **annotations: str | None) -> None:
    """Sets annotations, given without prefix and with _ for - and .; None takes one away."""
    old = world.ingresses[name]
    given = {f"{PREFIX}{k.replace('_', '-')}": v for k, v in annotations.items()}
    given = {k.replace("group-name", "group.name").replace("group-order", "group.order"): v for k, v in given.items()}
    merged = {k: v for k, v in {**old.meta.annotations, **given}.items() if v is not None}
    world.ingresses[name] = replace(old, meta=replace(old.meta, annotations=merged))


def routes(world: World) -> dict[str, list[tuple[int, str]]]:
    """Priority and path of the rules of each load balancer, by its group's name."""
    found: dict[str, list[tuple[int, str]]] = {}
    for balancer in world.inventory.load_balancers.values():
        listeners = {a for a, x in world.inventory.listeners.items() if x.load_balancer_arn == balancer.arn}
        rules = [r for r in world.inventory.rules.values() if r.listener_arn in listeners]
        stack = (balancer.tags or {})["ingress.k8s.aws/stack"]
        found[stack] = sorted((r.priority, r.conditions[0].values[0]) for r in rules)
    return found


def empty_plans(world: World) -> bool:
    outcomes = [world.outcome(key) for key in world.all_keys()]
    return all(isinstance(o, Planned) and o.plan.empty and not o.waits_for for o in outcomes)


def test_two_members_share_one_load_balancer() -> None:
    world = game.world()
    world.ingresses = {n: member(n) for n in ("a", "b")}
    world.settle()

    assert world.operations() == Counter(
        CreateSecurityGroup=2,
        AuthorizeSecurityGroupIngress=2,
        CreateTargetGroup=2,
        CreateLoadBalancer=1,
        CreateListener=1,
        CreateRule=2,
        RegisterTargets=2,
    )
    assert routes(world) == {"team": [(1, "/a"), (2, "/b")]}
    assert {i.meta.finalizers for i in world.ingresses.values()} == {("group.ingress.k8s.aws/team",)}
    assert len({i.load_balancer for i in world.ingresses.values()}) == 1
    assert empty_plans(world)


def test_a_member_that_joins_is_a_rule_and_a_target_group() -> None:
    world = world_of(member("a"))
    world.ingresses["b"] = member("b")
    world.settle()

    assert world.operations() == Counter(CreateTargetGroup=1, CreateRule=1, RegisterTargets=1)


def test_a_member_that_is_deleted_takes_its_own_with_it() -> None:
    world = world_of(member("a"), member("b"))
    game.delete(world, "a")
    world.settle()

    assert world.operations() == Counter(
        DeleteRule=1, DeregisterTargets=1, DeleteTargetGroup=1, SetRulePriorities=1, AddTags=1
    )
    assert set(world.ingresses) == {"b"}
    assert routes(world) == {"team": [(1, "/b")]}
    assert empty_plans(world)


def test_another_order_moves_rules_in_one_call() -> None:
    world = world_of(member("a"), member("b"))
    annotate(world, "b", group_order="-5")
    world.settle()

    assert world.operations() == Counter(SetRulePriorities=1, AddTags=2)
    assert routes(world) == {"team": [(1, "/b"), (2, "/a")]}


def test_a_member_that_moves_is_in_one_group_in_the_end() -> None:
    world = world_of(member("a"), member("b"), member("c", "other"))
    annotate(world, "b", group_name="other")
    world.settle()

    assert routes(world) == {"team": [(1, "/a")], "other": [(1, "/b"), (2, "/c")]}
    assert world.ingresses["b"].meta.finalizers == ("group.ingress.k8s.aws/other",)
    assert world.ingresses["b"].load_balancer == world.ingresses["c"].load_balancer
    assert empty_plans(world)


def test_an_ingress_that_joins_a_group_leaves_its_own_load_balancer() -> None:
    world = world_of(member("a"), member("front", None))
    annotate(world, "front", group_name="team")
    world.settle()

    assert routes(world) == {"team": [(1, "/a"), (2, "/front")]}
    assert world.ingresses["front"].meta.finalizers == ("group.ingress.k8s.aws/team",)
    assert empty_plans(world)


def test_the_last_member_takes_everything_with_it() -> None:
    world = world_of(member("a"), member("b"))
    game.delete(world, "a")
    game.delete(world, "b")
    world.settle()

    assert world.operations() == Counter(
        DeleteLoadBalancer=1, DeleteTargetGroup=2, DeleteSecurityGroup=2, RevokeSecurityGroupIngress=1
    )
    assert world.ingresses == {}
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"healthcheck_interval_seconds": "soon"}, id="an annotation that cannot be read"),
        pytest.param({"scheme": "internal"}, id="a contradiction"),
        pytest.param({"certificate_arn": "arn"}, id="what is not built yet"),
        pytest.param({"group_name": "Team"}, id="no name of a group"),
    ],
)
def test_a_member_that_breaks_freezes_the_shape(broken: dict[str, str]) -> None:
    world = world_of(member("a"), member("b"))
    before = world.inventory
    annotate(world, "b", **broken)
    annotate(world, "a", group_order="9")
    world.ingresses["c"] = member("c")
    world.settle()

    assert world.inventory == before
    assert isinstance(world.outcome(TEAM), Errored)


@pytest.mark.parametrize("gone", [pytest.param("a", id="a sound member"), pytest.param("b", id="the broken member")])
def test_any_member_of_a_broken_group_can_be_deleted(gone: str) -> None:
    world = world_of(member("a"), member("b"), member("c"))
    annotate(world, "b", scheme="outside")
    game.delete(world, gone)
    world.settle()

    left = [n for n in ("a", "b", "c") if n != gone]
    assert sorted(world.ingresses) == left
    assert [path for _, path in routes(world)["team"]] == [f"/{n}" for n in left]
    assert len(world.inventory.target_groups) == 2
    assert {b.meta.name for b in world.bindings.values()} == {g.name for g in world.inventory.target_groups.values()}


def test_a_default_backend_of_a_broken_group_goes_with_its_member() -> None:
    backend = IngressBackend(service_name="web", port=80)
    world = world_of(member("a"), replace(member("b"), default_backend=backend))
    annotate(world, "a", scheme="outside")
    game.delete(world, "b")
    world.settle()

    assert world.operations() == Counter(ModifyListener=1, DeleteRule=1, DeregisterTargets=1, DeleteTargetGroup=1)
    assert sorted(world.ingresses) == ["a"]


def test_a_repaired_group_is_what_it_would_be_without_the_break() -> None:
    world = world_of(member("a"), member("b"), member("c"))
    annotate(world, "b", scheme="outside")
    game.delete(world, "a")
    world.settle()
    annotate(world, "b", scheme="internet-facing")
    world.settle()

    assert routes(world) == {"team": [(1, "/b"), (2, "/c")]}
    assert empty_plans(world)


def test_a_replaced_load_balancer_goes_after_its_successor_serves() -> None:
    world = world_of(member("front", None))
    (old,) = world.inventory.load_balancers.values()
    annotate(world, "front", scheme="internal")

    first = world.outcome(FRONT)
    assert isinstance(first, Planned)
    assert {(c.kind, c.action, c.disruptive) for c in first.plan.changes if c.kind == "load balancer"} == {
        ("load balancer", ChangeAction.REPLACE, True)
    }
    (replaced,) = (c for c in first.plan.changes if c.kind == "load balancer")
    assert {f.field: (f.old, f.new) for f in replaced.fields if f.field != "name"} == {
        "scheme": ("internet-facing", "internal")
    }
    world.execute(first.plan)
    waiting = world.outcome(FRONT)
    assert isinstance(waiting, Planned)
    assert waiting.plan.empty
    assert waiting.waits_for == f"load balancer {old.name} to be replaced"

    world.settle()
    operations = [call.operation for call in world.calls]
    assert operations.index("RegisterTargets") < operations.index("DeleteLoadBalancer")
    assert world.operations() == Counter(
        CreateTargetGroup=1,
        CreateLoadBalancer=1,
        CreateListener=1,
        CreateRule=1,
        RegisterTargets=1,
        DeleteLoadBalancer=1,
        DeleteTargetGroup=1,
    )
    (new,) = world.inventory.load_balancers.values()
    assert (new.scheme, new.name == old.name) == ("internal", False)
    assert world.ingresses["front"].load_balancer[0].hostname == new.dns_name.lower()
    assert empty_plans(world)


def test_a_replaced_load_balancer_with_a_given_name_makes_room() -> None:
    world = world_of(member("front", None))
    game.delete(world, "front")
    world.settle()
    world.ingresses["front"] = member("front", None)
    annotate(world, "front", load_balancer_name="given")
    world.settle()
    annotate(world, "front", scheme="internal")
    world.settle()

    (new,) = world.inventory.load_balancers.values()
    assert new.scheme == "internal"
    assert empty_plans(world)


def test_a_change_back_before_the_end_keeps_what_stands() -> None:
    world = world_of(member("front", None))
    before = set(world.inventory.load_balancers)
    annotate(world, "front", scheme="internal")
    outcome = world.outcome(FRONT)
    assert isinstance(outcome, Planned)
    world.execute(outcome.plan)
    annotate(world, "front", scheme="internet-facing")
    world.settle()

    assert set(world.inventory.load_balancers) == before
    assert len(world.inventory.target_groups) == 1
    assert empty_plans(world)


def test_deleting_amid_a_replacement_leaves_nothing() -> None:
    world = world_of(member("front", None))
    annotate(world, "front", scheme="internal")
    outcome = world.outcome(FRONT)
    assert isinstance(outcome, Planned)
    world.execute(outcome.plan)
    game.delete(world, "front")
    world.settle()

    assert world.ingresses == {}
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


def test_a_protocol_change_makes_another_group() -> None:
    world = world_of(member("front", None))
    annotate(world, "front", backend_protocol="HTTPS")
    world.settle()

    counts = world.operations()
    assert (counts["CreateTargetGroup"], counts["DeleteTargetGroup"], counts["CreateLoadBalancer"]) == (1, 1, 0)
    (group,) = world.inventory.target_groups.values()
    assert group.protocol == "HTTPS"


def test_other_subnets_are_one_call() -> None:
    world = world_of(member("front", None))
    annotate(world, "front", subnets="subnet-public-a,subnet-public-b")
    world.settle()

    assert world.operations() == Counter(SetSubnets=1)
    annotate(world, "front", subnets="public-b, public-a")
    world.settle()
    assert world.operations() == Counter()


def test_the_second_plan_of_every_step_asks_aws_for_nothing() -> None:
    world = world_of(member("a"), member("b", order=3))
    outcome = world.outcome(TEAM)

    assert isinstance(outcome, Planned)
    assert [s for s in outcome.plan.steps if isinstance(s.work, AwsCall)] == []
