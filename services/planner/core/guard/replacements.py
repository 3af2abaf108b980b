"""Guards the DNS name of a load balancer: where the installation asks for it, none is replaced without an approval."""

from dataclasses import replace

from services.planner.core.diff.observed import observe
from services.planner.core.diff.parting import plan_parting
from services.planner.core.guard.holding import Cause, hold
from services.planner.core.guard.owners import owners
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKind
from services.planner.core.members import gather_members
from services.planner.core.objects import Ingress
from services.planner.core.outcomes import Planned
from services.planner.core.plans import Change, ChangeAction, Plan
from services.planner.core.problems import Reason
from services.planner.core.protection import is_protected

_LOAD_BALANCER = "load balancer"


def hold_replacements(inp: StackInput, planned: Planned) -> Planned:
    """The outcome without a plan that makes another load balancer in place of a standing one. All of that plan is about
    the new one; only members that are being deleted go meanwhile."""
    if not inp.cluster.limits.approve_replacements:
        return planned
    replaced = [c for c in planned.plan.changes if _replaces(c)]
    asked = owners(inp)
    if not replaced or not asked:
        return planned
    names = ", ".join(c.name for c in replaced)
    cause = Cause(
        reason=Reason.LOAD_BALANCER_REPLACED,
        message=f"load balancer {names} would be replaced by one with another DNS name",
    )
    held = hold(planned, rest=_parting(inp), held=planned.plan, cause=cause, asked=asked)
    return replace(held, again_seconds=None, network=False) if held is not planned else planned


def _replaces(change: Change) -> bool:
    return change.kind == _LOAD_BALANCER and change.action is ChangeAction.REPLACE


def _parting(inp: StackInput) -> Plan:
    if inp.key.kind is StackKind.SERVICE:
        return Plan(key=inp.key)
    deleted = tuple(m.member for m in gather_members(inp).leaving if _goes(m.ingress))
    if not deleted:
        return Plan(key=inp.key)
    return plan_parting(inp, deleted, observe(inp.inventory, inp.cluster, inp.key)).plan


def _goes(ingress: Ingress) -> bool:
    return ingress.meta.deleting and not is_protected(ingress)
