"""The arithmetic of a Deployment's rollout: how many pods each revision may have next. Pure.

The rules are those of the Deployment documentation, "Rolling Update Deployment" and "Proportional scaling".
"""

import math
from dataclasses import dataclass

from sandbox.kubernetes.client.objects import Object, annotations_of

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a rolling update may go over and under the wanted number of pods."""

    wanted: int
    surge: int
    unavailable: int

    @property
    def most(self) -> int:
        return self.wanted + self.surge

    @property
    def fewest_available(self) -> int:
        return self.wanted - self.unavailable


def limits_of(deployment: Object) -> Limits:
    """Surge rounds up, unavailable rounds down, and where both come to nothing one pod may be unavailable."""
    wanted = deployment["spec"].get("replicas", 1)
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Limits(wanted=wanted, surge=0, unavailable=0)
    rolling = strategy.get("rollingUpdate") or {}
    surge = _resolve(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = _resolve(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Limits(wanted=wanted, surge=surge, unavailable=min(unavailable, wanted))


def replicas_of(replica_set: Object) -> int:
    replicas: int = replica_set["spec"].get("replicas", 1)
    return replicas


def available_of(replica_set: Object) -> int:
    available: int = (replica_set.get("status") or {}).get("availableReplicas", 0)
    return available


def next_for_new(limits: Limits, new: int, total: int) -> int:
    """Pods that the new revision may have next, when it has `new` of `total` pods now."""
    if new >= limits.wanted:
        return limits.wanted
    room = limits.most - total
    return new if room <= 0 else new + min(room, limits.wanted - new)


def next_for_old(limits: Limits, new: Object, old: list[Object]) -> dict[str, int]:
    """Pods that each old revision may have next, by ReplicaSet name; only those that change.

    Pods that are not available go first, whatever revision they are of; then available ones, oldest revision first, as
    far as enough stay available.
    """
    total = replicas_of(new) + sum(replicas_of(one) for one in old)
    new_unavailable = replicas_of(new) - available_of(new)
    may_go = total - limits.fewest_available - new_unavailable
    if may_go <= 0:
        return {}
    left = {one["metadata"]["name"]: replicas_of(one) for one in old}
    oldest_first = sorted(old, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
    for one in oldest_first:
        name = one["metadata"]["name"]
        unhealthy = min(may_go, max(0, left[name] - available_of(one)))
        left[name] -= unhealthy
        may_go -= unhealthy
    spare = available_of(new) + sum(available_of(one) for one in old) - limits.fewest_available
    for one in oldest_first:
        name = one["metadata"]["name"]
        healthy = max(0, min(spare, left[name]))
        left[name] -= healthy
        spare -= healthy
    return {one["metadata"]["name"]: left[one["metadata"]["name"]] for one in old if _changes(one, left)}


def is_scaling(deployment: Object, replica_sets: list[Object]) -> bool:
    """Whether the wanted number changed since the revisions that have pods were last sized."""
    wanted = str(deployment["spec"].get("replicas", 1))
    return any(replicas_of(one) > 0 and annotations_of(one).get(DESIRED, wanted) != wanted for one in replica_sets)


def proportional(limits: Limits, replica_sets: list[Object]) -> dict[str, int]:
    """Pods per revision when a Deployment is scaled in mid-rollout, by ReplicaSet name: spread by size."""
    active = [one for one in replica_sets if replicas_of(one) > 0]
    total = sum(replicas_of(one) for one in active)
    allowed = limits.most if limits.wanted > 0 else 0
    change = allowed - total
    # Growth goes to the biggest first and then the newest, shrinking to the biggest first and then the oldest.
    by_age = sorted(active, key=lambda one: one["metadata"]["creationTimestamp"], reverse=change > 0)
    by_size = sorted(by_age, key=replicas_of, reverse=True)
    sizes: dict[str, int] = {}
    spread = 0
    for one in by_size:
        share = _share(one, allowed, limits.wanted)
        room = change - spread
        share = min(share, room) if change > 0 else max(share, room)
        sizes[one["metadata"]["name"]] = replicas_of(one) + share
        spread += share
    if by_size:
        first = by_size[0]["metadata"]["name"]
        sizes[first] = max(0, sizes[first] + change - spread)
    return sizes


def _share(one: Object, allowed: int, wanted: int) -> int:
    replicas = replicas_of(one)
    if wanted == 0:
        return -replicas
    before = int(annotations_of(one).get(MAXIMUM, "0")) or allowed
    return _rounded(replicas * allowed / before) - replicas


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def _resolve(value: int | str, total: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    exact = int(value.removesuffix("%")) * total / 100
    return math.ceil(exact) if up else math.floor(exact)


def _changes(one: Object, left: dict[str, int]) -> bool:
    return left[one["metadata"]["name"]] != replicas_of(one)
