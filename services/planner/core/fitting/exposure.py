"""What leaving a rule out would open: requests that it keeps from targets, or asks something of, and that fall to what
stands behind it. Called by the fitting of rules.

Where a standing rule, or the default actions, took these requests to a target before, just as now, that is how it is
already. Otherwise the rule cannot be left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.planner.core.aws import Action, Authentication, Forward, OpaqueAction, Rule
from services.planner.core.desired import DesiredRule, DesiredStack
from services.planner.core.diff.actions import same_actions
from services.planner.core.overlap import may_meet
from services.planner.core.problems import Problem, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A rule on a listener, and why there is no room for it, in words; empty: there is."""

    port: int
    rule: DesiredRule
    lacks: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """Port and priority, which no two have in common."""
        return self.port, self.rule.priority

    @property
    def protects(self) -> bool:
        """Whether it asks something of requests, or keeps them from targets."""
        return protects(self.rule.actions)

    def is_ahead_of(self, other: "Entry") -> bool:
        """Whether this one takes requests before the other may."""
        ahead = (self.port, self.rule.priority) < (other.port, other.rule.priority) and self.port == other.port
        return ahead and may_meet(self.rule.conditions, other.rule.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A rule that stands, perhaps at another priority or with other actions, and is wanted."""

    entry: Entry
    old: Rule

    @property
    def actions(self) -> tuple[Action, ...]:
        """What it does from now on: one that waits goes on as it stands."""
        return self.entry.rule.actions if not self.entry.rule.waits_for else self.old.actions


@dataclass(slots=True, kw_only=True)
class Standing:
    """What the load balancer has, or the one that it replaces. `rules` by port; `names`: resource ids of wanted target
    groups by ARN; `groups`: what is forwarded to, by resource id where that is wanted, else by ARN."""

    rules: Mapping[int, tuple[Rule, ...]]
    defaults: Mapping[int, tuple[Action, ...]]
    names: Mapping[str, str]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taker:
    """What may take requests of a rule that is missing: priorities and actions before and from now on; None: the
    default actions, behind all rules."""

    was: tuple[Action, ...]
    becomes: tuple[Action, ...]
    old_priority: int | None
    priority: int | None

    @property
    def takes_as_before(self) -> bool:
        """Whether it asked the same of requests before it took them to a target."""
        return forwards(self.was) and same_actions(_asked(self.becomes), _asked(self.was), {})


def exposed(
    missing: Iterable[Entry], kept: Sequence[Kept], desired: DesiredStack, standing: Standing
) -> Iterator[Problem]:
    """Missing rules that protect what something that stays would take to a target from now on."""
    held = {listener.port for listener in desired.listeners if listener.held}
    defaults = {s.port: s for s in desired.listeners}
    for entry in missing:
        if not entry.protects or entry.port in held:
            continue
        takers = [
            _Taker(was=k.old.actions, becomes=k.actions, old_priority=k.old.priority, priority=k.entry.rule.priority)
            for k in kept
            if entry.is_ahead_of(k.entry)
        ]
        was, listener = standing.defaults.get(entry.port, ()), defaults[entry.port]
        becomes = was if listener.default_waits_for else listener.default_actions
        takers.append(_Taker(was=was, becomes=becomes, old_priority=None, priority=None))
        if any(_newly_opens(entry, taker, kept, standing) for taker in takers):
            message = (
                f"rule {entry.port}:{entry.rule.priority} has no room on the load balancer, and without it what it"
                " protects would be open"
            )
            yield Problem(where=entry.rule.asked_by, reason=Reason.QUOTA_EXCEEDED, message=message)


def _newly_opens(entry: Entry, taker: _Taker, kept: Iterable[Kept], standing: Standing) -> bool:
    if not opens(entry.rule.actions, taker.becomes):
        return False
    still = {k.old.arn for k in kept if protects(k.actions) and _before(k.entry.rule.priority, taker.priority)}
    return not taker.takes_as_before or any(
        rule.arn not in still
        for rule in standing.rules.get(entry.port, ())
        if _before(rule.priority, taker.old_priority)
        and protects(rule.actions)
        and may_meet(rule.conditions, entry.rule.conditions)
    )


def _before(priority: int, other: int | None) -> bool:
    return other is None or priority < other


def opens(missing: Iterable[Action], taker: Iterable[Action]) -> bool:
    """Whether the taker lets requests through to a target past what the missing actions ask of them."""
    asked, taken = tuple(missing), tuple(taker)
    return forwards(taken) and not (forwards(asked) and {*_asked(asked)} <= {*_asked(taken)})


def protects(actions: Iterable[Action]) -> bool:
    """Whether requests are asked something, or kept from targets."""
    listed = tuple(actions)
    return not forwards(listed) or bool(_asked(listed))


def forwards(actions: Iterable[Action]) -> bool:
    """Whether requests come to a target."""
    return any(isinstance(action, Forward) for action in actions)


def _asked(actions: Iterable[Action]) -> tuple[Action, ...]:
    return tuple(a for a in actions if isinstance(a, Authentication | OpaqueAction))
