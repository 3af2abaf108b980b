"""Which standing rule serves as which desired one (ingress behaviour, section 23): by content first, then by its
conditions, then by priority; and when a rule may be changed in its place.

The measure is that every request meets, at every moment, what it met before or what it is to meet. A rule that changes
beside another one that changes, for requests that may be the same, would break that: it is made anew, and the old one
goes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from services.planner.core.aws import Condition, Forward, Rule
from services.planner.core.desired import DesiredRule
from services.planner.core.diff.actions import Arns, same_actions
from services.planner.core.overlap import may_meet
from services.planner.core.parse import sorted_transforms

Pair = tuple[DesiredRule, Rule]
RuleContent = tuple[tuple[tuple[str, tuple[str, ...], str], ...], str]


@dataclass(slots=True, kw_only=True)
class Matched:
    """`same`: nothing but the priority may differ. `before` and `after`: rules of the same conditions to be changed
    before, or after, rules take their places; `placed`: rules that get other conditions where they stand. `new` in
    priority order; `surplus` too, none of them is wanted."""

    same: list[Pair] = field(default_factory=list)
    before: list[Pair] = field(default_factory=list)
    after: list[Pair] = field(default_factory=list)
    placed: list[Pair] = field(default_factory=list)
    new: list[DesiredRule] = field(default_factory=list)
    surplus: list[Rule] = field(default_factory=list)

    @property
    def pairs(self) -> list[Pair]:
        """All rules that stand and are wanted."""
        return [*self.same, *self.before, *self.after, *self.placed]

    @property
    def moved(self) -> list[Pair]:
        """Pairs of which the priority differs."""
        return [(rule, old) for rule, old in self.pairs if rule.priority != old.priority]

    @property
    def shifts(self) -> bool:
        """Whether rules have to take places that others have."""
        taken = {old.priority for old in self.surplus}
        return bool(self.moved) or any(rule.priority in taken for rule in self.new)


def match_rules(desired: Sequence[DesiredRule], found: Sequence[Rule], arns: Arns) -> Matched:
    """The pairs. A rule that waits is the same as a standing one of its conditions, whatever that does; without one,
    and without anything that stands in, it is not made now."""
    matched, unused = Matched(), _Unused(found)
    rest: list[DesiredRule] = []
    for rule in desired:
        old = unused.take(rule, lambda old, rule=rule: _serves(rule, old, arns))  # type: ignore[misc]
        if old is not None:
            matched.same.append((rule, old))
        elif rule.actions:
            rest.append(rule)
    for rule in rest:
        old = unused.take(rule, lambda _: True)
        if old is not None:
            matched.after.append((rule, old))
        else:
            matched.new.append(rule)
    matched.surplus = unused.left()
    _change_in_place(matched)
    if matched.shifts:
        _separate(matched)
    matched.new.sort(key=lambda rule: rule.priority)
    matched.surplus.sort(key=lambda rule: rule.priority)
    return matched


def _serves(rule: DesiredRule, old: Rule, arns: Arns) -> bool:
    if rule.waits_for:
        forwards = (action for action in old.actions if isinstance(action, Forward))
        return all(group.target_group in arns.values() for forward in forwards for group in forward.groups)
    return same_actions(rule.actions, old.actions, arns)


def _change_in_place(matched: Matched) -> None:
    """New rules take over surplus ones of their priority where neither may meet a request of any other that changes."""
    surplus = {rule.priority: rule for rule in matched.surplus}
    changing = [(0, rule.conditions) for rule, _ in (*matched.moved, *matched.after)]
    changing += [(rule.priority, rule.conditions) for rule in matched.new]
    changing += [(old.priority, old.conditions) for old in matched.surplus]
    new = []
    for rule in matched.new:
        old = surplus.get(rule.priority)
        others = [conditions for priority, conditions in changing if priority != rule.priority]
        if old is None or any(may_meet(c, o) for c in (rule.conditions, old.conditions) for o in others):
            new.append(rule)
        else:
            matched.placed.append((rule, surplus.pop(rule.priority)))
    matched.new, matched.surplus = new, list(surplus.values())


def _separate(matched: Matched) -> None:
    """Says of each rule that changes and keeps its conditions when that is: before the shift, unless a rule comes to
    stand ahead of it that may take its requests; after it, unless one stood ahead that did. Else it is made anew."""
    pairs, new, surplus = matched.pairs, list(matched.new), list(matched.surplus)
    changing, matched.after = matched.after, []
    for rule, old in changing:
        coming = [d.conditions for d, o in pairs if d.priority < rule.priority and o.priority > old.priority]
        coming += [d.conditions for d in new if d.priority < rule.priority]
        going = [o.conditions for d, o in pairs if o.priority < old.priority and d.priority > rule.priority]
        going += [o.conditions for o in surplus if o.priority < old.priority]
        if not _any_meets(rule.conditions, coming):
            matched.before.append((rule, old))
        elif not _any_meets(rule.conditions, going):
            matched.after.append((rule, old))
        else:
            matched.new.append(rule)
            matched.surplus.append(old)


def _any_meets(conditions: tuple[Condition, ...], others: Iterable[tuple[Condition, ...]]) -> bool:
    return any(may_meet(conditions, other) for other in others)


class _Unused:
    """Standing rules that are no desired one's yet, by content."""

    def __init__(self, found: Iterable[Rule]) -> None:
        self._rules: dict[RuleContent, list[Rule]] = {}
        for rule in found:
            self._rules.setdefault(content_of(rule.conditions, rule.transforms), []).append(rule)

    def take(self, rule: DesiredRule, serves: Callable[[Rule], bool]) -> Rule | None:
        """One of the rule's conditions and transforms, of its priority before others."""
        candidates = self._rules.get(wanted_content(rule), [])
        fit = [old for old in candidates if serves(old)]
        old = next((o for o in fit if o.priority == rule.priority), next(iter(fit), None))
        if old is not None:
            candidates.remove(old)
        return old

    def left(self) -> list[Rule]:
        """Those that were not taken."""
        return [rule for rules in self._rules.values() for rule in rules]


def wanted_content(rule: DesiredRule) -> RuleContent:
    """What the rule lets through and rewrites, as a standing one says it."""
    return content_of(rule.conditions, sorted_transforms(rule.transforms))


def content_of(conditions: Iterable[Condition], transforms: str) -> RuleContent:
    """What a standing rule lets through and rewrites: equal for rules that do the same to the same requests, but for
    their actions."""
    return tuple(sorted((c.field, c.values, c.json) for c in conditions)), transforms
