"""A stack's plan: build what it should be, compare it with what stands, order the calls.

`plan_stack` is what the planner's worker calls. An input that cannot be understood gives `Errored` and changes nothing;
what is not known yet gives `Needs`; a stack without active members is taken down to nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from services.planner.core.aws import LoadBalancer
from services.planner.core.build import Broken, Built, build_stack, stack_lookup
from services.planner.core.build.standing import is_known
from services.planner.core.desired import DesiredLoadBalancer, DesiredStack
from services.planner.core.diff.observed import (
    Observed,
    observe,
    same_load_balancer,
)
from services.planner.core.diff.parting import plan_parting
from services.planner.core.diff.standing import plan_standing
from services.planner.core.diff.takedown import plan_takedown
from services.planner.core.diff.taking_in import let_go_by, plan_taking_in
from services.planner.core.fitting import exposed_by, fitted
from services.planner.core.index import index_of, indexed, shared_group
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKind
from services.planner.core.objects import Ingress, Kind, ObjectRef, Service
from services.planner.core.outcomes import Errored, Lookup, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import Plan, Report, Verdict
from services.planner.core.problems import Problem, Reason
from services.planner.core.quotas import quotas_of
from services.planner.core.records import RecordTooLarge, drop_record, keep_record

_NO_ROOM_YET = "room for more target groups on the load balancer, once those that go are gone"
_LOOK_AGAIN_SECONDS = 5.0


def plan_stack(inp: StackInput) -> Outcome:
    """The outcome for one stack. Total: every input gives one, none raises."""
    inp = indexed(inp)
    built = build_stack(inp, partial(_exposed, inp))
    if isinstance(built, Needs):
        return built
    if isinstance(built, Broken):
        return _broken(inp, built)
    reports = (
        *(_report(inp, w, Reason(w.reason)) for w in built.warnings),
        *(_report(inp, p, Reason.FAILED_BUILD_MODEL) for p in built.quarantined),
    )
    if not (built.desired.active or built.desired.leaving):
        # Nobody who ever asked for it is left: what stands under its tags is an orphan, and not taken away unasked.
        return Planned(plan=Plan(key=inp.key), reports=reports, keeps=drop_record(inp))
    knowledge = inp.inventory.knowledge
    if not (knowledge.filled or inp.key in knowledge.stacks):
        return Needs(lookups=(stack_lookup(built.desired),), reports=reports)
    observed = observe(inp.inventory, inp.cluster, inp.key)
    problems = _unplannable(inp, built, observed)
    coming = tuple(b for b in _holders(inp, built, observed) if let_go_by(inp, built.desired, b))
    if problems and len(problems) == len(coming):
        return _told(plan_taking_in(inp, built.desired, coming), built, reports)
    if problems:
        return _errored(inp, problems)
    if built.desired.load_balancer is None:
        return _told(plan_takedown(inp, built.desired, observed), built, reports)
    return _planned(inp, built, observed, reports)


def _planned(inp: StackInput, built: Built, observed: Observed, reports: tuple[Report, ...]) -> Outcome:
    """The outcome for a stack that stands or is to stand."""
    shared = shared_group(inp.inventory, inp.cluster.name)
    if built.desired.needs_shared_group and shared is None:
        return Needs(network=True, reports=reports)
    network = inp.key.kind is StackKind.SERVICE
    quotas = quotas_of(inp.cluster.quota_overrides, inp.inventory, network=network)
    fit = fitted(built.desired, observed, inp.inventory, quotas)
    if fit.asks and not quotas.final:
        return Needs(lookups=(Lookup(kind=LookupKind.ACCOUNT_LIMITS),), reports=reports)
    if fit.exposed:
        return _errored(inp, fit.exposed)
    reports = (*reports, *(_report(inp, w, Reason(w.reason)) for w in fit.warnings))
    outcome = _told(plan_standing(inp, fit.desired, observed, shared), built, reports)
    if fit.waiting and isinstance(outcome, Planned):
        waits = ", ".join(w for w in (outcome.waits_for, _NO_ROOM_YET) if w)
        outcome = replace(outcome, waits_for=waits, again_seconds=_LOOK_AGAIN_SECONDS)
    if isinstance(outcome, Needs):
        return outcome
    return _kept(inp, replace(outcome, quarantined=built.quarantined), built)


def _exposed(inp: StackInput, desired: DesiredStack) -> tuple[Problem, ...]:
    """What would be open because there is no room for the rule that protects it."""
    if not is_known(inp):
        return ()
    observed, quotas = (
        observe(inp.inventory, inp.cluster, inp.key),
        quotas_of(inp.cluster.quota_overrides, inp.inventory),
    )
    return exposed_by(desired, observed, inp.inventory, quotas) if quotas.final else ()


def _kept(inp: StackInput, outcome: Planned, built: Built) -> Planned:
    """The outcome with what is to be written for the time after a restart. That nothing can be is told on the first
    member, in words that stay the same, so that they are said once."""
    keeps = keep_record(inp, built.accepted, outcome.given_secrets) if built.accepted else None
    if not isinstance(keeps, RecordTooLarge):
        return replace(outcome, keeps=keeps)
    message = (
        "the group is too large for a record of what its members were accepted with: while one of them cannot be"
        " planned, the whole group stays as it is"
    )
    problem = Problem(where=built.desired.active[0].ref, reason=Reason.RECORD_TOO_LARGE, message=message)
    told = _report(inp, problem, Reason.RECORD_TOO_LARGE)
    return replace(outcome, reports=(*outcome.reports, told), keeps=keeps.write, unkept=message)


def _told(outcome: Planned | Needs, built: Built, reports: tuple[Report, ...]) -> Planned | Needs:
    """The outcome with what the build has to say beside it."""
    if isinstance(outcome, Needs):
        return replace(outcome, reports=reports)
    waits = (*built.waits_for, outcome.waits_for)
    again = [s for s in (built.again_seconds, outcome.again_seconds) if s is not None]
    return replace(
        outcome,
        reports=reports,
        waits_for=", ".join(w for w in waits if w),
        again_seconds=min(again, default=None),
    )


def _broken(inp: StackInput, built: Broken) -> Outcome:
    """Nothing is changed, but that deleted members go."""
    errored = _errored(inp, built.problems)
    if not built.deleted:
        return errored
    knowledge = inp.inventory.knowledge
    if not (knowledge.filled or inp.key in knowledge.stacks):
        return Needs(lookups=(stack_lookup(DesiredStack(key=inp.key)),), reports=errored.reports)
    observed = observe(inp.inventory, inp.cluster, inp.key)
    return replace(plan_parting(inp, built.deleted, observed), reports=errored.reports)


def _unplannable(inp: StackInput, built: Built, observed: Observed) -> tuple[Problem, ...]:
    """What stands in AWS and cannot be brought to the desired state by this version."""
    if built.desired.load_balancer is None:
        return ()
    where = built.desired.active[0].ref
    unnamed = _without_resource(observed)
    if unnamed:
        message = f"these carry the stack's tag and not the tag that says what of the stack they are: {unnamed}"
        return (Problem(where=where, reason=Reason.AMBIGUOUS_RESOURCE, message=message),)
    for desired in built.desired.load_balancers:
        standing = _standing(desired, observed)
        if len(standing) > 1:
            arns = ", ".join(b.arn for b in standing)
            message = f"several load balancers carry this stack's tags: {arns}; remove the tags from all but one"
            return (Problem(where=where, reason=Reason.AMBIGUOUS_RESOURCE, message=message),)
    return _taken_names(inp, built, observed)


def _standing(desired: DesiredLoadBalancer, observed: Observed) -> list[LoadBalancer]:
    ours = (b for b in observed.load_balancers if observed.resource(b.tags) == desired.resource_id)
    return [b for b in ours if same_load_balancer(desired, b)]


def _without_resource(observed: Observed) -> str:
    balancers = [b.arn for b in observed.load_balancers if not observed.resource(b.tags)]
    groups = [g.arn for g in observed.target_groups if not observed.resource(g.tags)]
    return ", ".join((*balancers, *groups, *(g.id for g in observed.groups if not observed.resource(g.tags))))


def _taken_names(inp: StackInput, built: Built, observed: Observed) -> tuple[Problem, ...]:
    """Names that a resource of somebody else holds: AWS would hand that resource out as if it were just made, or refuse
    the name for ever."""
    desired, inventory = built.desired, inp.inventory
    where = desired.active[0].ref
    wanted = {g.name for g in desired.all_target_groups}
    names = index_of(inventory, inp.cluster, inp.key).names
    own = {g.arn for g in observed.target_groups}
    problems = [
        _taken(where, "target group", name, names.target_groups[name])
        for name in sorted(wanted & names.target_groups.keys())
        if names.target_groups[name] not in own
    ]
    problems += [_taken(where, "load balancer", b.name, b.arn) for b in _holders(inp, built, observed)]
    managed = desired.managed_group
    if managed is not None and not any(observed.resource(g.tags) == managed.resource_id for g in observed.groups):
        problems += [
            _taken(where, "security group", managed.name, id_)
            for id_ in names.security_groups.get(managed.name, ())
            if inventory.security_groups[id_].vpc_id == inp.cluster.vpc_id
        ]
    return tuple(problems)


def _holders(inp: StackInput, built: Built, observed: Observed) -> tuple[LoadBalancer, ...]:
    """Load balancers of others that have a name which this stack wants for a new one."""
    names = index_of(inp.inventory, inp.cluster, inp.key).names.load_balancers
    own = {b.arn for b in observed.load_balancers}
    wanted = (b for b in built.desired.load_balancers if not _standing(b, observed))
    arns = (names.get(b.name) for b in wanted)
    return tuple(inp.inventory.load_balancers[arn] for arn in arns if arn is not None and arn not in own)


def _taken(where: ObjectRef, kind: str, name: str, arn: str) -> Problem:
    message = f"the name {name} is held by {kind} {arn}, which does not carry this stack's tags"
    return Problem(where=where, reason=Reason.NAME_TAKEN, message=message)


def _errored(inp: StackInput, problems: Iterable[Problem]) -> Errored:
    found = tuple(sorted(problems))
    plan = Plan(key=inp.key, verdict=Verdict.ERRORED, problems=found)
    reports = tuple(_report(inp, p, Reason.FAILED_BUILD_MODEL) for p in found)
    return Errored(plan=plan, problems=found, reports=reports)


def _report(inp: StackInput, problem: Problem, reason: Reason) -> Report:
    """The Event of one problem, on the object where it is, as far as that object is part of the input."""
    owner = _owner(inp, problem.where)
    field = f"{problem.field}: " if problem.field else ""
    message = f"{field}{problem.message}"
    if reason is Reason.FAILED_BUILD_MODEL:
        message = f"Failed build model due to {problem.reason}: {message}"
    where = problem.where
    if owner is None and inp.ingresses:
        owner = inp.ingresses[0]
        where = ObjectRef(kind=Kind.INGRESS, namespace=owner.meta.namespace, name=owner.meta.name)
        message = f"{message} ({problem.where})"
    return Report(
        object_kind=where.kind,
        api_version="v1" if where.kind is Kind.SERVICE else "networking.k8s.io/v1",
        namespace=where.namespace,
        name=where.name,
        uid=owner.meta.uid if owner else "",
        generation=owner.meta.generation if owner else 0,
        warning=True,
        reason=reason,
        message=message,
    )


def _owner(inp: StackInput, where: ObjectRef) -> Ingress | Service | None:
    if where.kind is Kind.SERVICE:
        return inp.services.get((where.namespace, where.name))
    owners = (i for i in inp.ingresses if where.kind is Kind.INGRESS)
    return next((i for i in owners if (i.meta.namespace, i.meta.name) == (where.namespace, where.name)), None)
