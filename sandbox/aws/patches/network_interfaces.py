"""Network interfaces are found by every address they have, as the VPC CNI's pods need. Installed by the package."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from sandbox.aws.patches.patching import Patches


def install(patches: Patches) -> None:
    """The filter addresses.private-ip-address covers secondary addresses (EC2 API, DescribeNetworkInterfaces)."""
    original = NetworkInterface.get_filter_value

    def get_filter_value(interface: Any, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "addresses.private-ip-address":
            return [address["PrivateIpAddress"] for address in interface.private_ip_addresses]
        return original(interface, filter_name, method_name)

    patches.replace(NetworkInterface, "get_filter_value", get_filter_value)
