"""Conditions with more values than one rule takes, as those of several rules with the same actions.

Values of one condition are alternatives, so that a rule is the same as several ones that have some of them each. Called
by the build of rules.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil

from services.planner.core.aws import Condition
from services.planner.core.parse.descriptions import canonical
from services.planner.core.quotas import Quotas

Conditions = tuple[Condition, ...]
_PATTERNS = frozenset(("host-header", "path-pattern", "http-header", "query-string"))
_VALUE_LISTS = ("Values", "RegexValues")


def split_conditions(conditions: Conditions, quotas: Quotas) -> tuple[Conditions, ...]:
    """Conditions of the rules that together let through what these do, in the order of their values; these alone where
    one rule takes them. Empty: no number of rules that a load balancer takes is enough."""
    few = sum(map(_count, conditions)) <= quotas.condition_values_per_rule
    if few and sum(map(_wildcards, conditions)) <= quotas.wildcards_per_rule:
        return (conditions,)
    single = tuple(_single_values(c) for c in conditions)
    sizes = _sizes([len(values) for values in single], quotas)
    if sizes is None:
        return ()
    found: list[Conditions] = []
    for part in product(*(_chunks(values, size) for values, size in zip(single, sizes, strict=True))):
        for fitting in _within_wildcards(part, quotas.wildcards_per_rule):
            if not fitting or len(found) == quotas.rules_per_load_balancer:
                return ()
            found.append(tuple(map(_joined, fitting)))
    return tuple(found)


def _sizes(counts: Sequence[int], quotas: Quotas) -> tuple[int, ...] | None:
    """How many values of each condition one rule has, so that rules are as few as can be; None: there are too many
    conditions, or too many rules. Of equally few, the one with the most values in the first condition."""
    most = min(quotas.condition_values_per_rule, sum(counts))
    # By how many values conditions so far take up: rules, and sizes turned round so that the largest come first.
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (1, ())}
    for count in counts:
        longer: dict[int, tuple[int, tuple[int, ...]]] = {}
        for used, (rules, negated) in best.items():
            for size in range(1, min(count, most - used) + 1):
                choice = (rules * ceil(count / size), (*negated, -size))
                longer[used + size] = min(choice, longer.get(used + size, choice))
        best = longer
    fewest, negated = min(best.values(), default=(0, ()))
    return tuple(-size for size in negated) if 0 < fewest <= quotas.rules_per_load_balancer else None


_Values = tuple[Condition, ...]
"""One condition as conditions of one value each."""


def _chunks(values: _Values, size: int) -> list[_Values]:
    return [values[i : i + size] for i in range(0, len(values), size)]


def _within_wildcards(part: tuple[_Values, ...], most: int) -> Iterator[tuple[_Values, ...]]:
    """The part, halved where it has the most wildcards until each piece has few enough; an empty piece: one has not."""
    counts = [sum(map(_wildcards, values)) for values in part]
    if sum(counts) <= most:
        yield part
        return
    parting = [(count, -i) for i, count in enumerate(counts) if count and len(part[i]) > 1]
    if not parting:
        yield ()
        return
    widest = -max(parting)[1]
    values = part[widest]
    middle = ceil(len(values) / 2)
    for half in (values[:middle], values[middle:]):
        yield from _within_wildcards((*part[:widest], half, *part[widest + 1 :]), most)


def _count(condition: Condition) -> int:
    """How many values it has."""
    if not condition.json:
        return len(condition.values)
    given = json.loads(condition.json)
    return sum(len(given.get(name, ())) for name in _VALUE_LISTS)


def _wildcards(condition: Condition) -> int:
    if condition.field not in _PATTERNS:
        return 0
    if not condition.json:
        return sum(map(_signs, condition.values))
    plain = json.loads(condition.json).get("Values", ())
    return sum(_signs(v) if isinstance(v, str) else _signs(v["Value"]) + _signs(v.get("Key", "")) for v in plain)


def _signs(text: str) -> int:
    return text.count("*") + text.count("?")


def _single_values(condition: Condition) -> _Values:
    if not condition.json:
        return tuple(Condition(field=condition.field, values=(v,)) for v in condition.values)
    given = json.loads(condition.json)
    return tuple(
        Condition(field=condition.field, json=canonical({**given, name: [value]}))
        for name in _VALUE_LISTS
        for value in given.get(name, ())
    )


def _joined(values: _Values) -> Condition:
    """The condition that has all of these values."""
    first = values[0]
    if not first.json:
        return Condition(field=first.field, values=tuple(v for c in values for v in c.values))
    given = [json.loads(c.json) for c in values]
    lists = {name: [v for g in given for v in g[name]] for name in _VALUE_LISTS if name in given[0]}
    return Condition(field=first.field, json=canonical({**given[0], **lists}))
