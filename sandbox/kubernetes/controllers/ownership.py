"""Adoption and release: a controller owns what its selector selects and nobody else owns (ReplicaSet documentation)."""

from collections.abc import Callable, Iterable

from sandbox.kubernetes.client import Cluster, Object
from sandbox.kubernetes.client.objects import controller_of, is_terminating, key_of, labels_of, owner_reference, uid_of
from sandbox.kubernetes.client.resources import Resource
from sandbox.kubernetes.controllers.selectors import matches_selector


async def claim(
    cluster: Cluster,
    *,
    owner: Object,
    owner_resource: Resource,
    resource: Resource,
    candidates: Iterable[Object],
    adoptable: Callable[[Object], bool],
) -> list[Object]:
    """The candidates that the owner controls, after adopting matching orphans and releasing what no longer matches.

    Nothing is adopted or released by an owner that is being deleted.
    """
    selector = owner["spec"]["selector"]
    claimed: list[Object] = []
    for item in candidates:
        reference = controller_of(item)
        matches = matches_selector(selector, labels_of(item))
        if reference is not None:
            if reference["uid"] != uid_of(owner):
                continue
            if matches or is_terminating(owner):
                claimed.append(item)
            else:
                await _release(cluster, owner, resource, item)
        elif matches and adoptable(item) and not is_terminating(owner) and not is_terminating(item):
            claimed.append(await _adopt(cluster, owner, owner_resource, resource, item))
    return claimed


async def _adopt(cluster: Cluster, owner: Object, owner_resource: Resource, resource: Resource, item: Object) -> Object:
    mine = owner_reference(owner, owner_resource.api_version, owner_resource.kind)
    references = [*(item["metadata"].get("ownerReferences") or []), mine]
    return await _set_owners(cluster, resource, item, references)


async def _release(cluster: Cluster, owner: Object, resource: Resource, item: Object) -> None:
    references = [one for one in item["metadata"]["ownerReferences"] if one["uid"] != uid_of(owner)]
    await _set_owners(cluster, resource, item, references)


async def _set_owners(cluster: Cluster, resource: Resource, item: Object, references: list[Object]) -> Object:
    # The version makes the server refuse the change if someone else changed the owners meanwhile.
    meta = {"resourceVersion": item["metadata"]["resourceVersion"], "ownerReferences": references}
    return await cluster.patch(resource, key_of(item), {"metadata": meta})
