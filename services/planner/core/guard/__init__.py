"""The last stage of planning: plans that are sound and yet had better be asked about (architecture, section 8).

Called with every outcome, after the diff and before anything is executed; the only stage that sees the time. What it
holds is taken out of the plan and stands beside it, for people to read and to approve; the rest goes on.
"""

from services.planner.core.guard.protection import hold_protected
from services.planner.core.guard.removals import hold_removals
from services.planner.core.guard.replacements import hold_replacements
from services.planner.core.inputs import BindingInput, GateInput, NetworkInput, StackInput
from services.planner.core.outcomes import Outcome, Planned

__all__ = ["guard"]


def guard(inp: StackInput | BindingInput | GateInput | NetworkInput, outcome: Outcome, now: float) -> Outcome:
    """The outcome without what is held. `now`: seconds since the epoch. Total: every input gives an outcome."""
    if not isinstance(outcome, Planned):
        return outcome
    match inp:
        case StackInput():
            return hold_protected(inp, hold_replacements(inp, outcome))
        case BindingInput():
            return hold_removals(inp, outcome, now)
        case GateInput() | NetworkInput():
            return outcome
