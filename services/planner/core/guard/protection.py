"""Guards deletion protection: it is never switched off by itself, so what AWS would refuse to delete is not tried.

The reference controller switches it off where a load balancer is no longer wanted (controller, section 11). Here who
switched it on has to do that.
"""

from collections.abc import Mapping

from services.planner.core.guard.holding import Cause, dependents, hold, part, without
from services.planner.core.guard.owners import owners
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Planned
from services.planner.core.plans import AwsCall, Step
from services.planner.core.problems import Reason
from services.planner.core.protection import DELETION_PROTECTION


def hold_protected(inp: StackInput, planned: Planned) -> Planned:
    """The outcome without the deletion of load balancers that are known to be protected, nor what waits for it. The one
    change that a plan may make to the protection is the one that an object asks for in its attributes."""
    arns = {arn for arn, lb in inp.inventory.load_balancers.items() if _is_protected(lb.attributes)}
    roots = {s.id for s in planned.plan.steps if _deleted(s) in arns}
    asked = owners(inp)
    if not roots or not asked:
        return planned
    names = sorted(inp.inventory.load_balancers[arn].name for s in planned.plan.steps if (arn := _deleted(s)) in arns)
    held_ids = dependents(planned.plan.steps, roots)
    plan = planned.plan
    held = part(plan, without(plan.steps, {s.id for s in plan.steps} - held_ids), lambda c: c.name in names)
    rest = part(plan, without(plan.steps, held_ids), lambda c: c.name not in names)
    cause = Cause(
        reason=Reason.DELETION_PROTECTED,
        message=f"load balancer {', '.join(names)} has {DELETION_PROTECTION}: it is deleted once that is set to false",
        approvable=False,
    )
    return hold(planned, rest=rest, held=held, cause=cause, asked=asked)


def _is_protected(attributes: Mapping[str, str] | None) -> bool:
    return (attributes or {}).get(DELETION_PROTECTION) == "true"


def _deleted(step: Step) -> str:
    """The load balancer that the step deletes, or empty."""
    if isinstance(step.work, AwsCall) and step.work.operation == "DeleteLoadBalancer":
        return str(step.work.parameters["LoadBalancerArn"])
    return ""
