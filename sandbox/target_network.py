"""Through which sockets health checks reach targets: the two address tables of the sandbox's directory."""

from collections.abc import Set as AbstractSet

from sandbox.address_table import AddressTable
from sandbox.aws.elbv2.checks import Check
from sandbox.aws.elbv2.conditions import Network


class TargetNetwork(Network):
    """Pods and nodes by the kubelet's table, load balancers by the data plane's."""

    def __init__(self, pods: AddressTable, balancers: AddressTable, reached: AbstractSet[str]) -> None:
        """`reached` are the types of targets that are checked."""
        self._tables = (pods, balancers)
        self._reached = reached

    def reaches(self, target_type: str) -> bool:
        return target_type in self._reached

    def resolve(self, check: Check) -> tuple[str, int] | None:
        found = (table.resolve(check.host, check.port) for table in self._tables)
        return next((address for address in found if address is not None), None)
