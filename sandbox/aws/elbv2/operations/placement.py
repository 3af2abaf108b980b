"""Where a load balancer stands: its subnets, the addresses of its nodes there, its security groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from sandbox.aws.elbv2.model import Shape, Zone
from sandbox.aws.elbv2.neighbours import Neighbours, Subnet
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a load balancer is, as far as its places depend on it."""

    type: str
    scheme: str
    ip_address_type: str
    source_nat: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One subnet of a call, and what was asked for there."""

    subnet: Subnet
    mapping: Shape


class Placement:
    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def places(self, params: Mapping[str, Any], stand: Stand) -> list[Place]:
        """The subnets of a call, checked: one VPC, one subnet a zone, two zones at least for an Application Load
        Balancer, and addresses that fit the load balancer and lie in their subnet (CreateLoadBalancer, SetSubnets)."""
        places = self._named(params)
        subnets = [place.subnet for place in places]
        if len({subnet.vpc_id for subnet in subnets}) > 1:
            raise misconfigured("All subnets must be in the same VPC")
        zones = {subnet.zone for subnet in subnets}
        if len(zones) < len(subnets):
            raise misconfigured("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
        if stand.type == "application" and len(zones) < 2:
            raise invalid("At least two subnets in two different Availability Zones must be specified")
        if stand.scheme == "internet-facing" and not self._neighbours.has_internet_gateway(subnets[0].vpc_id):
            raise RefusedError("InvalidSubnet", f"VPC '{subnets[0].vpc_id}' has no internet gateway")
        if stand.source_nat == "on" and stand.ip_address_type == "ipv4":
            raise misconfigured("Source NAT prefixes need the IP address type 'dualstack'")
        for place in places:
            self._check_addresses(place, stand)
        return places

    def _named(self, params: Mapping[str, Any]) -> list[Place]:
        if params.get("Subnets") and params.get("SubnetMappings"):
            raise invalid("You can specify either subnets or subnet mappings, but not both")
        mappings = params.get("SubnetMappings") or [{"SubnetId": one} for one in params.get("Subnets", ())]
        if not mappings:
            raise invalid("At least one subnet must be specified")
        return [Place(subnet=self._subnet(mapping.get("SubnetId", "")), mapping=mapping) for mapping in mappings]

    def _subnet(self, subnet_id: str) -> Subnet:
        found = self._neighbours.subnet(subnet_id)
        if found is None:
            raise RefusedError("SubnetNotFound", f"The subnet ID '{subnet_id}' does not exist")
        return found

    def _check_addresses(self, place: Place, stand: Stand) -> None:
        allocation, private = place.mapping.get("AllocationId"), place.mapping.get("PrivateIPv4Address")
        if (allocation or private) and stand.type != "network":
            raise misconfigured("Only a Network Load Balancer is given addresses")
        if allocation and stand.scheme != "internet-facing":
            raise misconfigured("An Elastic IP address needs an internet-facing load balancer")
        if allocation and self._neighbours.elastic_address(allocation) is None:
            raise RefusedError("AllocationIdNotFound", f"The allocation ID '{allocation}' does not exist")
        if private and stand.scheme != "internal":
            raise misconfigured("A private IPv4 address needs an internal load balancer")
        if private and not _lies_in(private, place.subnet):
            raise misconfigured(f"The address '{private}' is not in subnet '{place.subnet.id}'")
        asks_ipv6 = place.mapping.get("IPv6Address") or place.mapping.get("SourceNatIpv6Prefix")
        if asks_ipv6 and stand.ip_address_type == "ipv4":
            raise misconfigured("IPv6 addresses need the IP address type 'dualstack'")

    def settle(self, places: Sequence[Place], standing: Sequence[Zone] = ()) -> list[Zone]:
        """The zones of these places; a node that stands in the subnet already keeps its addresses."""
        kept = {zone.subnet_id: zone for zone in standing}
        wanted = {place.subnet.id for place in places}
        zones = [kept.get(place.subnet.id) or self._zone(place) for place in places]
        self.leave([zone for zone in standing if zone.subnet_id not in wanted])
        return zones

    def leave(self, zones: Sequence[Zone]) -> None:
        """The nodes of these zones are gone; their addresses are free."""
        for zone in zones:
            if zone.address is not None:
                self._neighbours.return_address(zone.subnet_id, zone.address)

    def _zone(self, place: Place) -> Zone:
        allocation, private = place.mapping.get("AllocationId"), place.mapping.get("PrivateIPv4Address")
        address = self._neighbours.lend_address(place.subnet, private)
        if private and address is None:
            raise misconfigured(f"The address '{private}' is in use in subnet '{place.subnet.id}'")
        return Zone(
            name=place.subnet.zone,
            subnet_id=place.subnet.id,
            address=address,
            allocation_id=allocation,
            public_address=self._neighbours.elastic_address(allocation) if allocation else None,
            chosen_address=private is not None,
            ipv6_address=place.mapping.get("IPv6Address"),
            source_nat_prefix=place.mapping.get("SourceNatIpv6Prefix"),
        )

    def check_security_groups(self, vpc_id: str, group_ids: Sequence[str]) -> None:
        """Every security group exists, in the load balancer's VPC."""
        for group_id in group_ids:
            if not self._neighbours.has_security_group(vpc_id, group_id):
                message = f"Security group '{group_id}' does not exist in VPC '{vpc_id}'"
                raise RefusedError("InvalidSecurityGroup", message)

    def security_groups(self, balancer_type: str, vpc_id: str, wanted: Sequence[str]) -> list[str]:
        """Those of a new load balancer: an Application Load Balancer without any gets the VPC's default group."""
        self.check_security_groups(vpc_id, wanted)
        if balancer_type == "application" and not wanted:
            return [self._neighbours.default_security_group(vpc_id)]
        return list(wanted)


def _lies_in(address: str, subnet: Subnet) -> bool:
    try:
        return IPv4Address(address) in subnet.network
    except ValueError:
        return False
