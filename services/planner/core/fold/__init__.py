"""Own writes, folded: what a call that AWS accepted makes of the inventory (architecture, sections 3 and 7).

`fold` is a pure function of inventory, call and answer, so that our own writes cost no read. It never guesses: what
the call and its answer do not say stays as it was, and what is adopted instead of made has unknown tags and attributes.
"""

from collections.abc import Mapping

from services.planner.core.aws import Inventory
from services.planner.core.fold import acm, addons, elb_tags, listeners, load_balancers, security_groups, target_groups
from services.planner.core.fold.sent import Answer, Handler
from services.planner.core.fold.target_records import fold_write
from services.planner.core.plans import AwsCall
from services.planner.core.updates import Update

__all__ = ["fold", "fold_write"]

_HANDLERS: Mapping[str, Handler] = {
    **load_balancers.HANDLERS,
    **listeners.HANDLERS,
    **target_groups.HANDLERS,
    **elb_tags.HANDLERS,
    **security_groups.HANDLERS,
    **acm.HANDLERS,
}


def fold(inventory: Inventory, call: AwsCall, answer: Answer) -> tuple[Update, ...]:
    """Updates that follow from an accepted call.

    The call's parameters are as sent (references resolved), `answer` is AWS's answer, both with the API model's keys.
    An operation that changes nothing we keep (or is unknown here) gives no update.
    """
    handler = addons.HANDLERS.get((call.service, call.operation)) or _HANDLERS.get(call.operation)
    return tuple(handler(inventory, call.parameters, answer)) if handler else ()
