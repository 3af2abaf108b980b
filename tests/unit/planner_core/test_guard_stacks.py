"""Load balancers are not replaced, and their deletion protection not undone, behind anybody's back."""

from dataclasses import replace

from services.planner.core.encoding import plan_digest
from services.planner.core.guard import guard
from services.planner.core.guard.holding import APPROVE
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.limits import Limits
from services.planner.core.outcomes import Planned
from services.planner.core.plans import Verdict
from services.planner.core.problems import Reason
from services.planner.core.stack import plan_stack
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World

KEY = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")
SCHEME = "alb.ingress.kubernetes.io/scheme"


def made() -> World:
    world = game.world()
    world.settle()
    return world


def guarded(inp: StackInput) -> Planned:
    outcome = guard(inp, plan_stack(inp), 0.0)
    assert isinstance(outcome, Planned)
    return outcome


def asking(inp: StackInput) -> StackInput:
    return replace(inp, cluster=replace(inp.cluster, limits=Limits(approve_replacements=True)))


def internal(world: World, **annotations: str) -> StackInput:
    """The standing stack whose Ingress asks for another scheme."""
    old = world.ingresses["front"]
    wanted = {**old.meta.annotations, SCHEME: "internal", **annotations}
    world.ingresses["front"] = replace(old, meta=replace(old.meta, annotations=wanted))
    return world.stack_input(KEY)


def test_a_replacement_goes_unasked_unless_the_installation_wants_to_be_asked() -> None:
    outcome = guarded(internal(made()))

    assert outcome.held is None
    assert any(s.id.startswith("create-load-balancer") for s in outcome.plan.steps)


def test_a_replacement_waits_for_an_approval_of_that_very_plan() -> None:
    world = made()
    inp = asking(internal(world))

    outcome = guarded(inp)

    assert outcome.plan.empty
    assert outcome.held is not None
    assert outcome.held.verdict is Verdict.HELD
    (report,) = outcome.reports[-1:]
    assert (report.reason, report.name) == (Reason.PLAN_HELD, "front")
    digest = plan_digest(outcome.held)
    assert guarded(asking(internal(world, **{APPROVE: digest}))).held is None
    assert guarded(asking(internal(world, **{APPROVE: "0" * 12}))).held is not None


def test_a_first_load_balancer_is_no_replacement() -> None:
    world = game.world()
    world.settle()
    empty = game.world()
    inp = replace(empty.stack_input(KEY), inventory=empty.inventory)
    plan = plan_stack(replace(inp, cluster=replace(inp.cluster, limits=Limits(approve_replacements=True))))

    assert guard(asking(inp), plan, 0.0) == plan


def protected(world: World) -> None:
    attributes = {"deletion_protection.enabled": "true"}
    balancers = {a: replace(lb, attributes=attributes) for a, lb in world.inventory.load_balancers.items()}
    world.inventory = replace(world.inventory, load_balancers=balancers)


def test_a_protected_load_balancer_is_not_deleted_and_its_members_keep_their_finalizers() -> None:
    world = made()
    protected(world)
    game.delete(world)

    outcome = guarded(world.stack_input(KEY))

    assert outcome.plan.empty
    assert outcome.held is not None
    assert outcome.held.steps[0].id.startswith("delete-load-balancer")
    assert outcome.held.problems[0].reason is Reason.DELETION_PROTECTED
    assert APPROVE not in outcome.held.problems[0].message


def test_a_deletion_goes_on_once_the_protection_is_off() -> None:
    world = made()
    game.delete(world)

    assert guarded(world.stack_input(KEY)).held is None
