"""Whether one request may fulfil the conditions of two rules (ELBv2 behaviour, section 5.2).

Told from plain host names and path patterns; what cannot be told counts as possible. Read where the order of two rules
matters.
"""

from collections.abc import Iterable

from services.planner.core.aws import Condition

_WILDCARDS = ("*", "?")


def may_meet(one: Iterable[Condition], other: Iterable[Condition]) -> bool:
    """Whether a request may fulfil both."""
    left, right = tuple(one), tuple(other)
    return _may_share(_hosts(left), _hosts(right)) and _may_share(_paths(left), _paths(right))


def _hosts(conditions: Iterable[Condition]) -> tuple[str, ...]:
    return tuple(v.lower() for v in next((c.values for c in conditions if c.field == "host-header"), ()))


def _paths(conditions: Iterable[Condition]) -> tuple[str, ...]:
    return next((c.values for c in conditions if c.field == "path-pattern"), ())


def _may_share(patterns: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """No patterns at all: anything."""
    return not patterns or not others or any(_may_equal(p, q) for p in patterns for q in others)


def _may_equal(pattern: str, other: str) -> bool:
    if pattern == other:
        return True
    start, open_ = _start(pattern)
    other_start, other_open = _start(other)
    if open_ and other_open:
        return start.startswith(other_start) or other_start.startswith(start)
    if open_:
        return other.startswith(start)
    return other_open and pattern.startswith(other_start)


def _start(pattern: str) -> tuple[str, bool]:
    """What everything that fits the pattern starts with, and whether anything follows that is not written."""
    first = min((i for i in map(pattern.find, _WILDCARDS) if i >= 0), default=-1)
    return (pattern, False) if first < 0 else (pattern[:first], True)
