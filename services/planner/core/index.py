"""The index of one stack: what belongs to it by its tags, and which names of the region are held (naming and tags,
section 6).

Read by the build and the diff. The planner's inventory keeps it with every change, so that a stack among many costs no
more than one among few; where an inventory comes without, it is looked through once per plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from services.planner.core.aws import Index, Inventory, LoadBalancer, Names, SecurityGroup, TargetGroup
from services.planner.core.inputs import Cluster, StackInput
from services.planner.core.keys import StackKey
from services.planner.core.tags import (
    CLUSTER_TAG,
    SHARED_GROUP_RESOURCE,
    SHARED_GROUP_RESOURCE_TAG,
    is_of_stack,
    resource_tag,
)


class _Tagged(Protocol):
    @property
    def tags(self) -> Mapping[str, str] | None: ...


_T = TypeVar("_T", bound=_Tagged)


def indexed(inp: StackInput) -> StackInput:
    """The input with the index of its stack."""
    known = inp.inventory.index
    if known is not None and known.key == inp.key:
        return inp
    made = index_of(inp.inventory, inp.cluster, inp.key)
    return replace(inp, inventory=replace(inp.inventory, index=made))


def index_of(inventory: Inventory, cluster: Cluster, key: StackKey) -> Index:
    """The inventory's own index of the stack, or one that is made by looking through it."""
    if inventory.index is not None and inventory.index.key == key:
        return inventory.index

    def own(found: Mapping[str, _T]) -> Iterable[_T]:
        return (one for one in found.values() if is_of_stack(one.tags, cluster=cluster, key=key))

    group_names: defaultdict[str, list[str]] = defaultdict(list)
    for id_, group in sorted(inventory.security_groups.items()):
        group_names[group.name].append(id_)
    return make_index(
        key,
        load_balancers=own(inventory.load_balancers),
        target_groups=own(inventory.target_groups),
        security_groups=own(inventory.security_groups),
        names=Names(
            load_balancers={b.name: arn for arn, b in inventory.load_balancers.items()},
            target_groups={g.name: arn for arn, g in inventory.target_groups.items()},
            security_groups={name: tuple(ids) for name, ids in group_names.items()},
        ),
        shared_group=shared_group(inventory, cluster.name),
    )


def make_index(
    key: StackKey,
    *,
    load_balancers: Iterable[LoadBalancer],
    target_groups: Iterable[TargetGroup],
    security_groups: Iterable[SecurityGroup],
    names: Names,
    shared_group: SecurityGroup | None,
) -> Index:
    """The index of what belongs to the stack."""
    groups = tuple(sorted(target_groups, key=lambda g: g.arn))
    by_resource: defaultdict[str, list[TargetGroup]] = defaultdict(list)
    for group in groups:
        by_resource[(group.tags or {}).get(resource_tag(key.kind), "")].append(group)
    return Index(
        key=key,
        load_balancers=tuple(sorted(load_balancers, key=lambda b: b.arn)),
        target_groups=groups,
        security_groups=tuple(sorted(security_groups, key=lambda g: g.id)),
        by_resource={resource: tuple(found) for resource, found in by_resource.items()},
        names=names,
        shared_group=shared_group,
    )


def is_shared_group(tags: Mapping[str, str], cluster_name: str) -> bool:
    """Whether the tags are those of the cluster's shared backend group."""
    return tags.get(CLUSTER_TAG) == cluster_name and tags.get(SHARED_GROUP_RESOURCE_TAG) == SHARED_GROUP_RESOURCE


def shared_group(inventory: Inventory, cluster_name: str) -> SecurityGroup | None:
    """The cluster's shared backend group, by its tags; the lowest id where there are several."""
    if inventory.index is not None:
        return inventory.index.shared_group
    found = [g for g in inventory.security_groups.values() if is_shared_group(g.tags, cluster_name)]
    return min(found, key=lambda g: g.id, default=None)
