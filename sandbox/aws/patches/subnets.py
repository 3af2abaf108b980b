"""IPv6 ranges of subnets are told with their state as a word. Installed by the package."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.subnets import Subnet

from sandbox.aws.patches.patching import Patches


def install(patches: Patches) -> None:
    """DescribeSubnets says `associated`; moto gives the text of a dictionary (EC2 API, SubnetCidrBlockState)."""

    def associations(subnet: Any) -> list[dict[str, Any]]:
        return [
            {
                "ipv6CidrBlock": one["ipv6CidrBlock"],
                "associationId": one["associationId"],
                "ipv6CidrBlockState": {"State": one["ipv6CidrBlockState"]["State"]},
            }
            for one in subnet.ipv6_cidr_block_associations.values()
            if one["ipv6CidrBlockState"]["State"] == "associated"
        ]

    patches.replace(Subnet, "ipv6_cidr_block_association_set", property(associations))
