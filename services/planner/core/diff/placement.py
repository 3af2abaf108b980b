"""Where a load balancer stands: subnets, kinds of addresses, and the addresses that it has in the subnets.

Addresses of a subnet are given when it is added; another Elastic IP or private address alone is no reason to move
(service behaviour, section 14).
"""

from services.planner.core.annotations.network_shapes import AUTO_ASSIGNED
from services.planner.core.aws import LoadBalancer
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.draft import Draft
from services.planner.core.plans import FieldChange, Json

_NETWORK = "network"


def subnet_mappings(desired: DesiredLoadBalancer) -> list[dict[str, Json]]:
    """The subnets as calls take them, with the addresses that were asked for."""
    asked = {
        "AllocationId": desired.allocations,
        "PrivateIPv4Address": desired.private_ipv4,
        "IPv6Address": desired.ipv6,
        "SourceNatIpv6Prefix": desired.source_nat_prefixes,
    }
    return [
        {"SubnetId": subnet, **{key: addresses[n] for key, addresses in asked.items() if addresses}}
        for n, subnet in enumerate(desired.subnets)
    ]


def source_nat(desired: DesiredLoadBalancer) -> dict[str, Json]:
    """The switch of a network load balancer, sent always, so that AWS's default has no say (service behaviour,
    section 4)."""
    if desired.type != _NETWORK:
        return {}
    return {"EnablePrefixForIpv6SourceNat": "on" if desired.source_nat else "off"}


def diff_placement(draft: Draft, desired: DesiredLoadBalancer, found: LoadBalancer) -> list[FieldChange]:
    """Steps for what differs. Other subnets and other kinds of addresses at once are one call: the old subnets may not
    have the new addresses, nor the new ones the old. A pool of addresses goes before, and comes after."""
    fields: list[FieldChange] = []
    arn: dict[str, Json] = {"LoadBalancerArn": found.arn}
    address_type: dict[str, Json] = {}
    if desired.ip_address_type != found.ip_address_type:
        address_type = {"IpAddressType": desired.ip_address_type}
        fields.append(FieldChange(field="ip_address_type", old=found.ip_address_type, new=desired.ip_address_type))
    before = _remove_pool(draft, desired, found)
    moves = _moves(desired, found)
    if moves:
        parameters = {**arn, "SubnetMappings": subnet_mappings(desired), **address_type, **source_nat(desired)}
        before = [draft.call("set-subnets", "elbv2", "SetSubnets", parameters, before)]
    elif address_type:
        before = [draft.call("set-ip-address-type", "elbv2", "SetIpAddressType", {**arn, **address_type}, before)]
    if desired.ipam_pool not in (None, found.ipam_pool):
        pool: dict[str, Json] = {**arn, "IpamPools": {"Ipv4IpamPoolId": desired.ipam_pool}}
        draft.call("set-ip-pool", "elbv2", "ModifyIpPools", pool, before)
    if desired.ipam_pool != found.ipam_pool:
        fields.append(FieldChange(field="ipam_pool", old=found.ipam_pool, new=desired.ipam_pool))
    return [*fields, *moves]


def _remove_pool(draft: Draft, desired: DesiredLoadBalancer, found: LoadBalancer) -> list[str]:
    if found.ipam_pool is None or desired.ipam_pool is not None:
        return []
    parameters: dict[str, Json] = {"LoadBalancerArn": found.arn, "RemoveIpamPools": ["ipv4"]}
    return [draft.call("remove-ip-pool", "elbv2", "ModifyIpPools", parameters)]


def _moves(desired: DesiredLoadBalancer, found: LoadBalancer) -> list[FieldChange]:
    """What only another set of subnets brings about."""
    fields: list[FieldChange] = []
    if set(desired.subnets) != set(found.subnets):
        fields.append(FieldChange(field="subnets", old=list(found.subnets), new=list(desired.subnets)))
    if desired.type != _NETWORK:
        return fields
    if desired.source_nat != found.source_nat:
        fields.append(FieldChange(field="source_nat", old=found.source_nat, new=desired.source_nat))
    prefixes = {prefix for prefix in desired.source_nat_prefixes if prefix != AUTO_ASSIGNED}
    if desired.source_nat and not prefixes <= {*found.source_nat_prefixes}:
        change = FieldChange(
            field="source_nat_prefixes", old=list(found.source_nat_prefixes), new=list(desired.source_nat_prefixes)
        )
        fields.append(change)
    if desired.ipv6 and desired.ip_address_type != found.ip_address_type:
        fields.append(FieldChange(field="ipv6", new=list(desired.ipv6)))
    return fields
