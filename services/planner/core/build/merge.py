"""How the members of a group come to one value (ingress behaviour, sections 4 and 7): exclusive values must agree,
maps are united, and what one member says must not contradict another.

Called by every part of the build that all members have in common. A contradiction is a dispute of two members. A member
that yields comes last, and its contradictions are none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.class_params import ClassParams
from services.planner.core.findings import Findings
from services.planner.core.members import Active
from services.planner.core.objects import ObjectRef
from services.planner.core.problems import Problem, Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish(Generic[T]):
    """What one member asks for. `field`: the annotation or field where it does; `member`: who it counts for."""

    member: ObjectRef
    where: ObjectRef
    field: str
    value: T


def wishes(
    members: Iterable[Active],
    annotation: Annotation[T],
    *,
    of_class: Callable[[ClassParams], T | None],
    class_field: str,
) -> tuple[Wish[T], ...]:
    """What the members ask for, in their order; the parameters of a member's class count before its annotation."""
    found: list[Wish[T]] = []
    for member in members:
        params = member.params
        value = of_class(params) if params is not None else None
        if params is not None and value is not None:
            found.append(Wish(member=member.ref, where=params.where, field=class_field, value=value))
            continue
        own = member.annotated.get(annotation)
        if own is not None:
            found.append(Wish(member=member.ref, where=member.ref, field=annotation.key, value=own))
    return tuple(found)


def agreed(
    asked: Iterable[Wish[T]], findings: Findings, *, same: Callable[[T], object] = lambda value: value
) -> T | None:
    """The value that all who ask for one agree on; `same`: the part of it that has to agree."""
    first: Wish[T] | None = None
    for wish in _in_turn(asked, findings):
        if first is None:
            first = wish
        elif same(wish.value) != same(first.value):
            contradiction(findings, wish, first, f'"{wish.value}"', f'"{first.value}"')
    return first.value if first is not None else None


def united(
    asked: Iterable[Wish[Mapping[str, str]]], findings: Findings, *, decided: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All pairs of all members, sorted by key. The pairs of `decided` stand whatever the members say."""
    fixed = decided or {}
    seen: dict[str, Wish[Mapping[str, str]]] = {}
    for wish in _in_turn(asked, findings):
        for key, value in wish.value.items():
            first = seen.setdefault(key, wish)
            if key not in fixed and first.value[key] != value:
                contradiction(findings, wish, first, f'"{key}={value}"', f'"{key}={first.value[key]}"')
    pairs = {key: wish.value[key] for key, wish in seen.items()}
    return dict(sorted({**pairs, **fixed}.items()))


def contradiction(findings: Findings, wish: Wish[Any], first: Wish[Any], one: str, other: str) -> None:
    """Records that two members ask for different things, unless one of them yields."""
    if wish.member in findings.yielding:
        return
    findings.dispute(_problem(wish, first, one, other), _problem(first, wish, other, one))


def _problem(wish: Wish[Any], other: Wish[Any], asked: str, others: str) -> Problem:
    message = f"{asked} contradicts {others} of {other.member}: the members of a group have to agree"
    return Problem(where=wish.member, reason=Reason.CONFLICTING_MEMBERS, message=message, field=wish.field)


def _in_turn(asked: Iterable[Wish[T]], findings: Findings) -> list[Wish[T]]:
    return sorted(asked, key=lambda wish: wish.member in findings.yielding)
