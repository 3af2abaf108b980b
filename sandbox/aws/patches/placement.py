"""Where a load balancer stands: its subnets and security groups, checked as AWS does. Used by load_balancers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.aws.patches.patching import refusal


def find_subnets(backend: Any, balancer_type: str, params: Mapping[str, Any]) -> list[Any]:
    """Section 6, rows 8 and 22: the subnets of a call; two zones at least for an ALB, one subnet a zone."""
    if params.get("Subnets") and params.get("SubnetMappings"):
        raise refusal("ValidationError", "You can specify either subnets or subnet mappings, but not both")
    ids = params.get("Subnets") or [mapping["SubnetId"] for mapping in params.get("SubnetMappings", [])]
    if not ids:
        raise refusal("ValidationError", "At least one subnet must be specified")
    subnets = [_subnet(backend, subnet_id) for subnet_id in ids]
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise refusal("InvalidConfigurationRequest", "All subnets must be in the same VPC")
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < len(subnets):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise refusal("InvalidConfigurationRequest", message)
    if balancer_type == "application" and len(zones) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        raise refusal("ValidationError", message)
    return subnets


def check_addresses(
    backend: Any,
    params: Mapping[str, Any],
    subnets: Sequence[Any],
    *,
    balancer_type: str,
    scheme: str,
    address_type: str,
) -> None:
    """Section 6, row 8: addresses of subnets fit the load balancer and lie in their subnet (CreateLoadBalancer)."""
    dual_stack = address_type != "ipv4"
    if params.get("EnablePrefixForIpv6SourceNat") == "on" and not dual_stack:
        raise refusal("InvalidConfigurationRequest", "Source NAT prefixes need the IP address type 'dualstack'")
    for mapping, subnet in zip(params.get("SubnetMappings", ()), subnets, strict=False):
        allocation, private = mapping.get("AllocationId"), mapping.get("PrivateIPv4Address")
        if (allocation or private) and balancer_type != "network":
            raise refusal("InvalidConfigurationRequest", "Only a Network Load Balancer is given addresses")
        if allocation and scheme != "internet-facing":
            raise refusal("InvalidConfigurationRequest", "An Elastic IP address needs an internet-facing load balancer")
        if allocation and not any(a.allocation_id == allocation for a in backend.ec2_backend.describe_addresses()):
            raise refusal("AllocationIdNotFound", f"The allocation ID '{allocation}' does not exist")
        if private and scheme != "internal":
            raise refusal("InvalidConfigurationRequest", "A private IPv4 address needs an internal load balancer")
        if private and ip_address(private) not in ip_network(subnet.cidr_block):
            raise refusal("InvalidConfigurationRequest", f"The address '{private}' is not in subnet '{subnet.id}'")
        if (mapping.get("IPv6Address") or mapping.get("SourceNatIpv6Prefix")) and not dual_stack:
            raise refusal("InvalidConfigurationRequest", "IPv6 addresses need the IP address type 'dualstack'")


def _subnet(backend: Any, subnet_id: str) -> Any:
    for subnets in backend.ec2_backend.subnets.values():
        if subnet_id in subnets:
            return subnets[subnet_id]
    raise refusal("SubnetNotFound", f"The subnet ID '{subnet_id}' does not exist")


def check_security_groups(backend: Any, vpc_id: str, group_ids: Sequence[str]) -> None:
    """Section 6, row 8: every security group exists, in the load balancer's VPC."""
    for group_id in group_ids:
        if group_id not in backend.ec2_backend.groups.get(vpc_id, {}):
            raise refusal("InvalidSecurityGroup", f"Security group '{group_id}' does not exist in VPC '{vpc_id}'")
