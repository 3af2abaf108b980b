"""Target groups that nobody wants any more, while their stack goes on (architecture, "Deletion")."""

from collections.abc import Iterable, Sequence

from services.planner.core.aws import TargetGroup
from services.planner.core.desired import Member
from services.planner.core.diff.bindings import FINALIZER, delete_binding, let_go
from services.planner.core.diff.members import remove_finalizer
from services.planner.core.diff.observed import Observed
from services.planner.core.diff.owners import owner_of
from services.planner.core.diff.target_groups import delete_target_group
from services.planner.core.draft import Draft
from services.planner.core.inputs import StackInput


def drain_groups(
    draft: Draft, inp: StackInput, groups: Iterable[TargetGroup], asked_by: str, after: Sequence[str]
) -> tuple[TargetGroup, ...]:
    """Steps that let groups of a standing load balancer go, once no rule forwards to them; answers those that wait
    until their binding has drained them."""
    waiting = []
    for group in groups:
        bindings = [b for b in inp.bindings if b.target_group_arn == group.arn]
        for binding in bindings:
            if not binding.meta.deleting:
                delete_binding(draft, binding, asked_by, after)
        if any(FINALIZER in b.meta.finalizers for b in bindings):
            waiting.append(group)
        else:
            delete_target_group(draft, group, asked_by, after)
    return tuple(waiting)


def drop_groups(
    draft: Draft, inp: StackInput, groups: Iterable[TargetGroup], asked_by: str, after: Sequence[str]
) -> None:
    """Steps that take groups away whose load balancer went in the steps before: nothing of them is draining."""
    for group in groups:
        gone = list(after)
        for binding in inp.bindings:
            if binding.target_group_arn != group.arn:
                continue
            step: Sequence[str] = after
            if FINALIZER in binding.meta.finalizers:
                step = (let_go(draft, binding, after),)
            if not binding.meta.deleting:
                step = (delete_binding(draft, binding, asked_by, step),)
            gone.extend(step)
        delete_target_group(draft, group, asked_by, gone)


def release_members(
    draft: Draft, inp: StackInput, members: Iterable[Member], observed: Observed, waiting: Iterable[TargetGroup]
) -> None:
    """Steps that take the finalizer off, after everything else, for members none of whose target groups still waits."""
    before = draft.step_ids
    held = [observed.resource(group.tags) for group in waiting]
    for member in members:
        prefix = resource_prefix(member)
        if not any(resource.startswith(prefix) for resource in held):
            remove_finalizer(draft, member, owner_of(inp, member), before)


def resource_prefix(member: Member) -> str:
    """How the resource ids of the target groups of an Ingress start (ingress behaviour, section 19)."""
    return f"{member.ref.namespace}/{member.ref.name}-"


def said_of(waiting: Iterable[TargetGroup]) -> str:
    """What is waited for, in words."""
    return ", ".join(f"target group {group.name} to drain" for group in waiting)
