"""More rules than a load balancer takes: those that fit are made, those that stand stay, and who asked is told."""

from dataclasses import replace

from services.planner.core.objects import IngressPath
from services.planner.core.outcomes import Planned
from services.planner.core.problems import Reason
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World


def paths(world: World, *texts: str, name: str = "front") -> None:
    old = world.ingresses.get(name) or game.ingress(name)
    (rule,) = old.rules
    wanted = tuple(IngressPath(path=t, path_type="Exact", backend=game.BACKEND) for t in texts)
    world.ingresses[name] = replace(old, rules=(replace(rule, paths=wanted),))


def of_quota(rules: int, *texts: str) -> World:
    world = game.world()
    world.quotas = {"rules_per_load_balancer": rules}
    paths(world, *texts)
    world.settle()
    return world


def made(world: World) -> list[str]:
    rules = sorted(world.inventory.rules.values(), key=lambda r: r.priority)
    return [value for r in rules for c in r.conditions for value in c.values]


def messages(world: World) -> list[str]:
    (key,) = world.members()
    outcome = world.outcome(key)
    assert isinstance(outcome, Planned)
    assert outcome.plan.empty, outcome.plan
    return [r.message for r in outcome.reports if r.reason is Reason.QUOTA_EXCEEDED]


def test_the_last_rules_are_left_out_and_a_second_plan_is_empty() -> None:
    world = of_quota(2, "/a", "/b", "/c", "/d")
    assert made(world) == ["/a", "/b"]
    assert messages(world) == [
        "the load balancer takes 2 rules beside the default ones, all are used, and 4 are asked for: 2 of this Ingress"
        " are not made, from 80:3 (listener:place) on"
    ]


def test_rules_that_fit_are_not_spoken_of() -> None:
    world = of_quota(2, "/a", "/b")
    assert made(world) == ["/a", "/b"]
    assert messages(world) == []


def test_a_new_rule_does_not_push_out_one_that_stands() -> None:
    world = of_quota(2, "/b", "/c")
    paths(world, "/a", "/b", "/c")
    world.settle()
    assert made(world) == ["/b", "/c"]
    assert len(messages(world)) == 1


def test_where_more_stand_than_the_quota_says_none_goes() -> None:
    world = of_quota(100, "/a", "/b", "/c")
    world.quotas = {"rules_per_load_balancer": 2}
    assert messages(world) == []
    assert made(world) == ["/a", "/b", "/c"]


def test_a_rule_that_goes_makes_room_for_one_that_was_left_out() -> None:
    world = of_quota(2, "/a", "/b", "/c")
    paths(world, "/a", "/c")
    world.settle()
    assert made(world) == ["/a", "/c"]
    assert messages(world) == []
