"""The life of a stack, by the calls it costs: made, looked at again, edited, scaled, taken down."""

from collections import Counter
from dataclasses import replace

from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.outcomes import Errored, Planned
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World, network_of_three_zones, shared


def made() -> World:
    world = game.world()
    world.settle()
    world.operations()
    return world


def annotate(world: World, key: str, value: str | None) -> None:
    old = world.ingresses["front"]
    annotations = {k: v for k, v in old.meta.annotations.items() if k != key}
    if value is not None:
        annotations[key] = value
    world.ingresses["front"] = replace(old, meta=replace(old.meta, annotations=annotations))


def test_the_application_costs_nine_calls() -> None:
    world = game.world()
    world.settle()
    assert world.operations() == Counter(
        CreateSecurityGroup=2,
        AuthorizeSecurityGroupIngress=2,
        CreateTargetGroup=1,
        CreateLoadBalancer=1,
        CreateListener=1,
        CreateRule=1,
        RegisterTargets=1,
    )


def test_a_second_look_costs_nothing() -> None:
    world = made()
    for key in world.all_keys():
        outcome = world.outcome(key)
        assert isinstance(outcome, Planned)
        assert outcome.plan.empty, outcome.plan


def test_three_more_pods_are_one_call() -> None:
    world = made()
    game.with_pods(world, 5)
    world.settle()
    assert world.operations() == Counter(RegisterTargets=1)


def test_fewer_pods_are_one_call_and_no_target_is_deregistered_twice() -> None:
    world = made()
    game.with_pods(world, 1)
    world.settle()
    assert world.operations() == Counter(DeregisterTargets=1)
    world.settle()
    assert world.operations() == Counter()


def test_an_attribute_of_what_was_made_is_one_call() -> None:
    world = made()
    annotate(world, "alb.ingress.kubernetes.io/load-balancer-attributes", "idle_timeout.timeout_seconds=120")
    world.settle()
    assert world.operations() == Counter(ModifyLoadBalancerAttributes=1)


def test_an_attribute_at_its_default_is_no_call() -> None:
    world = made()
    annotate(world, "alb.ingress.kubernetes.io/load-balancer-attributes", "idle_timeout.timeout_seconds=60")
    world.settle()
    assert world.operations() == Counter()


def test_a_target_group_attribute_is_one_call() -> None:
    world = made()
    annotate(
        world,
        "alb.ingress.kubernetes.io/target-group-attributes",
        "load_balancing.algorithm.type=least_outstanding_requests",
    )
    world.settle()
    assert world.operations() == Counter(ModifyTargetGroupAttributes=1)


def test_another_target_type_makes_a_group_and_lets_the_old_one_go() -> None:
    world = made()
    annotate(world, "alb.ingress.kubernetes.io/target-type", "instance")
    world.settle()
    counts = world.operations()
    assert counts["CreateTargetGroup"] == counts["DeleteTargetGroup"] == counts["ModifyRule"] == 1
    (group,) = world.inventory.target_groups.values()
    assert group.target_type == "instance"
    assert {t.id for t in world.inventory.targets[group.arn]} == {"i-a", "i-b"}


def test_a_deletion_leaves_nothing_and_reads_nothing() -> None:
    world = made()
    game.delete(world)
    world.settle()
    assert world.operations() == Counter(
        DeleteLoadBalancer=1, DeleteTargetGroup=1, DeleteSecurityGroup=2, RevokeSecurityGroupIngress=1
    )
    assert world.ingresses == {}
    assert world.bindings == {}
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


def test_the_shared_group_stays_while_another_stack_stands() -> None:
    world = game.world()
    world.ingresses["other"] = game.ingress("other")
    world.settle()
    world.operations()
    game.delete(world, "other")
    world.settle()
    assert shared(world) is not None
    assert set(world.ingresses) == {"front"}


def test_a_broken_annotation_changes_nothing() -> None:
    world = made()
    annotate(world, "alb.ingress.kubernetes.io/scheme", "outside")
    before = world.inventory
    world.settle()
    assert world.inventory == before
    outcome = world.outcome(world.all_keys()[0])
    assert isinstance(outcome, Errored)
    (report,) = outcome.reports
    assert report.warning
    assert "alb.ingress.kubernetes.io/scheme" in report.message
    assert "outside" in report.message


def test_targets_follow_the_pods_of_a_broken_stack() -> None:
    world = made()
    annotate(world, "alb.ingress.kubernetes.io/scheme", "outside")
    game.with_pods(world, 4)
    world.settle()
    assert world.operations() == Counter(RegisterTargets=1)


def test_a_binding_that_someone_deleted_is_made_anew_without_touching_targets() -> None:
    world = made()
    (key,) = world.bindings
    old = world.bindings[key]
    world.bindings[key] = replace(old, meta=replace(old.meta, deleted_at="now"))
    world.execute(_plan(world))
    assert world.bindings[key].meta.uid != old.meta.uid
    assert world.operations() == Counter()


def test_an_edited_binding_is_overwritten() -> None:
    world = made()
    (key,) = world.bindings
    old = world.bindings[key]
    world.bindings[key] = replace(old, service_name="other")
    world.settle()
    assert world.bindings[key].service_name == "web"


def _plan(world: World):  # type: ignore[no-untyped-def]
    outcome = world.outcome(world.all_keys()[0])
    assert isinstance(outcome, Planned)
    return outcome.plan


def test_without_its_gate_rules_have_no_tags_and_those_that_stand_are_left_alone() -> None:
    world = made()
    world.gates = DEFAULT_GATES - {Gate.LISTENER_RULES_TAGGING}
    annotate(world, "alb.ingress.kubernetes.io/tags", "team=a")
    world.settle()
    assert world.operations() == Counter(AddTags=2, CreateTags=1)
    world = game.world()
    world.gates = DEFAULT_GATES - {Gate.LISTENER_RULES_TAGGING}
    world.settle()
    made_of = [c for c in world.calls if c.operation in ("CreateListener", "CreateRule")]
    assert [("Tags" in c.parameters) for c in made_of] == [False, False]
