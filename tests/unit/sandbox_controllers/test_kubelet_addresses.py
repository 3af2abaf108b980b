"""Pod addresses of a node."""

import asyncio
import ipaddress
from typing import Any

import pytest

from sandbox.kubernetes.kubelet.address_pool import AddressPool
from sandbox.kubernetes.kubelet.addresses import Host, NoAddressLeft, NodeAddresses, find_host


class FakeEc2:
    """One node in one subnet; remembers the calls that change something."""

    def __init__(self, *elsewhere: str) -> None:
        self.changes: list[tuple[str, list[str]]] = []
        self._addresses = ["10.0.100.4"]
        self._elsewhere = elsewhere
        self.unassigned = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def describe_instances(self, **parameters: Any) -> dict[str, Any]:
        if parameters["Filters"][0]["Values"] != ["i-1"]:
            return {"Reservations": []}
        return {"Reservations": [{"Instances": [{"NetworkInterfaces": [self._interface()]}]}]}

    def describe_subnets(self, **parameters: Any) -> dict[str, Any]:
        assert parameters == {"SubnetIds": ["subnet-1"]}
        return {"Subnets": [{"CidrBlock": "10.0.100.0/28"}]}

    def describe_network_interfaces(self, **parameters: Any) -> dict[str, Any]:
        assert parameters == {"Filters": [{"Name": "subnet-id", "Values": ["subnet-1"]}]}
        others = {"PrivateIpAddresses": [{"PrivateIpAddress": one} for one in self._elsewhere]}
        return {"NetworkInterfaces": [self._interface(), others]}

    def assign_private_ip_addresses(self, **parameters: Any) -> dict[str, Any]:
        self.changes.append(("assign", parameters["PrivateIpAddresses"]))
        self._addresses += parameters["PrivateIpAddresses"]
        return {}

    def unassign_private_ip_addresses(self, **parameters: Any) -> dict[str, Any]:
        self.changes.append(("unassign", parameters["PrivateIpAddresses"]))
        self._loop.call_soon_threadsafe(self.unassigned.set)
        self._addresses = [one for one in self._addresses if one not in parameters["PrivateIpAddresses"]]
        return {}

    def _interface(self) -> dict[str, Any]:
        return {
            "NetworkInterfaceId": "eni-1",
            "SubnetId": "subnet-1",
            "PrivateIpAddress": "10.0.100.4",
            "PrivateIpAddresses": [{"PrivateIpAddress": one} for one in self._addresses],
            "Attachment": {"DeviceIndex": 0},
        }


def node_of(ec2: FakeEc2) -> NodeAddresses:
    host = find_host(ec2, "aws:///us-west-2a/i-1")
    assert host is not None
    return NodeAddresses(ec2, host)


async def test_a_node_is_found_by_its_provider_id() -> None:
    assert find_host(FakeEc2(), "aws:///us-west-2a/i-1") == Host(
        address="10.0.100.4",
        interface="eni-1",
        subnet="subnet-1",
        network=ipaddress.IPv4Network("10.0.100.0/28"),
        taken=frozenset({"10.0.100.4"}),
    )


@pytest.mark.parametrize("provider_id", ["", "aws:///us-west-2a/i-2", "kind://docker/node"])
async def test_a_node_without_an_instance_is_not_found(provider_id: str) -> None:
    assert find_host(FakeEc2(), provider_id) is None


async def test_addresses_ascend_and_skip_those_of_others() -> None:
    ec2 = FakeEc2("10.0.100.6")
    assert await node_of(ec2).assign(3) == ["10.0.100.5", "10.0.100.7", "10.0.100.8"]


async def test_a_released_address_is_given_again_only_after_all_others() -> None:
    node = node_of(FakeEc2())
    first = await node.assign(1)
    await node.release(first)
    later = [one for _ in range(10) for one in await node.assign(1)]
    assert later == [f"10.0.100.{number}" for number in (*range(6, 15), 5)]


async def test_a_full_subnet_gives_what_it_has_and_then_says_so() -> None:
    node = node_of(FakeEc2())
    assert len(await node.assign(20)) == 10
    with pytest.raises(NoAddressLeft, match=r"subnet subnet-1 \(10.0.100.0/28\) has no free address"):
        await node.assign(1)


async def test_the_nodes_own_address_is_never_released() -> None:
    ec2 = FakeEc2()
    await node_of(ec2).release(["10.0.100.4"])
    assert ec2.changes == []


async def test_pods_that_start_together_cost_one_call() -> None:
    ec2 = FakeEc2()
    pool = AddressPool(node_of(ec2))
    given = await asyncio.gather(*(pool.take() for _ in range(5)))
    assert ec2.changes == [("assign", [f"10.0.100.{number}" for number in range(5, 10)])]
    for address in given:
        pool.give_back(address)
    await ec2.unassigned.wait()
    assert ec2.changes[1:] == [("unassign", sorted(given))]


async def test_a_pod_without_an_address_is_told_while_others_get_theirs() -> None:
    pool = AddressPool(node_of(FakeEc2()))
    results = await asyncio.gather(*(pool.take() for _ in range(11)), return_exceptions=True)
    assert [type(one) for one in results] == [str] * 10 + [NoAddressLeft]
