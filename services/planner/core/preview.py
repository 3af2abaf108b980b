"""What of a plan can be known before the objects that it is for exist.

A preview is computed twice, each time with other stand-ins for what nobody knows yet (UIDs, node ports, ids that AWS
will give). What both plans have in common does not depend on them; what differs is replaced by `UNKNOWN`. So no rule of
planning has to know about previews. Called by the planner's preview.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from services.planner.core.keys import BindingKey, Key
from services.planner.core.plans import AwsCall, Change, FieldChange, Json, KubernetesWrite, Plan, Ref, Step

UNKNOWN = "(known after apply)"

_PARTS = re.compile(r"([^0-9A-Za-z]+)")
_Pairs = dict[str, str]


def known_part(one: Plan, other: Plan) -> Plan:
    """The first plan with everything replaced that the second one, made with other stand-ins, says differently.

    Plans of different shape have nothing in common that could be shown beside their changes' kinds: then names and
    values are compared as far as they can be paired.
    """
    pairs = _pairs(one, other)
    ids = _step_ids(one, pairs)
    counterparts = _counterparts(other.changes)
    changes = tuple(_change(c, counterparts, pairs, ids) for c in one.changes)
    steps = tuple(_step(s, o, ids) for s, o in zip(one.steps, _same_shape(one, other), strict=True))
    return replace(one, key=_key(one.key, other.key), changes=changes, steps=steps)


def _key(one: Key, other: Key) -> Key:
    if isinstance(one, BindingKey) and isinstance(other, BindingKey):
        return replace(one, name=_merged_text(one.name, other.name))
    return one


def merged(one: Json, other: Json) -> Json:
    """The first value with every part replaced that differs in the second: a whole leaf, or the words of a text."""
    if one == other:
        return one
    match one, other:
        case str(), str():
            return _merged_text(one, other)
        case Ref(), Ref():
            return UNKNOWN
        case dict(), dict() if one.keys() == other.keys():
            return {k: merged(v, other[k]) for k, v in one.items()}
        case list() | tuple(), list() | tuple() if len(one) == len(other):
            return [merged(a, b) for a, b in zip(one, other, strict=True)]
        case _:
            return UNKNOWN


def _merged_text(one: str, other: str) -> str:
    parts, others = _PARTS.split(one), _PARTS.split(other)
    if len(parts) != len(others):
        return UNKNOWN
    return "".join(a if a == b else UNKNOWN for a, b in zip(parts, others, strict=True))


def _same_shape(one: Plan, other: Plan) -> Sequence[Step]:
    """The other plan's steps, one for each of the first plan's; those of another shape pair with themselves."""
    return other.steps if _shape(one) == _shape(other) else one.steps


def _shape(plan: Plan) -> list[object]:
    return [
        s.work.operation if isinstance(s.work, AwsCall) else (s.work.verb, s.work.resource, s.work.subresource)
        for s in plan.steps
    ]


def _pairs(one: Plan, other: Plan) -> _Pairs:
    """Words of the first plan's steps with those that stand in their place in the second."""
    pairs: _Pairs = {}
    for a, b in zip(one.steps, _same_shape(one, other), strict=True):
        for x, y in _texts(_content(a), _content(b)):
            words, others = _PARTS.split(x), _PARTS.split(y)
            if len(words) == len(others):
                pairs.update((w, o) for w, o in zip(words, others, strict=True) if w != o)
    return pairs


def _content(step: Step) -> Json:
    match step.work:
        case AwsCall() as call:
            return [step.id, dict(call.parameters)]
        case KubernetesWrite() as write:
            return [step.id, write.name, write.namespace, write.uid, dict(write.body or {})]


def _texts(one: Json, other: Json) -> Iterator[tuple[str, str]]:
    match one, other:
        case (str(), str()) | (int(), int()):
            yield str(one), str(other)
        case dict(), dict():
            for key in one.keys() & other.keys():
                yield from _texts(one[key], other[key])
        case list(), list():
            for a, b in zip(one, other, strict=False):
                yield from _texts(a, b)


def _translated(text: str, pairs: Mapping[str, str]) -> str:
    return "".join(pairs.get(part, part) for part in _PARTS.split(text))


def _step_ids(plan: Plan, pairs: Mapping[str, str]) -> Mapping[str, str]:
    """New ids of the steps, unique again where two differed only in what is not known."""
    ids: dict[str, str] = {}
    used: Counter[str] = Counter()
    for step in plan.steps:
        shown = _merged_text(step.id, _translated(step.id, pairs))
        used[shown] += 1
        ids[step.id] = shown if used[shown] == 1 else f"{shown} {used[shown]}"
    return ids


def _step(one: Step, other: Step, ids: Mapping[str, str]) -> Step:
    depends_on = tuple(sorted(ids[d] for d in one.depends_on))
    match one.work, other.work:
        case AwsCall() as a, AwsCall() as b:
            parameters = _with_ids(dict(a.parameters), dict(b.parameters), ids)
            return Step(id=ids[one.id], work=replace(a, parameters=parameters), depends_on=depends_on)
        case KubernetesWrite() as x, KubernetesWrite() as y:
            write = replace(
                x,
                name=merged(x.name, y.name),
                uid=merged(x.uid, y.uid),
                resource_version=merged(x.resource_version, y.resource_version),
                body=None if x.body is None else _with_ids(dict(x.body), dict(y.body or {}), ids),
            )
            return Step(id=ids[one.id], work=write, depends_on=depends_on)
    return replace(one, id=ids[one.id], depends_on=depends_on)


def _with_ids(one: Json, other: Json, ids: Mapping[str, str]) -> Json:
    """As `merged`, and references to earlier steps keep being references, by the steps' new ids."""
    match one, other:
        case Ref(), Ref() if one.path == other.path:
            return Ref(ids.get(one.step, one.step), one.path)
        case dict(), dict() if one.keys() == other.keys():
            return {k: _with_ids(v, other[k], ids) for k, v in one.items()}
        case list() | tuple(), list() | tuple() if len(one) == len(other):
            return [_with_ids(a, b, ids) for a, b in zip(one, other, strict=True)]
    return merged(one, other)


_Identity = tuple[str, str, str]


def _counterparts(changes: Sequence[Change]) -> Mapping[_Identity, Change]:
    return {(c.kind, c.name, c.action): c for c in changes}


def _change(
    change: Change, counterparts: Mapping[_Identity, Change], pairs: Mapping[str, str], ids: Mapping[str, str]
) -> Change:
    name = _translated(change.name, pairs)
    other = counterparts.get((change.kind, name, change.action))
    others = other.fields if other is not None and len(other.fields) == len(change.fields) else ()
    fields = [_field(f, others[i] if others else f, ids) for i, f in enumerate(change.fields)]
    asked_by = change.asked_by if other is None else _merged_text(change.asked_by, other.asked_by)
    return replace(change, name=_merged_text(change.name, name), fields=tuple(fields), asked_by=asked_by)


def _field(one: FieldChange, other: FieldChange, ids: Mapping[str, str]) -> FieldChange:
    return FieldChange(field=one.field, old=_with_ids(one.old, other.old, ids), new=_with_ids(one.new, other.new, ids))
