"""Capacity that is reserved for a load balancer (ingress behaviour, section 17; ELBv2 API, ModifyCapacityReservation).

AWS takes a reservation once the load balancer is active; until then it is left out, and looked at again.
"""

from collections.abc import Iterator

from services.planner.core.aws import Fact, Inventory, LoadBalancer
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.draft import Draft
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import FieldChange, Json

AGAIN_SECONDS = 15.0
_PROVISIONING = "provisioning"


def unread_capacity(desired: DesiredLoadBalancer, found: LoadBalancer, inventory: Inventory) -> Iterator[Lookup]:
    """Questions about the capacity that is asked for: whether the load balancer is active by now, and what stands."""
    if desired.capacity is None or _stands(found) == desired.capacity:
        return
    if found.state == _PROVISIONING and found.arn not in inventory.knowledge.load_balancers:
        yield Lookup(kind=LookupKind.LOAD_BALANCERS, keys=(found.arn,))
    if Fact.CAPACITY not in found.facts:
        yield Lookup(kind=LookupKind.CAPACITY, keys=(found.arn,))


def waits_for_capacity(desired: DesiredLoadBalancer, found: LoadBalancer | None) -> str:
    """What the reservation waits for, or nothing; `found` None: the load balancer is made by this plan."""
    if not desired.capacity and (found is None or desired.capacity is None):
        return ""
    if found is not None and (found.state != _PROVISIONING or _stands(found) == desired.capacity):
        return ""
    return f"load balancer {desired.name} to become active, to reserve capacity"


def diff_capacity(draft: Draft, desired: DesiredLoadBalancer, found: LoadBalancer) -> list[FieldChange]:
    """The step that reserves what is asked for, or gives the reservation back; answers the differing field."""
    stands, wanted = _stands(found), desired.capacity
    if wanted is None or wanted == stands or found.state == _PROVISIONING:
        return []
    how: dict[str, Json] = {"MinimumLoadBalancerCapacity": {"CapacityUnits": wanted}}
    if wanted == 0:
        how = {"ResetCapacityReservation": True}
    step = f"reserve-capacity-{found.name}"
    draft.call(step, "elbv2", "ModifyCapacityReservation", {"LoadBalancerArn": found.arn, **how})
    return [FieldChange(field="capacity_units", old=stands, new=wanted)]


def _stands(found: LoadBalancer) -> int | None:
    units = found.facts.get(Fact.CAPACITY)
    return int(units) if units is not None else None
