"""The security group behind a pod or node (networking, section 7).

One `EndpointGroups` serves a whole computation, so that interfaces are sorted out once and not for every target.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from ipaddress import ip_address, ip_network

from services.planner.core.aws import Interface, Inventory
from services.planner.core.inputs import Cluster
from services.planner.core.objects import Node, Pod
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.targets.instances import instance_id

_COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
_HYPERPOD_LABEL = "sagemaker.amazonaws.com/compute-type"
_POD_ENI = "vpc.amazonaws.com/pod-eni"

# A group id, a lookup that has to be made first, or None where there is none on purpose (hybrid nodes).
GroupAnswer = str | Lookup | None


class UnresolvedError(Exception):
    """No interface or no single security group can be named; the message says for what."""


class EndpointGroups:
    """Which security group the rules for a pod or node go to, as far as the inventory knows."""

    def __init__(self, cluster: Cluster, inventory: Inventory) -> None:
        self._cluster = cluster
        self._inventory = inventory

    def of_node(self, node: Node) -> GroupAnswer:
        """The endpoint group of a node's primary interface. Raises `UnresolvedError`."""
        instance = instance_id(node)
        if node.meta.labels.get(_COMPUTE_TYPE) == "hybrid" or instance is None:
            raise UnresolvedError(f"node {node.meta.name} has no network interface in the VPC")
        if instance not in self._inventory.knowledge.instances:
            return Lookup(kind=LookupKind.INSTANCE_INTERFACES, keys=(instance,))
        primary = [i for i in self._by_instance.get(instance, ()) if i.device_index == 0]
        if not primary:
            raise UnresolvedError(f"no primary network interface of node {node.meta.name} ({instance})")
        return self._of_interface(primary[0])

    def of_pod(self, pod: Pod, node: Node | None) -> GroupAnswer:
        """The endpoint group of a pod's interface. Raises `UnresolvedError`.

        Where all interfaces of the pod's node agree on the group, the pod costs no lookup.
        """
        kind = node.meta.labels.get(_COMPUTE_TYPE, "") if node is not None else ""
        if kind == "hybrid":
            return None
        if node is not None and node.meta.labels.get(_HYPERPOD_LABEL) == "hyperpod":
            return self._of_hyperpod(pod, node)
        instance = instance_id(node) if node is not None else None
        if kind == "fargate" or instance is None or _own_interface(pod):
            return self._by_address(pod)
        if instance not in self._inventory.knowledge.instances:
            return Lookup(kind=LookupKind.INSTANCE_INTERFACES, keys=(instance,))
        interfaces = self._by_instance.get(instance, ())
        if interfaces and len({i.groups for i in interfaces}) == 1:
            return self._of_interface(interfaces[0])
        holder = next((i for i in interfaces if holds(i, pod.ip)), None)
        return self._of_interface(holder) if holder else self._by_address(pod)

    @cached_property
    def _by_instance(self) -> Mapping[str, Sequence[Interface]]:
        found: dict[str, list[Interface]] = {}
        for interface in self._sorted:
            found.setdefault(interface.instance_id, []).append(interface)
        return found

    @cached_property
    def _sorted(self) -> Sequence[Interface]:
        return [i for _, i in sorted(self._inventory.interfaces.items())]

    def _of_hyperpod(self, pod: Pod, node: Node) -> GroupAnswer:
        """A pod's address, or else one of its node's interfaces with the pod's address in a prefix."""
        holder = next((i for i in self._sorted if holds(i, pod.ip)), None)
        if holder is not None:
            return self._of_interface(holder)
        unasked = {pod.ip, *node.internal_ips} - self._inventory.knowledge.addresses
        if unasked:
            return Lookup(kind=LookupKind.ADDRESS_INTERFACES, keys=tuple(sorted(unasked)))
        raise UnresolvedError(f"no network interface has the address {pod.ip} of pod {pod.meta.name}")

    def _by_address(self, pod: Pod) -> GroupAnswer:
        holder = next((i for i in self._sorted if holds(i, pod.ip)), None)
        if holder is not None:
            return self._of_interface(holder)
        if pod.ip in self._inventory.knowledge.addresses:
            raise UnresolvedError(f"no network interface has the address {pod.ip} of pod {pod.meta.name}")
        return Lookup(kind=LookupKind.ADDRESS_INTERFACES, keys=(pod.ip,))

    def _of_interface(self, interface: Interface) -> GroupAnswer:
        """The one group of an interface that rules go to. Raises `UnresolvedError` where it is not exactly one."""
        if len(interface.groups) == 1:
            return interface.groups[0]
        known, asked = self._inventory.security_groups, self._inventory.knowledge.groups
        # A group may be younger than the last look at all of them, so its absence there says nothing.
        unread = tuple(g for g in interface.groups if g not in known and g not in asked)
        if unread:
            return Lookup(kind=LookupKind.SECURITY_GROUPS, keys=unread)
        tag = f"kubernetes.io/cluster/{self._cluster.name}"
        wanted = self._cluster.interface_group_tags.items()
        tagged = [
            g for g in interface.groups if g in known and tag in known[g].tags and wanted <= known[g].tags.items()
        ]
        if len(tagged) != 1:
            named = ", ".join([tag, *(f"{key}={value}" for key, value in sorted(wanted))])
            raise UnresolvedError(
                f"expected exactly one security group tagged {named} on network interface {interface.id}, "
                f"got [{', '.join(tagged)}] of [{', '.join(interface.groups)}]"
            )
        return tagged[0]


def _own_interface(pod: Pod) -> bool:
    """Whether the pod has a branch interface of its own; a malformed annotation counts as none."""
    annotation = pod.meta.annotations.get(_POD_ENI)
    if annotation is None:
        return False
    try:
        entries = json.loads(annotation)
        return any(e.get("privateIp") == pod.ip or e.get("ipv6Addr") == pod.ip for e in entries)
    except (ValueError, AttributeError, TypeError):
        return False


def holds(interface: Interface, address: str) -> bool:
    """Whether an address is one of the interface's, or lies in one of its prefixes."""
    if address in interface.addresses:
        return True
    if not interface.prefixes:
        return False
    try:
        parsed = ip_address(address)
        return any(parsed in ip_network(p, strict=False) for p in interface.prefixes)
    except ValueError:
        return False
