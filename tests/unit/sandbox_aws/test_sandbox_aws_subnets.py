"""Subnets with IPv6 ranges."""

from __future__ import annotations

from tests.unit.sandbox_aws.account import Account


def test_an_ipv6_range_of_a_subnet_is_associated(aws: Account) -> None:
    [subnet] = aws.subnets("public-a")
    aws.ec2.associate_vpc_cidr_block(VpcId=aws.world.vpc, AmazonProvidedIpv6CidrBlock=True)
    [vpc] = aws.ec2.describe_vpcs(VpcIds=[aws.world.vpc])["Vpcs"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    made = aws.ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)["Ipv6CidrBlockAssociation"]
    [described] = aws.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert described["Ipv6CidrBlockAssociationSet"] == [
        {
            "AssociationId": made["AssociationId"],
            "Ipv6CidrBlock": block,
            "Ipv6CidrBlockState": {"State": "associated"},
        }
    ]
