"""A rehearsed plan leads to what executing it leads to: planned again from there, nothing is left to do."""

from dataclasses import replace

from services.planner.core.keys import StackKey, StackKind
from services.planner.core.outcomes import Planned
from services.planner.core.plans import Plan
from services.planner.core.rehearsal import rehearse
from services.planner.core.updates import apply
from tests.unit.planner_core.game import ingress, service
from tests.unit.planner_core.simulated import World

KEY = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")


def world() -> World:
    """An Ingress that is seen, in a cluster whose shared group stands."""
    made = World(ingresses={"front": ingress()}, services={("game", "web"): service()})
    for key in made.all_keys():
        outcome = made.outcome(key)
        if not isinstance(key, StackKey) and isinstance(outcome, Planned):
            made.execute(outcome.plan)
    return made


def planned(there: World) -> Plan:
    outcome = there.outcome(KEY)
    assert isinstance(outcome, Planned), outcome
    return outcome.plan


def test_what_is_rehearsed_is_what_would_stand() -> None:
    rehearsed, executed = world(), world()
    plan = planned(rehearsed)
    done = rehearse(plan, rehearsed.inventory, {}, stand_in="standin")
    executed.execute(planned(executed))
    inventory = apply(rehearsed.inventory, done.updates)
    for kind in ("load_balancers", "target_groups", "listeners", "rules", "security_groups"):
        assert len(getattr(inventory, kind)) == len(getattr(executed.inventory, kind)), kind
    (mine,), (theirs,) = done.bindings, executed.bindings.values()
    assert replace(mine, meta=theirs.meta, target_group_arn="", networking=None) == replace(
        theirs, target_group_arn="", networking=None
    )
    assert done.finalizers == {("ingresses", "game", "front"): executed.ingresses["front"].meta.finalizers}


def test_rehearsing_changes_nothing() -> None:
    there = world()
    before = there.inventory
    rehearse(planned(there), there.inventory, {}, stand_in="standin")
    assert (there.inventory, there.bindings) == (before, {})
