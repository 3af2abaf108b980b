"""What load balancing asks of the rest of the account: EC2 for places and machines, ACM for certificates. From moto.

The operations use it; nothing else of this package knows moto.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any

from moto.acm.models import AWS_ROOT_CA, CertificateNotFound, acm_backends
from moto.ec2.exceptions import InvalidVPCIdError
from moto.ec2.models import ec2_backends
from moto.iam import iam_backends

RESERVED_ADDRESSES = 4
"""Addresses at the beginning of a subnet that AWS keeps for itself (VPC user guide, "Subnet sizing")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    id: str
    vpc_id: str
    zone: str
    network: IPv4Network
    has_ipv6: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    id: str
    vpc_id: str
    running: bool
    address: str
    """The primary private IPv4 address."""
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedCertificate:
    """A certificate that can be served; both are PEM."""

    chain: str
    """The certificate and what came with it; not Amazon's root."""
    key: str


class Neighbours:
    """The other services of one account and Region."""

    def __init__(self, *, account: str, region: str) -> None:
        self._ec2: Any = ec2_backends[account][region]
        self._acm: Any = acm_backends[account][region]
        self._iam: Any = iam_backends[account]["aws"]
        self._lent: dict[str, set[str]] = {}  # addresses of load balancers' nodes by subnet

    def subnet(self, subnet_id: str) -> Subnet | None:
        for subnets in self._ec2.subnets.values():
            found = subnets.get(subnet_id)
            if found is not None:
                return Subnet(
                    id=found.id,
                    vpc_id=found.vpc_id,
                    zone=found.availability_zone,
                    network=IPv4Network(found.cidr_block),
                    has_ipv6=bool(found.ipv6_cidr_block_associations),
                )
        return None

    def zone_of(self, vpc_id: str, address: str) -> str | None:
        """The availability zone of the subnet that a private IPv4 address is in; None outside the VPC."""
        for subnets in self._ec2.subnets.values():
            for subnet in subnets.values():
                if subnet.vpc_id == vpc_id and _is_in(address, subnet.cidr_block):
                    return str(subnet.availability_zone)
        return None

    def lend_address(self, subnet: Subnet, wanted: str | None = None) -> str | None:
        """A private address for a load balancer's node, the highest free one unless a certain one is wanted; None where
        that is taken, or none is free. EC2 gives its own from the lowest on."""
        lent = self._lent.setdefault(subnet.id, set())
        taken = lent | self._addresses_in(subnet)
        first = int(subnet.network.network_address) + RESERVED_ADDRESSES
        if wanted is None:
            last = int(subnet.network.broadcast_address) - 1
            free = (str(IPv4Address(number)) for number in range(last, first - 1, -1))
            wanted = next((address for address in free if address not in taken), None)
        elif wanted in taken:
            return None
        if wanted is not None:
            lent.add(wanted)
        return wanted

    def return_address(self, subnet_id: str, address: str) -> None:
        self._lent.get(subnet_id, set()).discard(address)

    def lent(self, address: str) -> bool:
        """Whether a load balancer's node has this private address."""
        return any(address in addresses for addresses in self._lent.values())

    def _addresses_in(self, subnet: Subnet) -> set[str]:
        interfaces = (one for one in self._ec2.enis.values() if one.subnet.id == subnet.id)
        return {address["PrivateIpAddress"] for one in interfaces for address in one.private_ip_addresses}

    def has_vpc(self, vpc_id: str) -> bool:
        try:
            self._ec2.get_vpc(vpc_id)
        except InvalidVPCIdError:
            return False
        return True

    def has_security_group(self, vpc_id: str, group_id: str) -> bool:
        return group_id in self._ec2.groups.get(vpc_id, {})

    def default_security_group(self, vpc_id: str) -> str:
        return str(self._ec2.get_default_security_group(vpc_id).id)

    def elastic_address(self, allocation_id: str) -> str | None:
        """The public address of an allocation; None for an unknown one."""
        found = (one for one in self._ec2.describe_addresses() if one.allocation_id == allocation_id)
        return next((str(one.public_ip) for one in found), None)

    def has_internet_gateway(self, vpc_id: str) -> bool:
        return any(one.vpc is not None and one.vpc.id == vpc_id for one in self._ec2.internet_gateways.values())

    def instance(self, instance_id: str) -> Instance | None:
        found = self._ec2.get_instance_by_id(instance_id)
        if found is None:
            return None
        return Instance(
            id=instance_id,
            vpc_id=found.vpc_id,
            running=found.state == "running",
            address=found.private_ip,
            zone=found.placement,
        )

    def keyed_certificate(self, arn: str) -> KeyedCertificate | None:
        """A certificate of ACM or IAM with its key; of those that were requested, the ones that moto signed itself."""
        try:
            found = self._acm.get_certificate(arn)
        except CertificateNotFound:
            uploaded = self._iam.get_certificate_by_arn(arn)
            if uploaded is None:
                return None
            chain = "\n".join(part for part in (uploaded.cert_body, uploaded.cert_chain) if part)
            return KeyedCertificate(chain=chain, key=uploaded.private_key)
        issued: bytes = found.cert.strip() + b"\n" + found.chain.replace(AWS_ROOT_CA, b"").strip()
        return KeyedCertificate(chain=issued.decode(), key=found.key.decode())

    def has_certificate(self, arn: str) -> bool:
        """In ACM or in IAM."""
        try:
            self._acm.get_certificate(arn)
        except CertificateNotFound:
            return self._iam.get_certificate_by_arn(arn) is not None
        return True


@cache
def _network(block: str) -> IPv4Network:
    return IPv4Network(block)


def _is_in(address: str, block: str) -> bool:
    try:
        return IPv4Address(address) in _network(block)
    except AddressValueError:
        return False
