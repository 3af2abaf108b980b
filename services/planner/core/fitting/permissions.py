"""Which inbound rules a security group has room for (Amazon VPC user guide, quotas): IPv4 and IPv6 are counted apart; a
rule for another group or for a prefix list counts in both.

How many entries a prefix list has is not known here, so that it counts as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.planner.core.aws import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPermissions:
    """`fitting`: wanted rules that there is room for; `left_out`: the others, sorted."""

    fitting: frozenset[Permission]
    left_out: tuple[Permission, ...]


def fit_permissions(
    wanted: Iterable[Permission], standing: Iterable[Permission], quota: int, *, others: Iterable[Permission] = ()
) -> FittedPermissions:
    """The wanted rules of a group that fit beside those of `others`: the ones that stand, then new ones in their order.
    Where more stands than the quota says, as much as that fits."""
    listed = sorted(wanted)
    there = {p.identity for p in standing}
    kept = [p for p in listed if p.identity in there]
    used = counted((*kept, *others))
    most = [max(quota, most) for most in counted(standing)]
    fitting, left_out = [*kept], []
    for permission in (p for p in listed if p.identity not in there):
        counts = counted((permission,))
        after = [u + c for u, c in zip(used, counts, strict=True)]
        if any(c and a > m for a, c, m in zip(after, counts, most, strict=True)):
            left_out.append(permission)
        else:
            fitting.append(permission)
            used = (after[0], after[1])
    return FittedPermissions(fitting=frozenset(fitting), left_out=tuple(left_out))


def counted(permissions: Iterable[Permission]) -> tuple[int, int]:
    """How many count as rules for IPv4, and for IPv6."""
    listed = tuple(permissions)
    return sum(not p.cidr6 for p in listed), sum(not p.cidr for p in listed)
