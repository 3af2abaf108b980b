"""Which rules of a stack its load balancer has room for: rules, and target groups that they forward to.

What stands in AWS is never left out, and where more stands than the quota says, as much as that fits. Of new rules
those that keep requests from targets come first, then the members' order decides.

Leaving a rule out never publishes anything: its requests would fall to the rules behind it. A new one that would take
them to a target is left out too, if it is of the same member, or the first one asks something of requests that it does
not ask. What standing rules, or the default actions, would make of them is told by `exposure`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.planner.core.aws import Action, Forward, Inventory, Rule
from services.planner.core.desired import DesiredListener, DesiredStack
from services.planner.core.diff.observed import Observed, listeners_of, matched_groups, paired, rules_of
from services.planner.core.diff.rule_matching import content_of, wanted_content
from services.planner.core.fitting.exposure import Entry, Kept, Standing, exposed, forwards, opens
from services.planner.core.objects import ObjectRef
from services.planner.core.problems import Problem, Reason
from services.planner.core.quotas import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedRules:
    """What there is room for. `left_out`: listener ports and priorities of rules; `waiting`: more of them fit once what
    goes now is gone; `exposed`: why the stack has to stay as it is."""

    left_out: frozenset[tuple[int, int]] = frozenset()
    waiting: bool = False
    warnings: tuple[Problem, ...] = ()
    exposed: tuple[Problem, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Room:
    """How much is used so far, of how much, and how much is asked for. `going`: target groups that are used and not
    wanted."""

    rules: int
    most_rules: int
    groups: set[str]
    most_groups: int
    asked: int
    asked_groups: int
    going: frozenset[str]
    left_out: list[Entry] = field(default_factory=list)
    waiting: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Lets the entry in, or notes why not."""
        needed = _forwarded_to(entry.rule.actions) - self.groups
        lacks = ""
        if any(_hides(other, entry) for other in (*self.left_out, *self.waiting)):
            lacks = "rules that are not made would leave their requests to rules behind them"
        elif self.rules >= self.most_rules:
            lacks = (
                f"the load balancer takes {self.most_rules} rules beside the default ones, {self.asked} are asked for"
            )
        elif len(self.groups | needed) > self.most_groups:
            lacks = f"the load balancer takes {self.most_groups} target groups, {self.asked_groups} are asked for"
        elif len(self.groups | needed | self.going) > self.most_groups:
            self.waiting.append(entry)
            return
        if lacks:
            self.left_out.append(Entry(port=entry.port, rule=entry.rule, lacks=lacks))
        else:
            self.rules += 1
            self.groups |= needed


def fit_rules(desired: DesiredStack, observed: Observed, inventory: Inventory, quotas: Quotas) -> FittedRules:
    """Which of the rules fit."""
    entries = [Entry(port=listener.port, rule=rule) for listener in desired.listeners for rule in listener.rules]
    wanted_groups = _all_forwarded_to(desired.listeners)
    standing = _standing(desired, observed, inventory)
    if _fits(len(entries), len(wanted_groups | standing.groups), quotas):
        return FittedRules()
    kept, new = _sorted_out(entries, standing)
    room = _Room(
        rules=len(kept),
        most_rules=max(quotas.rules_per_load_balancer, sum(map(len, standing.rules.values()))),
        groups={g for s in desired.listeners for g in _forwarded_to(s.default_actions)}
        | {standing.names.get(g, g) for pair in kept for g in _forwarded_to(pair.actions)},
        most_groups=max(quotas.target_groups_per_load_balancer, len(standing.groups)),
        asked=len(kept) + len(new),
        asked_groups=len(wanted_groups),
        going=standing.groups - wanted_groups,
    )
    order = {member.ref: number for number, member in enumerate(desired.active)}
    new.sort(key=lambda e: (not e.protects, order.get(e.rule.asked_by, len(order)), e.rule.priority, e.port))
    for entry in new:
        room.take(entry)
    missing = (*room.left_out, *room.waiting)
    return FittedRules(
        left_out=frozenset((entry.port, entry.rule.priority) for entry in missing),
        waiting=bool(room.waiting),
        warnings=_warnings(room.left_out),
        exposed=tuple(exposed(missing, kept, desired, standing)),
    )


def _fits(rules: int, groups: int, quotas: Quotas) -> bool:
    return rules <= quotas.rules_per_load_balancer and groups <= quotas.target_groups_per_load_balancer


def _standing(desired: DesiredStack, observed: Observed, inventory: Inventory) -> Standing:
    pair = paired(desired.load_balancer, observed) if desired.load_balancer is not None else None
    balancer = (pair.stays or next(iter(pair.outgoing), None)) if pair is not None else None
    listeners = listeners_of(inventory, balancer) if balancer is not None else {}
    rules = {port: rules_of(inventory, listener) for port, listener in listeners.items()}
    names = {group.arn: id_ for id_, group in matched_groups(desired.target_groups, observed).items()}
    actions = [a for listener in listeners.values() for a in listener.default_actions]
    actions += [a for found in rules.values() for rule in found for a in rule.actions]
    return Standing(
        rules=rules,
        defaults={port: listener.default_actions for port, listener in listeners.items()},
        names=names,
        groups=frozenset(names.get(arn, arn) for arn in _forwarded_to(actions)),
    )


def _sorted_out(entries: Iterable[Entry], standing: Standing) -> tuple[list[Kept], list[Entry]]:
    """Rules that stand, by what they let through, and of those that let the same through by priority; and new ones. One
    that waits and does not stand is not made now."""
    by_content: dict[object, list[Rule]] = {}
    for port, rules in standing.rules.items():
        for rule in rules:
            by_content.setdefault((port, content_of(rule.conditions, rule.transforms)), []).append(rule)
    alike = [(entry, by_content.get((entry.port, wanted_content(entry.rule)), [])) for entry in entries]
    kept_by: dict[tuple[int, int], Rule] = {}
    for in_place in (True, False):
        for entry, found in alike:
            old = next((r for r in found if not in_place or r.priority == entry.rule.priority), None)
            if old is not None and entry.place not in kept_by:
                kept_by[entry.place] = old
                found.remove(old)
    kept = [Kept(entry=e, old=kept_by[e.place]) for e, _ in alike if e.place in kept_by]
    return kept, [e for e, _ in alike if e.place not in kept_by and e.rule.actions]


def _hides(missing: Entry, entry: Entry) -> bool:
    """Whether the entry would take requests of the missing one to a target, past what that asks of them."""
    same = missing.rule.asked_by == entry.rule.asked_by and forwards(entry.rule.actions)
    return (same or opens(missing.rule.actions, entry.rule.actions)) and missing.is_ahead_of(entry)


def _warnings(left_out: Iterable[Entry]) -> tuple[Problem, ...]:
    """One for each member and each thing that there was no room for."""
    found: dict[tuple[ObjectRef, str], list[Entry]] = {}
    for entry in left_out:
        found.setdefault((entry.rule.asked_by, entry.lacks), []).append(entry)
    return tuple(
        Problem(
            where=ref,
            reason=Reason.QUOTA_EXCEEDED,
            message=(
                f"{lacks}: {len(entries)} rules of this Ingress are not made, from"
                f" {entries[0].port}:{entries[0].rule.priority} (listener:place) on"
            ),
        )
        for (ref, lacks), entries in sorted(found.items())
    )


def _forwarded_to(actions: Iterable[Action]) -> set[str]:
    return {group.target_group for action in actions if isinstance(action, Forward) for group in action.groups}


def _all_forwarded_to(listeners: Iterable[DesiredListener]) -> frozenset[str]:
    actions = [action for s in listeners for action in s.default_actions]
    actions += [action for s in listeners for rule in s.rules for action in rule.actions]
    return frozenset(_forwarded_to(actions))
