"""Members of an ingress group are judged one by one, so that none holds the others hostage (architecture, section 5).

The group is built of all members. Who is to blame for what is wrong is put into quarantine: it counts as it was
accepted last, or, having nothing yet, not at all; then the group is built again, until nothing is wrong. Of two members
that contradict each other the younger one is to blame; one whose accepted version still contradicts an elder yields:
only the elder's wish counts there. Where that does not help, the group cannot be built and stays as it is.

Called by the build of an ingress group. Every round puts a member further back, so rounds are few.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from services.planner.core.accepted import Accepted, accepted_version, restored
from services.planner.core.build.result import Broken, Built
from services.planner.core.desired import Member
from services.planner.core.findings import Findings
from services.planner.core.groups import groups_by_finalizer
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active, Leaving, Members, Moving, Unclear, place
from services.planner.core.objects import Ingress, ObjectRef
from services.planner.core.outcomes import Needs
from services.planner.core.problems import Problem, Reason
from services.planner.core.records import read_record
from services.planner.core.references import service_names

Result = Built | Needs | Broken
Attempt = Callable[[Members, Findings], Result]


class _Stage(IntEnum):
    """How a member counts."""

    AS_IT_STANDS = 0
    AS_ACCEPTED = 1
    YIELDING = 2
    LEFT_OUT = 3


@dataclass(slots=True, kw_only=True)
class _Case:
    """One member before the judge. `current` None: as it stands it cannot be said to be a member. `accepted` None: it
    was never accepted, or nobody knows."""

    ingress: Ingress
    member: Member
    current: Active | None
    accepted: Accepted | None
    unchanged: bool = False
    stage: _Stage = _Stage.AS_IT_STANDS
    told: tuple[Problem, ...] = ()

    @property
    def has_nothing(self) -> bool:
        """Whether nothing was ever made for it here."""
        return self.accepted is None and self.member.finalizer not in self.ingress.meta.finalizers


def build_of_the_sound(inp: StackInput, members: Members, attempt: Attempt) -> Result:
    """The group built of members as far back as they have to go. `attempt` builds it of given members."""
    if not (members.moving or members.unclear):
        result = attempt(members, Findings())
        if isinstance(result, Needs):
            return result
        if isinstance(result, Built):
            return replace(result, accepted=_as_they_stand(inp, members.active))
    return _judge(inp, members, read_record(inp), attempt)


def _judge(inp: StackInput, members: Members, versions: Mapping[ObjectRef, Accepted], attempt: Attempt) -> Result:
    """Round by round, from all members as they stand."""
    members = _decided(members, versions)
    cases = _cases(inp, members, versions)
    first: tuple[Problem, ...] = ()
    for unclear in members.unclear:
        case = cases.get(unclear.member.ref)
        if unclear.problem.reason is Reason.VIEW_INCOMPLETE or case is None:
            first = (*first, unclear.problem)
        else:
            case.told, case.stage = (unclear.problem,), _Stage.AS_ACCEPTED
    if first:
        return Broken(problems=tuple(sorted({*first, *_told(cases)})))
    while True:
        findings = Findings(frozenset(ref for ref, c in cases.items() if c.stage is _Stage.YIELDING))
        result = attempt(Members(active=_active(inp, cases), leaving=members.leaving), findings)
        if not isinstance(result, Broken):
            return _judged(inp, cases, members.moving, result)
        if any(p.reason is Reason.VIEW_INCOMPLETE for p in result.problems) or not _put_back(cases, findings):
            return Broken(problems=tuple(sorted({*result.problems, *_told(cases)})))
        if all(c.stage is _Stage.LEFT_OUT for c in cases.values()):
            return Broken(problems=tuple(sorted(_told(cases))))


def _decided(members: Members, versions: Mapping[ObjectRef, Accepted]) -> Members:
    """The members with those on the move only where it is known how they were accepted here: they are served here until
    the other group takes them in."""
    leaving, moving, unclear = list(members.leaving), list[Moving](), list(members.unclear)
    for mover in members.moving:
        if mover.member.ref in versions:
            moving.append(mover)
        elif isinstance(mover.otherwise, Leaving):
            leaving.append(mover.otherwise)
        else:
            unclear.append(Unclear(ingress=mover.ingress, member=mover.member, problem=mover.otherwise))
    return Members(active=members.active, leaving=tuple(leaving), moving=tuple(moving), unclear=tuple(unclear))


def _cases(inp: StackInput, members: Members, versions: Mapping[ObjectRef, Accepted]) -> dict[ObjectRef, _Case]:
    """Every active member, every one on the move, and every unclear one that was accepted once."""
    cases = {}
    for active in members.active:
        accepted = versions.get(active.ref)
        unchanged = accepted is not None and _as_it_stands(inp, active) == accepted
        cases[active.ref] = _Case(
            ingress=active.ingress, member=active.member, current=active, accepted=accepted, unchanged=unchanged
        )
    for mover in members.moving:
        cases[mover.member.ref] = _Case(
            ingress=mover.ingress,
            member=mover.member,
            current=None,
            accepted=versions[mover.member.ref],
            stage=_Stage.AS_ACCEPTED,
        )
    for unclear in members.unclear:
        accepted = versions.get(unclear.member.ref)
        if accepted is not None and not unclear.ingress.meta.deleting:
            cases[unclear.member.ref] = _Case(
                ingress=unclear.ingress, member=unclear.member, current=None, accepted=accepted
            )
    return cases


def _as_they_stand(inp: StackInput, active: Iterable[Active]) -> Mapping[ObjectRef, Accepted]:
    """What is kept of the members; nothing where there is no place for it."""
    return {a.ref: _as_it_stands(inp, a) for a in active} if inp.cluster.namespace else {}


def _as_it_stands(inp: StackInput, active: Active) -> Accepted:
    return accepted_version(inp, active, service_names(active.ingress))


def _active(inp: StackInput, cases: Mapping[ObjectRef, _Case]) -> tuple[Active, ...]:
    found = (_version(inp, case) for case in cases.values() if case.stage is not _Stage.LEFT_OUT)
    return tuple(sorted((a for a in found if a is not None), key=lambda a: place(a.ingress)))


def _version(inp: StackInput, case: _Case) -> Active | None:
    if case.stage is _Stage.AS_IT_STANDS or case.accepted is None:
        return case.current
    return restored(inp, case.ingress, case.member, case.accepted)


def _put_back(cases: Mapping[ObjectRef, _Case], findings: Findings) -> bool:
    """Puts everybody who is to blame one stage further back; where one has nothing left to fall back to, though it is
    as it was accepted, somebody's edit must have done it. Whether there was anybody left to put back."""
    blamed = _blamed(cases, findings)
    moves = {ref: _next(cases[ref], problems) for ref, problems in blamed.items()}
    for ref, stage in moves.items():
        if stage is not None:
            cases[ref].stage = stage
            cases[ref].told = cases[ref].told or blamed[ref]
    innocent = [p for ref, problems in blamed.items() if moves[ref] is None for p in problems]
    return _put_back_an_edit(cases, innocent[0]) if innocent else bool(blamed)


def _put_back_an_edit(cases: Mapping[ObjectRef, _Case], problem: Problem) -> bool:
    """Puts the youngest member that was edited, or that is new, back for what is wrong with another one."""
    fallbacks = {ref: _next(c, ()) for ref, c in cases.items() if c.stage is _Stage.AS_IT_STANDS and not c.unchanged}
    edited = [ref for ref, stage in fallbacks.items() if stage in (_Stage.AS_ACCEPTED, _Stage.LEFT_OUT)]
    if not edited:
        return False
    youngest = max(edited, key=lambda ref: _seniority(cases[ref]))
    message = f"with it {problem.where} cannot be planned: {problem.message}"
    cases[youngest].stage = fallbacks[youngest] or _Stage.LEFT_OUT
    cases[youngest].told = (Problem(where=youngest, reason=problem.reason, field=problem.field, message=message),)
    return True


def _next(case: _Case, problems: tuple[Problem, ...]) -> _Stage | None:
    """How the member counts from now on; None: there is nothing left to fall back to."""
    if case.stage is _Stage.AS_IT_STANDS and case.has_nothing:
        return _Stage.LEFT_OUT
    if case.stage is _Stage.AS_IT_STANDS and case.accepted is not None and not case.unchanged:
        return _Stage.AS_ACCEPTED
    disputes = all(p.reason is Reason.CONFLICTING_MEMBERS and p.field for p in problems)
    return _Stage.YIELDING if case.accepted is not None and case.stage < _Stage.YIELDING and disputes else None


def _blamed(cases: Mapping[ObjectRef, _Case], findings: Findings) -> dict[ObjectRef, tuple[Problem, ...]]:
    """Members to blame with their problems. A problem of nobody in particular is everybody's who has to do with it; a
    dispute is that of the younger side, unless the elder is to blame for something itself."""
    blamed: dict[ObjectRef, list[Problem]] = {}
    disputes: list[tuple[Problem, Problem]] = []
    for problem in findings.problems:
        other = findings.other_side(problem)
        if other is not None and problem.where in cases and other.where in cases:
            elder, younger = sorted((problem, other), key=lambda p: _seniority(cases[p.where]))
            disputes.append((elder, younger))
            continue
        for ref in findings.culprits(problem):
            for member in _members_at(ref, cases):
                blamed.setdefault(member, []).append(problem)
    for elder, younger in sorted(disputes, key=lambda pair: _seniority(cases[pair[0].where])):
        if elder.where not in blamed:
            blamed.setdefault(younger.where, []).append(younger)
    return {ref: tuple(sorted(set(found))) for ref, found in sorted(blamed.items())}


def _members_at(ref: ObjectRef, cases: Mapping[ObjectRef, _Case]) -> Sequence[ObjectRef]:
    """The member itself, or those whose class has these parameters."""
    if ref in cases:
        return (ref,)
    users = ((r, c.current.params) for r, c in cases.items() if c.current is not None)
    return tuple(r for r, params in users if params is not None and params.where == ref)


def _seniority(case: _Case) -> tuple[bool, str, str, str]:
    """Who comes from another group is the youngest here; then the time of creation counts, then the name."""
    meta = case.ingress.meta
    comes = case.member.finalizer not in meta.finalizers and any(groups_by_finalizer(case.ingress))
    return comes, meta.created_at, meta.namespace, meta.name


def _told(cases: Mapping[ObjectRef, _Case]) -> Iterable[Problem]:
    return (problem for case in cases.values() for problem in case.told)


def _judged(
    inp: StackInput, cases: Mapping[ObjectRef, _Case], moving: Iterable[Moving], result: Built | Needs
) -> Result:
    if isinstance(result, Needs):
        return result
    versions = {}
    for ref, case in cases.items():
        if case.stage is _Stage.AS_IT_STANDS and case.current is not None:
            versions[ref] = _as_it_stands(inp, case.current)
        elif case.accepted is not None:
            versions[ref] = case.accepted
    waits = (f"{mover.member.ref} to be taken in by group {mover.goes_to.stack_id}" for mover in moving)
    return replace(
        result,
        quarantined=tuple(sorted(_told(cases))),
        accepted=versions,
        waits_for=(*result.waits_for, *waits),
    )
