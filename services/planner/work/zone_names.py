"""Which bindings have to name the zones of their targets: what AWS's refusals teach. Used by the worker."""

from collections.abc import Mapping

from services.planner.core.keys import BindingKey
from services.planner.core.plans import AwsCall, Plan
from services.planner.results import StepResult

_WANTS_ZONES = "ValidationError"


def learns_zones(named: set[BindingKey], key: BindingKey, plan: Plan, results: Mapping[str, StepResult]) -> bool:
    """Whether the binding is to name zones from now on, because AWS did not take its targets without (targets and
    readiness, section 6). That is no more than a guess from the code of the refusal: one who is refused with names too
    goes back to none.
    """
    refused = (
        result.error is not None and result.error.code == _WANTS_ZONES
        for step in plan.steps
        if isinstance(step.work, AwsCall) and step.work.operation == "RegisterTargets"
        if (result := results.get(step.id)) is not None
    )
    if not any(refused):
        return False
    learns = key not in named
    (named.add if learns else named.discard)(key)
    return learns
