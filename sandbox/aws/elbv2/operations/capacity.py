"""Reserved capacity and address pools of load balancers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.elbv2.model import LoadBalancer
from sandbox.aws.elbv2.refusals import RefusedError, invalid
from sandbox.aws.elbv2.store import Store


class Capacity:
    def __init__(self, store: Store, *, state_of: Callable[[LoadBalancer], str]) -> None:
        self._store = store
        self._state_of = state_of

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return _shown(self._store.load_balancer(params["LoadBalancerArn"]))

    def modify(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A load balancer that is not active takes no reservation."""
        balancer = self._store.load_balancer(params["LoadBalancerArn"])
        if self._state_of(balancer) != "active":
            raise RefusedError("OperationNotPermitted", f"Load balancer '{balancer.arn}' must be in the active state")
        units = params.get("MinimumLoadBalancerCapacity", {}).get("CapacityUnits")
        reset = params.get("ResetCapacityReservation", False)
        if (units is None) != reset:
            raise invalid("Either a capacity or its reset must be specified")
        balancer.capacity_units = units
        return _shown(balancer)

    def modify_ip_pools(self, params: Mapping[str, Any]) -> dict[str, Any]:
        balancer = self._store.load_balancer(params["LoadBalancerArn"])
        wanted = params.get("IpamPools", {}).get("Ipv4IpamPoolId")
        if bool(wanted) == bool(params.get("RemoveIpamPools")):
            raise invalid("Either an address pool or its removal must be specified")
        balancer.ipam_pool = wanted
        return {"IpamPools": {"Ipv4IpamPoolId": wanted} if wanted else {}}


def _shown(balancer: LoadBalancer) -> dict[str, Any]:
    """What is reserved is there at once, in every zone."""
    units = balancer.capacity_units
    if units is None:
        return {"CapacityReservationState": []}
    share = units / len(balancer.zones)
    return {
        "MinimumLoadBalancerCapacity": {"CapacityUnits": units},
        "CapacityReservationState": [
            {"State": {"Code": "provisioned"}, "AvailabilityZone": zone.name, "EffectiveCapacityUnits": share}
            for zone in balancer.zones
        ],
    }
