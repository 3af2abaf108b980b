"""Pod addresses: secondary private addresses of the node's network interface, as the VPC CNI plugin gives them.

Addresses are handed out in ascending order and start again at the beginning when the subnet's end is reached, so that
an address just released, which a load balancer may still be draining, is not given to another pod soon.
"""

import asyncio
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

_RESERVED_LOW = 4
"""The network address and the next three are AWS's own (VPC user guide, "Subnet CIDR blocks")."""


class Ec2(Protocol):
    """The calls of the EC2 client that are used here."""

    def describe_instances(self, **parameters: Any) -> dict[str, Any]: ...
    def describe_subnets(self, **parameters: Any) -> dict[str, Any]: ...
    def describe_network_interfaces(self, **parameters: Any) -> dict[str, Any]: ...
    def assign_private_ip_addresses(self, **parameters: Any) -> dict[str, Any]: ...
    def unassign_private_ip_addresses(self, **parameters: Any) -> dict[str, Any]: ...


class NoAddressLeft(Exception):  # noqa: N818
    """The node's subnet has no free address for another pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A node's place in the VPC."""

    address: str
    """Primary private address of the node."""
    interface: str
    subnet: str
    network: ipaddress.IPv4Network
    taken: frozenset[str]
    """Addresses of the interface that were there before this kubelet, the primary one among them."""


class NodeAddresses:
    """The addresses of one node. One call gives or takes back the addresses of many pods.

    EC2 calls block, so they run in a thread; calls for one node never overlap.
    """

    def __init__(self, ec2: Ec2, host: Host) -> None:
        self.host = host
        self._ec2 = ec2
        self._used = set(host.taken)
        self._last = ipaddress.IPv4Address(host.address)
        self._lock = asyncio.Lock()

    async def assign(self, count: int) -> list[str]:
        """Addresses for that many pods, fewer if the subnet ends; raises NoAddressLeft when there is none."""
        async with self._lock:
            elsewhere = await asyncio.to_thread(self._taken_in_subnet)
            addresses = [str(one) for _, one in zip(range(count), self._free(elsewhere), strict=False)]
            if not addresses:
                raise NoAddressLeft(f"subnet {self.host.subnet} ({self.host.network}) has no free address")
            await asyncio.to_thread(
                self._ec2.assign_private_ip_addresses,
                NetworkInterfaceId=self.host.interface,
                PrivateIpAddresses=addresses,
            )
            self._used.update(addresses)
            self._last = ipaddress.IPv4Address(addresses[-1])
            return addresses

    def keep(self, address: str) -> None:
        """Take note of an address that a pod already has."""
        self._used.add(address)

    async def release(self, addresses: Iterable[str]) -> None:
        """Give addresses back to the subnet."""
        async with self._lock:
            gone = sorted(self._used.intersection(addresses) - {self.host.address})
            if gone:
                await asyncio.to_thread(
                    self._ec2.unassign_private_ip_addresses,
                    NetworkInterfaceId=self.host.interface,
                    PrivateIpAddresses=gone,
                )
                self._used.difference_update(gone)

    def _taken_in_subnet(self) -> set[str]:
        """Addresses of all interfaces of the subnet: load balancers and other nodes have some too."""
        answer = self._ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [self.host.subnet]}])
        return {
            one["PrivateIpAddress"]
            for interface in answer["NetworkInterfaces"]
            for one in interface["PrivateIpAddresses"]
        }

    def _free(self, elsewhere: set[str]) -> Iterator[ipaddress.IPv4Address]:
        network = self.host.network
        first, last = int(network.network_address) + _RESERVED_LOW, int(network.broadcast_address) - 1
        start = int(self._last) + 1
        for number in chain(range(start, last + 1), range(first, min(start, last + 1))):
            address = ipaddress.IPv4Address(number)
            if str(address) not in self._used and str(address) not in elsewhere:
                yield address


def find_host(ec2: Ec2, provider_id: str) -> Host | None:
    """Where the instance of a Node's providerID (`aws:///<zone>/<instance>`) is; None if there is no such instance."""
    instance_id = provider_id.rpartition("/")[2]
    if not instance_id.startswith("i-"):
        return None
    found = ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [instance_id]}])
    instances = [instance for reservation in found["Reservations"] for instance in reservation["Instances"]]
    if not instances:
        return None
    interface = next(one for one in instances[0]["NetworkInterfaces"] if one["Attachment"]["DeviceIndex"] == 0)
    subnet = ec2.describe_subnets(SubnetIds=[interface["SubnetId"]])["Subnets"][0]
    return Host(
        address=interface["PrivateIpAddress"],
        interface=interface["NetworkInterfaceId"],
        subnet=interface["SubnetId"],
        network=ipaddress.IPv4Network(subnet["CidrBlock"]),
        taken=frozenset(one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"]),
    )
