from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, refused


def allow_from(group: str) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}]


def delete(aws: Account, group: str) -> str:
    return refused(aws.ec2.delete_security_group, GroupId=group)


def test_a_group_of_nothing_is_deleted(aws: Account) -> None:
    group = aws.security_group("free")
    assert delete(aws, group) == "accepted"
    assert delete(aws, group) == "InvalidGroup.NotFound"


def test_a_group_that_another_group_names_stays(aws: Account) -> None:
    named, naming = aws.security_group("named"), aws.security_group("naming")
    aws.ec2.authorize_security_group_ingress(GroupId=naming, IpPermissions=allow_from(named))
    assert delete(aws, named) == "DependencyViolation"
    aws.ec2.revoke_security_group_ingress(GroupId=naming, IpPermissions=allow_from(named))
    assert delete(aws, named) == "accepted"
    assert delete(aws, naming) == "accepted"


def test_a_group_that_names_itself_is_deleted(aws: Account) -> None:
    group = aws.security_group("selfish")
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=allow_from(group))
    assert delete(aws, group) == "accepted"


def test_a_group_of_a_load_balancer_stays_until_it_goes(aws: Account) -> None:
    group = aws.security_group("balanced")
    balancer = aws.alb(SecurityGroups=[group])
    assert delete(aws, group) == "DependencyViolation"
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert delete(aws, group) == "accepted"


def test_a_group_of_an_instance_stays(aws: Account) -> None:
    assert delete(aws, aws.world.sg) == "DependencyViolation"


def test_a_group_of_an_interface_stays_until_it_goes(aws: Account) -> None:
    group = aws.security_group("attached")
    interface = aws.ec2.create_network_interface(SubnetId=aws.world.subnets["private-a"], Groups=[group])
    assert delete(aws, group) == "DependencyViolation"
    aws.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterface"]["NetworkInterfaceId"])
    assert delete(aws, group) == "accepted"


def test_the_default_group_stays(aws: Account) -> None:
    groups = aws.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [aws.world.vpc]}])
    default = next(group["GroupId"] for group in groups["SecurityGroups"] if group["GroupName"] == "default")
    assert delete(aws, default) == "CannotDelete"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("10.0.100.77", id="a secondary address"),
        pytest.param("10.0.100.4", id="the primary address"),
    ],
)
def test_an_interface_is_found_by_its_addresses(aws: Account, address: str) -> None:
    node = aws.world.nodes[0]
    aws.ec2.assign_private_ip_addresses(NetworkInterfaceId=node.eni, PrivateIpAddresses=["10.0.100.77"])
    filters = [{"Name": "addresses.private-ip-address", "Values": [address]}]
    found = aws.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert [one["NetworkInterfaceId"] for one in found] == [node.eni]
    aws.ec2.unassign_private_ip_addresses(NetworkInterfaceId=node.eni, PrivateIpAddresses=["10.0.100.77"])
