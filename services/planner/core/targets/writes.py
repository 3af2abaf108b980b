"""What the plan of a binding writes on the binding itself, and what it tells its user."""

from collections.abc import Mapping

from services.planner.core.diff.bindings import API_VERSION, FINALIZER, RESOURCE
from services.planner.core.draft import Draft
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.plans import Json, KubernetesWrite, Report, Verb
from services.planner.core.problems import Problem, Reason
from services.planner.core.reports import event_write


def prepare(inp: BindingInput, draft: Draft, filled: Mapping[str, Json]) -> tuple[str, ...]:
    """The step that gives the binding its finalizer, which stands before the first registration, and what it leaves to
    its target group, so that people see it; none where it has both.
    """
    meta = inp.binding.meta
    body: dict[str, Json] = {}
    if FINALIZER not in meta.finalizers:
        body["metadata"] = {"finalizers": [*meta.finalizers, FINALIZER]}
    if filled:
        body["spec"] = dict(filled)
    if not body:
        return ()
    step_id = "add-finalizer" if "metadata" in body else "complete-spec"
    version = meta.resource_version if "metadata" in body else ""
    return (draft.write(step_id, _patch(inp, body, resource_version=version)),)


def publish_generation(inp: BindingInput, draft: Draft) -> None:
    """The steps that say which generation of the spec the targets follow, last of all, and tell it."""
    meta = inp.binding.meta
    if inp.binding.observed_generation == meta.generation:
        return
    body: dict[str, Json] = {"status": {"observedGeneration": meta.generation}}
    published = draft.write("publish-generation", _patch(inp, body, subresource="status"), draft.step_ids)
    done = report(inp, Reason.SUCCESSFULLY_RECONCILED, "Successfully reconciled", warning=False)
    draft.write("event-reconciled", event_write(done), (published,))


def report(inp: BindingInput, reason: Reason, message: str, *, warning: bool = True) -> Report:
    """Something to say on the binding."""
    meta = inp.binding.meta
    return Report(
        object_kind=Kind.TARGET_GROUP_BINDING,
        api_version=API_VERSION,
        namespace=inp.key.namespace,
        name=inp.key.name,
        uid=meta.uid,
        generation=meta.generation,
        warning=warning,
        reason=reason,
        message=message,
    )


def report_problem(inp: BindingInput, problem: Problem) -> Report:
    """That the binding cannot be worked on, and why."""
    field = f"{problem.field}: " if problem.field else ""
    message = f"Failed reconcile due to {problem.reason}: {field}{problem.message}"
    return report(inp, Reason.FAILED_RECONCILE, message)


def problem_of(inp: BindingInput, reason: Reason, message: str, field: str = "") -> Problem:
    """A problem of the binding."""
    return Problem(where=where(inp), reason=reason, message=message, field=field)


def where(inp: BindingInput) -> ObjectRef:
    """The binding as problems and changes name it."""
    return ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace=inp.key.namespace, name=inp.key.name)


def _patch(
    inp: BindingInput,
    body: Mapping[str, Json],
    *,
    resource_version: str = "",
    subresource: str = "",
) -> KubernetesWrite:
    meta = inp.binding.meta
    return KubernetesWrite(
        verb=Verb.MERGE_PATCH,
        api_version=API_VERSION,
        resource=RESOURCE,
        subresource=subresource,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        resource_version=resource_version,
        body=body,
    )
