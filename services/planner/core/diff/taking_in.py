"""Members that come from another group whose load balancer holds a name that this one wants: a member that moves and
takes the name of its load balancer along.

It is taken in first, which lets the other group let go of it; the load balancer is made once the name is free.
"""

from services.planner.core import tags
from services.planner.core.aws import LoadBalancer
from services.planner.core.desired import DesiredStack
from services.planner.core.diff.members import add_finalizer
from services.planner.core.diff.owners import owner_of
from services.planner.core.draft import Draft
from services.planner.core.groups import groups_by_finalizer
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Ingress
from services.planner.core.outcomes import Planned


def let_go_by(inp: StackInput, desired: DesiredStack, holder: LoadBalancer) -> bool:
    """Whether the load balancer is that of a group which a member comes from and that goes with it, or shrinks."""
    owners = (owner_of(inp, member) for member in desired.active)
    before = {g.stack_id for o in owners if isinstance(o, Ingress) for g in groups_by_finalizer(o) if g != inp.key}
    found = holder.tags or {}
    ours = found.get(tags.CLUSTER_TAG) == inp.cluster.name
    return ours and found.get(tags.stack_tag(inp.key.kind)) in before


def plan_taking_in(inp: StackInput, desired: DesiredStack, holders: tuple[LoadBalancer, ...]) -> Planned:
    """Finalizers for those who come, and what is waited for."""
    draft = Draft()
    for member in desired.active:
        owner = owner_of(inp, member)
        if isinstance(owner, Ingress) and any(g != inp.key for g in groups_by_finalizer(owner)):
            add_finalizer(draft, member, owner)
    waits = ", ".join(f"load balancer {h.name} of {(h.tags or {}).get(tags.stack_tag(inp.key.kind))}" for h in holders)
    return Planned(plan=draft.plan(inp.key), waits_for=f"{waits} to go, which has the name")
