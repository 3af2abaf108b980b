"""The security group behind a pod or node (networking, section 7).

Answers a group id, a lookup that has to be made first, or None where there is none on purpose (hybrid nodes).
"""

import json
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from services.planner.core.aws import Interface, Inventory
from services.planner.core.inputs import Cluster
from services.planner.core.objects import Node, Pod
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.targets.instances import instance_id

_COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
_POD_ENI = "vpc.amazonaws.com/pod-eni"

GroupAnswer = str | Lookup | None


class UnresolvedError(Exception):
    """No interface or no single security group can be named; the message says for what."""


def node_group(cluster: Cluster, inventory: Inventory, node: Node) -> GroupAnswer:
    """The endpoint group of a node's primary interface. Raises `UnresolvedError`."""
    instance = instance_id(node)
    if node.meta.labels.get(_COMPUTE_TYPE) == "hybrid" or instance is None:
        raise UnresolvedError(f"node {node.meta.name} has no network interface in the VPC")
    if instance not in inventory.knowledge.instances:
        return Lookup(kind=LookupKind.INSTANCE_INTERFACES, keys=(instance,))
    primary = [i for i in inventory.interfaces.values() if i.instance_id == instance and i.device_index == 0]
    if not primary:
        raise UnresolvedError(f"no primary network interface of node {node.meta.name} ({instance})")
    return endpoint_group(cluster, inventory, primary[0])


def pod_group(cluster: Cluster, inventory: Inventory, pod: Pod, node: Node | None) -> GroupAnswer:
    """The endpoint group of a pod's interface. Raises `UnresolvedError`.

    Where all interfaces of the pod's node agree on the group, the pod costs no lookup.
    """
    kind = node.meta.labels.get(_COMPUTE_TYPE, "") if node is not None else ""
    if kind == "hybrid":
        return None
    instance = instance_id(node) if node is not None else None
    if kind == "fargate" or instance is None or _own_interface(pod):
        return _by_address(cluster, inventory, pod)
    if instance not in inventory.knowledge.instances:
        return Lookup(kind=LookupKind.INSTANCE_INTERFACES, keys=(instance,))
    interfaces = [i for i in inventory.interfaces.values() if i.instance_id == instance]
    if interfaces and len({i.groups for i in interfaces}) == 1:
        return endpoint_group(cluster, inventory, interfaces[0])
    holder = next((i for i in interfaces if holds(i, pod.ip)), None)
    return endpoint_group(cluster, inventory, holder) if holder else _by_address(cluster, inventory, pod)


def _own_interface(pod: Pod) -> bool:
    """Whether the pod has a branch interface of its own; a malformed annotation counts as none."""
    try:
        entries = json.loads(pod.meta.annotations.get(_POD_ENI, "[]"))
        return any(e.get("privateIp") == pod.ip or e.get("ipv6Addr") == pod.ip for e in entries)
    except (ValueError, AttributeError, TypeError):
        return False


def _by_address(cluster: Cluster, inventory: Inventory, pod: Pod) -> GroupAnswer:
    holder = next((i for i in _sorted(inventory.interfaces.values()) if holds(i, pod.ip)), None)
    if holder is not None:
        return endpoint_group(cluster, inventory, holder)
    if pod.ip in inventory.knowledge.addresses:
        raise UnresolvedError(f"no network interface has the address {pod.ip} of pod {pod.meta.name}")
    return Lookup(kind=LookupKind.ADDRESS_INTERFACES, keys=(pod.ip,))


def endpoint_group(cluster: Cluster, inventory: Inventory, interface: Interface) -> GroupAnswer:
    """The one group of an interface that rules go to. Raises `UnresolvedError` where it is not exactly one."""
    if len(interface.groups) == 1:
        return interface.groups[0]
    knowledge = inventory.knowledge
    unread = tuple(g for g in interface.groups if g not in inventory.security_groups and g not in knowledge.groups)
    if unread and not knowledge.filled:
        return Lookup(kind=LookupKind.SECURITY_GROUPS, keys=unread)
    tag = f"kubernetes.io/cluster/{cluster.name}"
    tagged = [
        g for g in interface.groups if g in inventory.security_groups and tag in inventory.security_groups[g].tags
    ]
    if len(tagged) != 1:
        raise UnresolvedError(
            f"expected exactly one security group tagged {tag} on network interface {interface.id}, "
            f"got [{', '.join(tagged)}] of [{', '.join(interface.groups)}]"
        )
    return tagged[0]


def holds(interface: Interface, address: str) -> bool:
    """Whether an address is one of the interface's, or lies in one of its prefixes."""
    if address in interface.addresses:
        return True
    try:
        parsed = ip_address(address)
        return any(parsed in ip_network(p, strict=False) for p in interface.prefixes)
    except ValueError:
        return False


def _sorted(interfaces: Iterable[Interface]) -> list[Interface]:
    return sorted(interfaces, key=lambda i: i.id)
