"""What the planner's own plans write to Kubernetes, followed until the view has seen it.

A key whose writes the view has not seen yet would be planned from the past; it waits until they have come round. And
the watch events of those writes are nobody's edit: they belong to the trace of the run that caused them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.planner.core.keys import Key
from services.planner.core.objects import Kind
from services.planner.core.plans import KubernetesWrite, Plan, Step, Verb
from services.planner.results import ErrorClass, StepOutcome, StepResult
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed
from services.planner.view.objects import Name, Object, name_of, revision

_KINDS: Mapping[str, Kind] = {
    "ingresses": Kind.INGRESS,
    "services": Kind.SERVICE,
    "targetgroupbindings": Kind.TARGET_GROUP_BINDING,
    "pods": Kind.POD,
}

Where = tuple[Kind, Name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """The view has to know the object as it was at this revision."""

    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beyond:
    """The view has to know a later version of the object than this one."""

    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gone:
    """The view has to know that the object with this UID is gone."""

    uid: str


_Awaited = _Reached | _Beyond | _Gone


class OwnWrites:
    """Writes in flight, and writes that were answered and are not seen yet."""

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self._in_flight: dict[Where, str] = {}
        self._awaited: dict[Key, dict[Where, _Awaited]] = {}
        self._written: dict[Where, tuple[_Awaited, str]] = {}

    def advance(self, plan: Plan, results: Mapping[str, StepResult], traceparent: str) -> None:
        """Notes which of the plan's writes may take effect now: those whose own result has not come, and that wait for
        no other step any more. Called when the plan begins and after each result.
        """
        for step in plan.steps:
            where = _where(step.work) if isinstance(step.work, KubernetesWrite) else None
            if where is None:
                continue
            if may_be_sent(step, results):
                self._in_flight[where] = traceparent
            elif step.id in results and self._in_flight.get(where) == traceparent:
                del self._in_flight[where]

    def ended(self, key: Key, write: KubernetesWrite, result: StepResult, traceparent: str) -> bool:
        """A write has its result. Answers whether the view is now waited for because of it."""
        where = _where(write)
        if where is None:
            return False
        awaited = _awaited(write, result)
        if result.outcome is StepOutcome.ACCEPTED and awaited is not None:
            self._written[where] = awaited, traceparent
        if awaited is not None:
            self._awaited.setdefault(key, {})[where] = awaited
        return awaited is not None

    def finish(self, plan: Plan) -> None:
        """The plan has ended: none of its writes is in flight any more."""
        for step in plan.steps:
            where = _where(step.work) if isinstance(step.work, KubernetesWrite) else None
            if where is not None:
                self._in_flight.pop(where, None)

    def blocked(self, key: Key) -> tuple[Where, ...]:
        """Objects whose newest version, as far as this key's writes go, the view has not seen yet."""
        waiting = {where: a for where, a in self._awaited.get(key, {}).items() if not self._seen(where, a)}
        if waiting:
            self._awaited[key] = waiting
        else:
            self._awaited.pop(key, None)
        return tuple(sorted(waiting))

    def trace_of(self, changed: Changed) -> str | None:
        """The trace of the run that wrote what this change shows; None for everybody else's changes."""
        where = changed.kind, name_of(changed.now)
        if where in self._in_flight:
            return self._in_flight[where]
        written = self._written.get(where)
        if written is None:
            return None
        awaited, traceparent = written
        if changed.new is None:
            del self._written[where]
            return traceparent
        is_that = isinstance(awaited, _Reached) and _version(changed.new) == awaited.revision
        return traceparent if is_that else None

    def _seen(self, where: Where, awaited: _Awaited) -> bool:
        kind, name = where
        thing = self._view.get(kind, name)
        match awaited:
            case _Reached():
                return self._view.has_passed(kind, name, awaited.revision)
            case _Beyond():
                return thing is None or _version(thing) > awaited.revision
            case _Gone():
                return thing is None or thing.meta.uid != awaited.uid


def _version(thing: Object) -> int:
    return revision(thing.meta.resource_version)


def may_be_sent(step: Step, results: Mapping[str, StepResult]) -> bool:
    """Whether a step has no result and waits for no other: writes to Kubernetes wait for no budget, so it is sent."""
    free = all(d in results and results[d].outcome is StepOutcome.ACCEPTED for d in step.depends_on)
    return step.id not in results and free


def _where(write: KubernetesWrite) -> Where | None:
    """The object that a write changes, None for a kind that is not watched."""
    kind = None if write.verb is Verb.EVENT else _KINDS.get(write.resource)
    return None if kind is None else (kind, (write.namespace, write.name))


def _awaited(write: KubernetesWrite, result: StepResult) -> _Awaited | None:
    """What the view has to see before the object is planned from again; None where it cannot be said."""
    metadata = result.answer.get("metadata") or {}
    if result.outcome is StepOutcome.ACCEPTED:
        # The last finalizer's removal deletes the object, and answers with the version before that. A pod has none as a
        # rule, and goes when its time is up: a condition that is set on it meanwhile does not end it.
        goes = write.verb is Verb.DELETE or ("deletionTimestamp" in metadata and write.verb is not Verb.CONDITION)
        if goes and not metadata.get("finalizers"):
            return _Gone(uid=write.uid) if write.uid else None
        version = metadata.get("resourceVersion")
        return _Reached(revision=revision(version)) if version else None
    if result.outcome is not StepOutcome.REFUSED or result.error is None:
        return None  # one that was stopped or skipped was never sent: nothing of it will come round
    error = result.error.error_class
    if error is ErrorClass.NOT_FOUND and write.uid:
        return _Gone(uid=write.uid)
    bound_to = write.resource_version or (result.sent.get("metadata") or {}).get("resourceVersion")
    return _Beyond(revision=revision(bound_to)) if error is ErrorClass.CONFLICT and bound_to else None
