"""A binding on its way out: targets deregistered and drained, its record gone, its pods' gates open, then let go
(architecture, section 4, "Deletion"). What is wrong with its spec keeps nobody: there is nothing of it then.
"""

from services.planner.core.diff.bindings import FINALIZER, release_binding
from services.planner.core.draft import Draft
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import TargetGroupBinding
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Planned
from services.planner.core.plans import Plan
from services.planner.core.targets.group import role_of
from services.planner.core.targets.moves import deregister, moves
from services.planner.core.targets.readiness import open_gates
from services.planner.core.targets.records import delete_record
from services.planner.core.targets.tracking import tracked_group
from services.planner.core.targets.wanted import Wanted
from services.planner.core.targets.writes import where

CLEANED_UP = "Target Group Binding is deleted"
"""Message of the gates of a binding that goes (targets and readiness, section 8)."""


def plan_leaving(inp: BindingInput) -> Planned | Needs:
    """The outcome for a binding whose deletion was asked for."""
    if FINALIZER not in inp.binding.meta.finalizers:
        return Planned(plan=Plan(key=inp.key))
    lookups = _unknown(inp)
    if lookups:
        return Needs(lookups=lookups)
    arn, nothing, draft = inp.binding.target_group_arn, Wanted(), Draft()
    registered = inp.inventory.targets.get(arn, {})
    record = inp.inventory.target_records.get(str(inp.key)) if inp.binding.multi_cluster else None
    todo = moves(nothing, registered, record=record)
    role = role_of(inp.binding)
    steps = deregister(draft, arn, todo.deregister, nothing, str(where(inp)), role=role)
    draining = bool(todo.deregister) or any(h.going for h in registered.values())
    attached = attached_group(inp)
    if not (draining and attached):
        if record is not None and record.entries is not None:
            steps = (delete_record(draft, inp.key, steps),)
        opened = open_gates(draft, inp.key, inp.gated, "", CLEANED_UP, steps)
        release_binding(draft, inp.binding, (*steps, *opened))
    return Planned(
        plan=draft.plan(inp.key),
        waits_for="targets to drain" if draining and attached else "",
        tracked=tracked_group(arn, inp.key, nothing, registered, attached=attached, role=role) if arn else None,
    )


def attached_group(inp: BindingInput) -> bool:
    """Whether a load balancer uses the group; a group that nothing is known of counts as attached."""
    group = inp.inventory.target_groups.get(inp.binding.target_group_arn)
    return group is None or bool(group.load_balancers)


def record_lookup(inp: BindingInput) -> tuple[Lookup, ...]:
    """The question after what a binding of a shared group registered, where that is not known."""
    if not inp.binding.multi_cluster or str(inp.key) in inp.inventory.target_records:
        return ()
    return (Lookup(kind=LookupKind.TARGET_RECORDS, keys=(str(inp.key),)),)


def _unknown(inp: BindingInput) -> tuple[Lookup, ...]:
    """What has to be asked before anything can be said. Nothing was registered for a binding that names its group and
    never had the ARN filled in: that comes before the first registration.
    """
    arn = inp.binding.target_group_arn
    if not arn:
        return ()
    gone = inp.inventory.knowledge.filled and arn not in inp.inventory.target_groups and not _foreign(inp.binding)
    if inp.inventory.observed_targets(arn) or gone:
        return record_lookup(inp)
    return (Lookup(kind=LookupKind.TARGETS, keys=(arn,), role=role_of(inp.binding)), *record_lookup(inp))


def _foreign(binding: TargetGroupBinding) -> bool:
    """Whether the group is one of another account, which is not among those of the region that were read."""
    return bool(binding.iam_role_arn)
