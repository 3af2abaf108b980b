"""Which targets of a group may get a new request or flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.traffic.configuration import Health, Kind, LoadBalancer, Target, TargetGroup

_COUNT = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count"
_SHARE = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage"
_DNS_COUNT = "target_group_health.dns_failover.minimum_healthy_targets.count"
_DNS_SHARE = "target_group_health.dns_failover.minimum_healthy_targets.percentage"
_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_EVERYWHERE = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """The targets to choose from."""

    targets: tuple[Target, ...]
    """Empty where the group has none that could be asked."""
    fail_open: bool
    """Whether too few are healthy, so that health is not looked at."""


def crosses_zones(balancer: LoadBalancer, group: TargetGroup) -> bool:
    """Whether nodes of the load balancer use targets of all zones: the group decides, else the load balancer."""
    own = group.attribute(_CROSS_ZONE, "use_load_balancer_configuration")
    if own != "use_load_balancer_configuration":
        return own == "true"
    return balancer.kind is Kind.APPLICATION or balancer.is_on(_CROSS_ZONE)


def eligible(group: TargetGroup, *, zone: str | None) -> Eligible:
    """The targets that a node may choose from; `zone` is the node's where it stays in its own.

    Where fewer targets are healthy than the group's attributes ask for, all that are registered are in (fail open).
    """
    reachable = [target for target in group.targets if target.receives and _is_in(target, zone)]
    healthy = tuple(target for target in reachable if _counts_as_healthy(target))
    enough = _enough(group, len(healthy), len(reachable), _COUNT, _SHARE)
    if enough:
        return Eligible(targets=healthy, fail_open=False)
    registered = tuple(target for target in reachable if target.health is not Health.UNUSED)
    return Eligible(targets=registered, fail_open=True)


def in_dns(balancer: LoadBalancer, groups: Sequence[TargetGroup], *, zone: str) -> bool:
    """Whether a network load balancer's node of this zone is in its DNS answer: each of its groups is healthy there."""
    return all(_healthy_for_dns(balancer, group, zone) for group in groups)


def _healthy_for_dns(balancer: LoadBalancer, group: TargetGroup, zone: str) -> bool:
    if not any(target.receives for target in group.targets):
        return True  # an empty group fails open
    own = None if crosses_zones(balancer, group) else zone
    reachable = [target for target in group.targets if target.receives and _is_in(target, own)]
    healthy = sum(1 for target in reachable if _counts_as_healthy(target))
    return _enough(group, healthy, len(reachable), _DNS_COUNT, _DNS_SHARE)


def _is_in(target: Target, zone: str | None) -> bool:
    return zone is None or target.zone in (zone, _EVERYWHERE)


def _counts_as_healthy(target: Target) -> bool:
    # A draining target that still receives is one of which the nodes do not know yet that it is leaving.
    return target.health in (Health.HEALTHY, Health.DRAINING, Health.UNAVAILABLE)


def _enough(group: TargetGroup, healthy: int, registered: int, count: str, share: str) -> bool:
    least = group.attribute(count, "1")
    if healthy < (1 if least in ("off", "") else int(least)):
        return False
    percentage = group.attribute(share, "off")
    return percentage in ("off", "") or healthy * 100 >= int(percentage) * registered
