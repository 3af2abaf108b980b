"""How many targets a target group takes: as the installation says, and AWS's quota (ELBv2 behaviour, section 2.1)."""

from collections.abc import Collection
from dataclasses import dataclass

from services.planner.core.aws import Target
from services.planner.core.inputs import BindingInput
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import OWN_ROLE
from services.planner.core.quotas import NO_LIMIT, quotas_of
from services.planner.core.targets.group import role_of

_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_AS_BALANCER = "use_load_balancer_configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`limit`: how many targets the group may have, draining ones counted, 0 for any number; `is_quota`: AWS says so.
    `lookups`: what to ask before that is certain."""

    limit: int
    is_quota: bool = False
    lookups: tuple[Lookup, ...] = ()


def room_of(inp: BindingInput, wanted: Collection[Target], registered: Collection[Target]) -> Room:
    """The room of the binding's group. Quotas of other accounts are not known; a group that has more targets than the
    quota says shows that AWS has granted more, and nobody knows how many. What other groups of a network load balancer
    have is not reckoned with."""
    allowed = inp.cluster.max_targets_per_group
    quotas = quotas_of(inp.cluster.quota_overrides, inp.inventory)
    spread = quotas.targets_per_cross_zone_load_balancer if _crosses_zones(inp) else NO_LIMIT
    quota = min(quotas.targets_per_target_group, spread)
    total = len({*wanted, *registered})
    if role_of(inp.binding) != OWN_ROLE or total <= quota or len(registered) > quota or 0 < allowed <= quota:
        return Room(limit=allowed)
    lookups = () if quotas.final or quota == spread else (Lookup(kind=LookupKind.ACCOUNT_LIMITS),)
    return Room(limit=quota, is_quota=True, lookups=lookups)


def _crosses_zones(inp: BindingInput) -> bool:
    """Whether the group is known to be that of a network load balancer whose nodes use the targets of all zones."""
    group = inp.inventory.target_groups.get(inp.binding.target_group_arn)
    if group is None:
        return False
    own = (group.attributes or {}).get(_CROSS_ZONE, _AS_BALANCER)
    users = (inp.inventory.load_balancers.get(arn) for arn in group.load_balancers)
    return any(
        balancer is not None
        and balancer.type == "network"
        and ((balancer.attributes or {}).get(_CROSS_ZONE) if own == _AS_BALANCER else own) == "true"
        for balancer in users
    )
