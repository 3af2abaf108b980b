"""What AWS takes of a stack: what goes past a quota is left out from the end, and who asked for it is told.

Called between build and diff. What stands in AWS is never left out: where more stands than the quota says, AWS has
granted more, and as much as that still fits.
"""

from collections import Counter
from dataclasses import replace

from services.planner.core.aws import Forward, Inventory
from services.planner.core.desired import DesiredListener, DesiredRule, DesiredStack
from services.planner.core.diff.observed import Observed, listeners_of, paired, rules_of
from services.planner.core.diff.rule_matching import RuleContent, content_of, wanted_content
from services.planner.core.objects import ObjectRef
from services.planner.core.problems import Problem, Reason
from services.planner.core.quotas import Quotas

_Place = tuple[int, int]
"""Port of the listener and priority of a rule."""


def fitted(
    desired: DesiredStack, observed: Observed, inventory: Inventory, quotas: Quotas
) -> tuple[DesiredStack, tuple[Problem, ...]]:
    """The stack without the rules that its load balancer has no room for, and without target groups that only these
    forward to and that do not stand; and a warning for each member that lost any. Rules that stand come first, then
    new ones in the members' order."""
    rules = [(listener.port, rule) for listener in desired.listeners for rule in listener.rules if rule.actions]
    if len(rules) <= quotas.rules_per_load_balancer:
        return desired, ()
    standing = _standing(desired, observed, inventory)
    room = max(quotas.rules_per_load_balancer, standing.total())
    new: list[tuple[int, DesiredRule]] = []
    for port, rule in rules:
        place = (port, wanted_content(rule))
        if standing[place]:
            standing[place] -= 1
        else:
            new.append((port, rule))
    order = {member.ref: number for number, member in enumerate(desired.active)}
    new.sort(key=lambda entry: (order.get(entry[1].asked_by, len(order)), entry[1].priority, entry[0]))
    left_out = new[max(0, room - (len(rules) - len(new))) :]
    if not left_out:
        return desired, ()
    warnings = tuple(_warning(ref, left_out, room, len(rules)) for ref in sorted({r.asked_by for _, r in left_out}))
    return _without(desired, {(port, rule.priority) for port, rule in left_out}, observed), warnings


def _standing(desired: DesiredStack, observed: Observed, inventory: Inventory) -> Counter[tuple[int, RuleContent]]:
    """Rules of the load balancer, or of the one that it replaces, by port and what they let through."""
    if desired.load_balancer is None:
        return Counter()
    pair = paired(desired.load_balancer, observed)
    balancers = (pair.stays,) if pair.stays is not None else pair.outgoing[:1]
    return Counter(
        (port, content_of(rule.conditions, rule.transforms))
        for balancer in balancers
        for port, listener in listeners_of(inventory, balancer).items()
        for rule in rules_of(inventory, listener)
    )


def _without(desired: DesiredStack, left_out: set[_Place], observed: Observed) -> DesiredStack:
    listeners = tuple(
        replace(s, rules=tuple(r for r in s.rules if (s.port, r.priority) not in left_out)) for s in desired.listeners
    )
    unused = _forwarded_to(desired.listeners) - _forwarded_to(listeners) - observed.by_resource.keys()
    groups = tuple(g for g in desired.target_groups if g.resource_id not in unused)
    return replace(desired, listeners=listeners, target_groups=groups)


def _forwarded_to(listeners: tuple[DesiredListener, ...]) -> set[str]:
    actions = [action for s in listeners for action in s.default_actions]
    actions += [action for s in listeners for rule in s.rules for action in rule.actions]
    return {group.target_group for action in actions if isinstance(action, Forward) for group in action.groups}


def _warning(ref: ObjectRef, left_out: list[tuple[int, DesiredRule]], room: int, wanted: int) -> Problem:
    places = [f"{port}:{rule.priority}" for port, rule in left_out if rule.asked_by == ref]
    message = (
        f"the load balancer takes {room} rules beside the default ones, all are used, and {wanted} are asked for:"
        f" {len(places)} of this Ingress are not made, from {places[0]} (listener:place) on"
    )
    return Problem(where=ref, reason=Reason.QUOTA_EXCEEDED, message=message)
