"""A stack that goes: everything of it in AWS, its bindings, and last the finalizers (architecture, section 4).

Load balancers first, which ends traffic, the one in front before the one behind it, which is its target; targets of
Services go with their groups, so none of them is deregistered and nothing is read.
"""

from services.planner.core.desired import DesiredStack
from services.planner.core.diff.acm import created_of, delete_created
from services.planner.core.diff.bindings import FINALIZER, delete_binding, let_go
from services.planner.core.diff.front import TARGET_TYPE, drop_front_groups
from services.planner.core.diff.load_balancers import delete_load_balancer
from services.planner.core.diff.members import remove_finalizer
from services.planner.core.diff.observed import Observed
from services.planner.core.diff.owners import asked_by, owner_of
from services.planner.core.diff.security_groups import delete_managed_group
from services.planner.core.diff.target_groups import delete_target_group
from services.planner.core.draft import Draft
from services.planner.core.index import shared_group
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Planned
from services.planner.core.records import drop_record
from services.planner.core.tags import FRONT


def plan_takedown(inp: StackInput, desired: DesiredStack, observed: Observed) -> Planned:
    """Steps that leave nothing of the stack. While the shared group is still to go, the finalizers wait for it."""
    draft, asker = Draft(), asked_by(desired)
    fronts = [b for b in observed.load_balancers if observed.resource(b.tags) == FRONT]
    gone = [delete_load_balancer(draft, b, asker) for b in fronts]
    front_groups = [g for g in observed.target_groups if g.target_type == TARGET_TYPE]
    released = drop_front_groups(draft, inp, front_groups, asker, gone)
    gone += [delete_load_balancer(draft, b, asker, released) for b in observed.load_balancers if b not in fronts]
    for binding in sorted(inp.bindings, key=lambda b: (b.meta.namespace, b.meta.name)):
        step = tuple(gone)
        if FINALIZER in binding.meta.finalizers:
            step = (let_go(draft, binding, gone),)
        if not binding.meta.deleting:
            step = (delete_binding(draft, binding, asker, step),)
        gone.extend(step)
    for group in observed.target_groups:
        if group not in front_groups:
            delete_target_group(draft, group, asker, gone)
    delete_created(draft, inp, created_of(inp), asked_by=asker, after=gone)
    for security_group in observed.groups:
        delete_managed_group(draft, security_group, asker, gone)
    waits = _waits_for_network(inp)
    if not waits:
        record = drop_record(inp)
        if record is not None:
            draft.write("delete-record", record, draft.step_ids)
        before = draft.step_ids
        for member in desired.leaving:
            remove_finalizer(draft, member, owner_of(inp, member), before)
    return Planned(plan=draft.plan(inp.key), waits_for=waits, network=bool(waits))


def _waits_for_network(inp: StackInput) -> str:
    """Why the finalizers have to stay: nobody else needs the shared group and it still stands, or may."""
    if inp.shared_group_needed_elsewhere:
        return ""
    knowledge = inp.inventory.knowledge
    if not (knowledge.filled or knowledge.cluster_groups):
        return "the cluster's security groups to be looked at"
    standing = shared_group(inp.inventory, inp.cluster.name)
    return f"security group {standing.name} to be deleted" if standing is not None else ""
