"""Taking steps out of a plan, and how people let them happen all the same.

An approval is an annotation on the object that the hold is reported on. It names the digest of exactly the steps that
are held, so that it never approves anything else; it stands until those steps are done, across restarts.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from services.planner.core.categories import cost
from services.planner.core.encoding import plan_digest
from services.planner.core.objects import Meta, ObjectRef
from services.planner.core.outcomes import Planned
from services.planner.core.plans import Change, Plan, Report, Step, Verdict
from services.planner.core.problems import Problem, Reason

APPROVE = "elbow/approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An object that is asked to approve."""

    ref: ObjectRef
    api_version: str
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Which guard holds, and why, in words without a full stop. `approvable`: an approval lets the steps happen."""

    reason: Reason
    message: str
    approvable: bool = True


def without(steps: Collection[Step], gone: Collection[str]) -> tuple[Step, ...]:
    """The steps without those of these ids, which nothing depends on any more."""
    left = (s for s in steps if s.id not in gone)
    return tuple(replace(s, depends_on=tuple(d for d in s.depends_on if d not in gone)) for s in left)


def dependents(steps: Collection[Step], roots: Collection[str]) -> frozenset[str]:
    """The roots and every step that waits for one of them. Steps stand in dependency order."""
    found = set(roots)
    for step in steps:
        if found.intersection(step.depends_on):
            found.add(step.id)
    return frozenset(found)


def part(plan: Plan, steps: tuple[Step, ...], wanted: Callable[[Change], bool]) -> Plan:
    """A plan of these steps, with the changes that are wanted of the whole plan's."""
    changes = tuple(c for c in plan.changes if wanted(c))
    return replace(plan, changes=changes, steps=steps, cost=cost(steps))


def hold(planned: Planned, *, rest: Plan, held: Plan, cause: Cause, asked: tuple[Asked, ...]) -> Planned:
    """The outcome with the held part beside the plan, reported on every object that may approve it; or the outcome as
    it was, where one of them does."""
    digest = plan_digest(held)
    if cause.approvable and any(a.meta.annotations.get(APPROVE) == digest for a in asked):
        return planned
    how = f"; to let it happen, annotate {asked[0].ref} with {APPROVE}={digest}" if cause.approvable else ""
    message = f"{cause.message}{how}"
    problem = Problem(where=asked[0].ref, reason=cause.reason, message=message)
    reports = tuple(_report(a, f"{cause.reason}: {message}") for a in asked)
    marked = replace(held, verdict=Verdict.HELD, problems=(problem,))
    return replace(planned, plan=rest, held=marked, reports=(*planned.reports, *reports))


def _report(asked: Asked, message: str) -> Report:
    return Report(
        object_kind=asked.ref.kind,
        api_version=asked.api_version,
        namespace=asked.ref.namespace,
        name=asked.ref.name,
        uid=asked.meta.uid,
        generation=asked.meta.generation,
        warning=True,
        reason=Reason.PLAN_HELD,
        message=message,
    )
