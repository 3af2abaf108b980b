"""How many targets a target group takes: as the installation says, and AWS's quota (ELBv2 behaviour, section 2.1)."""

from collections.abc import Collection
from dataclasses import dataclass

from services.planner.core.aws import Target
from services.planner.core.inputs import BindingInput
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import OWN_ROLE
from services.planner.core.quotas import quotas_of
from services.planner.core.targets.group import role_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`limit`: how many targets the group may have, draining ones counted, 0 for any number; `is_quota`: AWS says so.
    `lookups`: what to ask before that is certain."""

    limit: int
    is_quota: bool = False
    lookups: tuple[Lookup, ...] = ()


def room_of(inp: BindingInput, wanted: Collection[Target], registered: Collection[Target]) -> Room:
    """The room of the binding's group. Quotas of other accounts are not known; a group that has more targets than the
    quota says shows that AWS has granted more, and nobody knows how many."""
    allowed = inp.cluster.max_targets_per_group
    quotas = quotas_of(inp.cluster.quota_overrides, inp.inventory)
    quota = quotas.targets_per_target_group
    total = len({*wanted, *registered})
    if role_of(inp.binding) != OWN_ROLE or total <= quota or len(registered) > quota or 0 < allowed <= quota:
        return Room(limit=allowed)
    lookups = () if quotas.final else (Lookup(kind=LookupKind.ACCOUNT_LIMITS),)
    return Room(limit=quota, is_quota=True, lookups=lookups)
