"""Guards the healthy targets of a group: not too many at once, and never the last one, while their pods or nodes exist.

That a pod terminates or a node is gone is no question; that a Service's selector stopped matching, that probes fail
everywhere at once, or that nodes lost a label may be a mistake that takes an application away. Registrations go on, and
once their targets are healthy they count: a Service that moves from one set of pods to another is followed without
anybody's word, and without a moment in which nobody answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.planner.core.aws import Target
from services.planner.core.diff.bindings import API_VERSION, RESOURCE
from services.planner.core.guard.holding import Asked, Cause, hold, part, without
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Needs, Planned
from services.planner.core.plans import AwsCall, ChangeAction, KubernetesWrite, Plan, Step, Verb
from services.planner.core.problems import Reason
from services.planner.core.targets.presence import present

REMOVED = "elbow/removed-healthy"
"""Annotation of a binding: removals that count for the guard, `<seconds since the epoch>:<number>`, comma-separated."""

_PUBLISH_GENERATION = "publish-generation"
# Times are rounded, so that planning anew a moment later gives the same plan.
_TICK_SECONDS = 10
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Removal:
    """Healthy targets that were removed though their pods or nodes existed."""

    at: int
    number: int


def hold_removals(inp: BindingInput, planned: Planned, now: float) -> Planned | Needs:
    """The outcome without deregistrations that need an approval; those that count within the window are noted on the
    binding. Where they were all there was to do before asking, that is asked now. A binding that goes takes its targets
    with it."""
    if inp.binding.meta.deleting or inp.owner_deleting:
        return planned
    questionable = _questionable(inp, planned.plan)
    if not questionable:
        return planned
    recent = tuple(r for r in _noted(inp) if now - r.at < inp.cluster.limits.window_seconds)
    cause = _cause(inp, planned.plan, questionable, sum(r.number for r in recent))
    if cause is not None:
        held = _hold(inp, planned, questionable, cause)
        if held is not planned and held.plan.empty and held.lookups:
            return Needs(lookups=held.lookups, network=held.network, reports=held.reports)
        if held is not planned:
            return _look_again(inp, held, recent, now)
    note = _note(inp, recent, len(questionable), now, tuple(s.id for s in planned.plan.steps if _is_removal(s)))
    return replace(planned, plan=replace(planned.plan, steps=(*planned.plan.steps, note)))


def _questionable(inp: BindingInput, plan: Plan) -> tuple[Target, ...]:
    """Healthy targets to be deregistered although what is behind them exists and does not terminate."""
    terminating = {c.name for c in plan.changes if c.reason is Reason.TARGET_TERMINATING}
    known = inp.inventory.targets.get(inp.binding.target_group_arn, {})
    removed = (t for step in plan.steps for t in _targets(step))
    return tuple(
        t
        for t in removed
        if t in known and known[t].state == "healthy" and _named(t) not in terminating and present(inp, t)
    )


def _cause(inp: BindingInput, plan: Plan, questionable: tuple[Target, ...], recent: int) -> Cause | None:
    """Which limit the plan goes beyond. Where the binding's own spec was edited, the edit says which targets there are
    to be, and only the last healthy one is asked about."""
    known = inp.inventory.targets.get(inp.binding.target_group_arn, {})
    healthy = {t for t, h in known.items() if h.state == "healthy"}
    left = healthy - {t for step in plan.steps for t in _targets(step)}
    behind = "nodes" if inp.binding.target_type == "instance" else "pods"
    names = ", ".join(map(_named, questionable[:_SHOWN])) + (", ..." if len(questionable) > _SHOWN else "")
    what = f"{len(questionable)} of {len(healthy)} healthy targets whose {behind} still exist ({names})"
    if not left:
        return Cause(reason=Reason.LAST_HEALTHY_TARGET, message=f"removing {what} would leave no healthy target")
    edited = inp.binding.observed_generation != inp.binding.meta.generation
    limits = inp.cluster.limits
    if edited or len(questionable) + recent <= limits.removal_share * (len(healthy) + recent):
        return None
    before = f" after {recent} within {limits.window_seconds:g} s" if recent else ""
    message = f"removing {what}{before} is more than the share of {limits.removal_share:.0%} that goes unasked"
    return Cause(reason=Reason.HEALTHY_TARGETS_REMOVED, message=message)


def _hold(inp: BindingInput, planned: Planned, questionable: tuple[Target, ...], cause: Cause) -> Planned:
    """The questionable deregistrations apart from the rest. While they are held, the targets do not follow the
    binding's spec, and the step that would say so is held too."""
    plan, chosen = planned.plan, frozenset(questionable)
    rest, held = list[Step](), list[Step]()
    for step in plan.steps:
        kept = _only(step, lambda t: t not in chosen)
        taken = _only(step, lambda t: t in chosen)
        if not _is_removal(step):
            (held if step.id == _PUBLISH_GENERATION else rest).append(step)
            continue
        rest += [kept] if kept is not None else []
        held += [taken] if taken is not None else []
    remaining = {s.id for s in rest}
    own = {s.id for s in held}
    names = frozenset(map(_named, chosen))
    gone = part(
        plan,
        without(tuple(held), remaining - own),
        lambda c: c.action is ChangeAction.DELETE and c.name in names,
    )
    going_on = part(
        plan,
        without(tuple(rest), own - remaining),
        lambda c: not (c.action is ChangeAction.DELETE and c.name in names),
    )
    meta = inp.binding.meta
    ref = ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace=meta.namespace, name=meta.name)
    asked = Asked(ref=ref, api_version=API_VERSION, meta=meta)
    return hold(planned, rest=going_on, held=gone, cause=cause, asked=(asked,))


def _look_again(inp: BindingInput, held: Planned, recent: tuple[_Removal, ...], now: float) -> Planned:
    """Once the oldest removal is out of the window, less may be asked about."""
    if not recent:
        return held
    passed = min(r.at for r in recent) + inp.cluster.limits.window_seconds - now
    seconds = max(passed, 1.0)
    again = seconds if held.again_seconds is None else min(seconds, held.again_seconds)
    return replace(held, again_seconds=again)


def _note(inp: BindingInput, recent: tuple[_Removal, ...], number: int, now: float, after: tuple[str, ...]) -> Step:
    at = int(now) // _TICK_SECONDS * _TICK_SECONDS
    text = ",".join(f"{r.at}:{r.number}" for r in (*recent, _Removal(at=at, number=number)))
    meta = inp.binding.meta
    write = KubernetesWrite(
        verb=Verb.MERGE_PATCH,
        api_version=API_VERSION,
        resource=RESOURCE,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        body={"metadata": {"annotations": {REMOVED: text}}},
    )
    return Step(id="note-removals", work=write, depends_on=after)


def _noted(inp: BindingInput) -> Iterator[_Removal]:
    """Earlier removals; what nobody can read counts for nothing."""
    for entry in inp.binding.meta.annotations.get(REMOVED, "").split(","):
        at, _, number = entry.partition(":")
        if at.isascii() and at.isdigit() and number.isascii() and number.isdigit() and len(entry) < 32:
            yield _Removal(at=int(at), number=int(number))


def _is_removal(step: Step) -> bool:
    return isinstance(step.work, AwsCall) and step.work.operation == "DeregisterTargets"


def _targets(step: Step) -> tuple[Target, ...]:
    if not isinstance(step.work, AwsCall) or not _is_removal(step):
        return ()
    return tuple(map(_target, step.work.parameters["Targets"]))


def _only(step: Step, wanted: Callable[[Target], bool]) -> Step | None:
    """The deregistration of the wanted targets alone; None where there is none."""
    if not isinstance(step.work, AwsCall) or not _is_removal(step):
        return None
    listed = step.work.parameters["Targets"]
    targets = [t for t in listed if wanted(_target(t))]
    if not targets:
        return None
    return replace(step, work=replace(step.work, parameters={**step.work.parameters, "Targets": targets}))


def _target(sent: Mapping[str, Any]) -> Target:
    return Target(id=sent["Id"], port=sent["Port"], quic_id=sent.get("QuicServerId") or "")


def _named(target: Target) -> str:
    return f"{target.id}:{target.port}"
