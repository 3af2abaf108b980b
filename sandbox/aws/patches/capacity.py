"""Reserved capacity and address pools of load balancers. Installed by the package."""

from __future__ import annotations

from typing import Any

from sandbox.aws.patches.lookup import find_load_balancer
from sandbox.aws.patches.patching import Call, Patches, refusal


def install(patches: Patches) -> None:
    """Section 6, row 27: what moto does not implement, or answers with a constant."""
    patches.answer("DescribeCapacityReservation", _describe)
    patches.answer("ModifyCapacityReservation", _modify)
    patches.answer("ModifyIpPools", _modify_pools)


def _describe(call: Call) -> dict[str, Any]:
    return _described(find_load_balancer(call.backend, call.params["LoadBalancerArn"]))


def _modify(call: Call) -> dict[str, Any]:
    """A load balancer that is not active takes no reservation."""
    balancer = find_load_balancer(call.backend, call.params["LoadBalancerArn"])
    if balancer.state == "provisioning":
        message = f"Load balancer '{balancer.arn}' must be in the active state"
        raise refusal("OperationNotPermitted", message)
    units = call.params.get("MinimumLoadBalancerCapacity", {}).get("CapacityUnits")
    reset = call.params.get("ResetCapacityReservation", False)
    if (units is None) != bool(reset):
        raise refusal("ValidationError", "Either a capacity or its reset must be specified")
    balancer.capacity_units = None if reset else int(units)
    return _described(balancer)


def _described(balancer: Any) -> dict[str, Any]:
    units = getattr(balancer, "capacity_units", None)
    capacity = {"MinimumLoadBalancerCapacity": {"CapacityUnits": units}} if units else {}
    return {**capacity, "CapacityReservationState": []}


def _modify_pools(call: Call) -> dict[str, Any]:
    balancer = find_load_balancer(call.backend, call.params["LoadBalancerArn"])
    if call.params.get("RemoveIpamPools"):
        balancer.ipam_pools = None
    else:
        balancer.ipam_pools = dict(call.params["IpamPools"])
    return {"IpamPools": balancer.ipam_pools or {}}
