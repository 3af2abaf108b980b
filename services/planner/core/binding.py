"""A binding's plan: the targets of one target group follow the endpoints or nodes behind one Service.

`plan_binding` is what the planner's worker calls. A terminating pod is deregistered before anything is read; everything
else waits until the group's targets were observed once. Registration waits for the network's grant, deregistration for
nothing.
"""

from collections.abc import Mapping

from services.planner.core.aws import Health, Target
from services.planner.core.diff.bindings import API_VERSION, FINALIZER, RESOURCE, release_binding
from services.planner.core.draft import Draft
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Errored, Lookup, LookupKind, Needs, Outcome, Planned, TrackedGroup
from services.planner.core.plans import KubernetesWrite, Plan, Report, Verb, Verdict
from services.planner.core.problems import Problem, Reason
from services.planner.core.targets.interfaces import EndpointGroups
from services.planner.core.targets.moves import Moves, deregister, moves, outside_vpc, register, urgent
from services.planner.core.targets.permissions import Grants, covered, needed_grants
from services.planner.core.targets.tracking import tracked_group
from services.planner.core.targets.wanted import Wanted, refused_spec, wanted_targets

# Targets follow the pods only while all of these are seen; otherwise they stay as they are.
NEEDED_KINDS = (Kind.ENDPOINT_SLICE, Kind.POD, Kind.SERVICE, Kind.NODE, Kind.TARGET_GROUP_BINDING)


def plan_binding(inp: BindingInput) -> Outcome:
    """The outcome for one binding. Total: every input gives one, none raises."""
    problem = _unplannable(inp)
    if problem is not None:
        return _errored(inp, problem, report=problem.reason is not Reason.VIEW_INCOMPLETE)
    if inp.binding.meta.deleting or inp.owner_deleting:
        return _leave(inp)
    wanted = wanted_targets(inp)
    if isinstance(wanted, Problem):
        return _errored(inp, wanted)
    return _follow(inp, wanted)


def _unplannable(inp: BindingInput) -> Problem | None:
    for kind in NEEDED_KINDS:
        if kind in inp.view.blind:
            message = f"{kind} objects cannot be seen ({inp.view.blind[kind]}): targets stay as they are"
            return _problem(inp, Reason.VIEW_INCOMPLETE, message)
    return refused_spec(inp.binding)


def _follow(inp: BindingInput, wanted: Wanted) -> Outcome:
    arn, asked_by = inp.binding.target_group_arn, str(_where(inp))
    registered = inp.inventory.targets.get(arn, {})
    reports = _missing_backend(inp, wanted)
    draft = Draft()
    if not inp.inventory.observed_targets(arn):
        hurry = urgent(wanted, registered)
        if hurry:
            deregister(draft, arn, hurry, wanted, asked_by)
            return Planned(plan=draft.plan(inp.key), reports=reports, again_seconds=0.0)
        return Needs(lookups=(Lookup(kind=LookupKind.TARGETS, keys=(arn,)),), reports=reports)
    todo = moves(wanted, registered)
    deregister(draft, arn, todo.deregister, wanted, asked_by)
    grants = needed_grants(inp, wanted, EndpointGroups(inp.cluster, inp.inventory))
    held = _register(inp, draft, todo, grants)
    if isinstance(held, Needs) and not draft.step_ids:
        return Needs(lookups=held.lookups, network=held.network, reports=reports)
    if isinstance(grants, Problem):
        reports = (*reports, _report(inp, grants, Reason.FAILED_NETWORK_RECONCILE))
    return Planned(
        plan=draft.plan(inp.key),
        reports=reports,
        waits_for="the network to let traffic in" if held else "",
        again_seconds=0.0 if held is not None and held.lookups else None,
        network=held is not None and held.network,
        lookups=held.lookups if held is not None else (),
        tracked=_tracked(inp, wanted, registered),
    )


def _register(inp: BindingInput, draft: Draft, todo: Moves, grants: Grants | Problem) -> Needs | None:
    """Adds the registrations, or answers what they wait for.

    Without a grant instance targets are not registered; ip targets are where the grant failed and is not just pending,
    because another rule may let them be reached (targets and readiness, sections 4 and 5).
    """
    if isinstance(grants, Problem):
        if inp.binding.target_type == "instance":
            return None
    elif grants.lookups:
        return Needs(lookups=grants.lookups)
    else:
        missing = _ungranted(inp, grants)
        refused = missing <= inp.refused_groups
        if missing and not (refused and inp.binding.target_type == "ip"):
            return Needs(network=True)
    outside: frozenset[Target] = frozenset()
    if todo.register and inp.binding.target_type == "ip":
        if inp.inventory.vpc is None:
            return Needs(lookups=(Lookup(kind=LookupKind.NETWORK),))
        outside = outside_vpc(todo.register, inp.inventory.vpc)
    after = _finalizer(inp, draft) if todo.register else ()
    arn = inp.binding.target_group_arn
    register(draft, arn, todo.register, outside=outside, asked_by=str(_where(inp)), after=after)
    _observe_generation(inp, draft)
    return None


def _ungranted(inp: BindingInput, grants: Grants) -> frozenset[str]:
    """Security groups on which a needed rule does not stand yet."""
    missing = set()
    for group, permissions in grants.by_group.items():
        standing = inp.inventory.security_groups.get(group)
        rules = standing.permissions if standing is not None else frozenset()
        if not all(covered(p, rules) for p in permissions):
            missing.add(group)
    return frozenset(missing)


def _leave(inp: BindingInput) -> Outcome:
    """A binding on its way out: deregister, wait until drained, let it go. That of a stack that goes is the stack's."""
    if inp.owner_deleting or FINALIZER not in inp.binding.meta.finalizers:
        return Planned(plan=Plan(key=inp.key))
    arn, nothing = inp.binding.target_group_arn, Wanted()
    known = inp.inventory.observed_targets(arn)
    gone = inp.inventory.knowledge.filled and arn not in inp.inventory.target_groups
    if not known and not gone:
        return Needs(lookups=(Lookup(kind=LookupKind.TARGETS, keys=(arn,)),))
    registered = inp.inventory.targets.get(arn, {})
    draft = Draft()
    todo = moves(nothing, registered)
    steps = deregister(draft, arn, todo.deregister, nothing, str(_where(inp)))
    draining = bool(todo.deregister) or any(h.going for h in registered.values())
    attached = _attached(inp)
    if not (draining and attached):
        release_binding(draft, inp.binding, steps)
    return Planned(
        plan=draft.plan(inp.key),
        waits_for="targets to drain" if draining and attached else "",
        tracked=tracked_group(arn, inp.key, nothing, registered, attached=attached),
    )


def _attached(inp: BindingInput) -> bool:
    """Whether a load balancer uses the group; a group that nothing is known of counts as attached."""
    group = inp.inventory.target_groups.get(inp.binding.target_group_arn)
    return group is None or bool(group.load_balancers)


def _tracked(inp: BindingInput, wanted: Wanted, registered: Mapping[Target, Health]) -> TrackedGroup:
    arn = inp.binding.target_group_arn
    return tracked_group(arn, inp.key, wanted, registered, attached=_attached(inp))


def _finalizer(inp: BindingInput, draft: Draft) -> tuple[str, ...]:
    """The step that adds the finalizer before the first registration, where it is not there yet."""
    meta = inp.binding.meta
    if FINALIZER in meta.finalizers:
        return ()
    write = KubernetesWrite(
        verb=Verb.MERGE_PATCH,
        api_version=API_VERSION,
        resource=RESOURCE,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        resource_version=meta.resource_version,
        body={"metadata": {"finalizers": [*meta.finalizers, FINALIZER]}},
    )
    return (draft.write("add-finalizer", write),)


def _observe_generation(inp: BindingInput, draft: Draft) -> None:
    """The step that says which generation of the spec the targets follow, last of all."""
    meta = inp.binding.meta
    if inp.binding.observed_generation == meta.generation:
        return
    write = KubernetesWrite(
        verb=Verb.MERGE_PATCH,
        api_version=API_VERSION,
        resource=RESOURCE,
        subresource="status",
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        body={"status": {"observedGeneration": meta.generation}},
    )
    draft.write("publish-generation", write, draft.step_ids)


def _missing_backend(inp: BindingInput, wanted: Wanted) -> tuple[Report, ...]:
    if not wanted.missing:
        return ()
    problem = _problem(inp, Reason.BACKEND_NOT_FOUND, wanted.missing)
    return (_report(inp, problem, Reason.BACKEND_NOT_FOUND),)


def _errored(inp: BindingInput, problem: Problem, *, report: bool = True) -> Errored:
    plan = Plan(key=inp.key, verdict=Verdict.ERRORED, problems=(problem,))
    reports = (_report(inp, problem, Reason.FAILED_RECONCILE),) if report else ()
    return Errored(plan=plan, problems=(problem,), reports=reports)


def _report(inp: BindingInput, problem: Problem, reason: Reason) -> Report:
    field = f"{problem.field}: " if problem.field else ""
    message = f"{field}{problem.message}"
    if reason is Reason.FAILED_RECONCILE:
        message = f"Failed reconcile due to {problem.reason}: {message}"
    return Report(
        object_kind=Kind.TARGET_GROUP_BINDING,
        api_version=API_VERSION,
        namespace=inp.key.namespace,
        name=inp.key.name,
        uid=inp.binding.meta.uid,
        generation=inp.binding.meta.generation,
        warning=True,
        reason=reason,
        message=message,
    )


def _problem(inp: BindingInput, reason: Reason, message: str, field: str = "") -> Problem:
    return Problem(where=_where(inp), reason=reason, message=message, field=field)


def _where(inp: BindingInput) -> ObjectRef:
    return ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace=inp.key.namespace, name=inp.key.name)
