"""The garbage collector: what has lost all its owners goes, in the background, in the foreground, or not at all.

Kubernetes documentation, "Garbage Collection" and "Use Cascading Deletion in a Cluster".
"""

import asyncio
import logging
from collections.abc import Awaitable

from sandbox.kubernetes.client import ApiError, Cluster, Key, Object
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import is_terminating, key_of, uid_of
from sandbox.kubernetes.client.resources import CRDS, Resource
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.discovery import UNREACHABLE, discover
from sandbox.kubernetes.controllers.ownership_graph import FOREGROUND, ORPHAN, Node, OwnershipGraph

log = logging.getLogger(__name__)

_REDISCOVER = Key("", "")
_REDISCOVER_SECONDS = 30.0
"""The resources are asked for again after this, apart from changes of CRDs, which lead to it at once."""
_AFTER_CRD_SECONDS = 0.2
"""A changed CRD is served a moment after it is accepted."""


class GarbageCollector(Controller):
    """Its queue holds UIDs (as names without a namespace) and one entry for asking which resources there are."""

    name = "garbage-collector"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._graph = OwnershipGraph()
        self._resources: set[Resource] = set()
        self._absent: dict[str, None] = {}

    def start(self) -> None:
        self.cluster.informer(CRDS).add_handler(self._crd_changed)
        self.queue.add(_REDISCOVER)

    async def reconcile(self, key: Key) -> float | None:
        if key == _REDISCOVER:
            return await self._rediscover()
        node = self._graph.get(key.name)
        if node is None:
            return None
        if node.lets_dependents_go:
            await self._orphan_dependents(node)
        elif node.waits_for_dependents:
            await self._continue_foreground(node)
        if node.owners and not is_terminating(node.item):
            await self._judge(node)
        return None

    async def _rediscover(self) -> float:
        try:
            served = await discover(self.cluster.client)
        except UNREACHABLE as error:
            log.warning("the resources could not be discovered: %s", error)
            return 1.0
        wanted = {one.resource for one in served if one.can_be_collected}
        for resource in sorted(self._resources - wanted):
            # The objects of a CRD that is deleted went before it, each with its own event.
            self._graph.remove_all(resource)
            await self.cluster.forget(resource)
        for resource in sorted(wanted - self._resources):
            self.cluster.informer(resource).add_handler(self._changed)
        self._resources = wanted
        await self._wait_for_lists()
        return _REDISCOVER_SECONDS

    async def _wait_for_lists(self) -> None:
        """Judge with all resources listed, so that a live owner is seldom asked for; but do not hang on one refused."""
        try:
            async with asyncio.timeout(5):
                await self.cluster.synced()
        except TimeoutError:
            log.warning("not every resource could be listed; owners not seen are asked for one by one")

    async def _judge(self, node: Node) -> None:
        """Delete the object if no owner is left; drop references to owners that are gone if one is."""
        solid, gone, waiting = await self._sort_owners(node)
        if solid:
            if gone or waiting:
                await self._keep_owners(node, solid)
            return
        policy = "Background"
        if waiting and self._graph.dependents(uid_of(node.item)):
            policy = "Foreground"
        elif ORPHAN in node.finalizers:
            policy = "Orphan"
        elif FOREGROUND in node.finalizers:
            policy = "Foreground"
        await self._delete(node, policy)

    async def _sort_owners(self, node: Node) -> tuple[list[Object], list[Object], list[Object]]:
        """The owner references: to owners that stand, that are gone, and that wait for this object to go."""
        solid: list[Object] = []
        gone: list[Object] = []
        waiting: list[Object] = []
        for reference in node.owners:
            owner = self._graph.get(reference["uid"])
            if owner is not None:
                blocked = owner.waits_for_dependents and reference.get("blockOwnerDeletion")
                (waiting if blocked else solid).append(reference)
            elif await self._is_absent(node, reference):
                gone.append(reference)
            else:
                solid.append(reference)
        return solid, gone, waiting

    async def _is_absent(self, node: Node, reference: Object) -> bool:
        """Ask the API for an owner that no cache shows; only an answer, never a failure, counts as absence."""
        uid = reference["uid"]
        if uid in self._absent:
            return True
        resource = self._resource_of(reference)
        if resource is None:
            # An owner of a kind that is not served cannot be asked for: nothing is deleted because of it.
            return False
        namespace = node.item["metadata"].get("namespace", "") if resource.namespaced else ""
        try:
            found = await self.cluster.client.get(resource, namespace, reference["name"])
        except ApiError as error:
            if not error.is_not_found:
                raise
        else:
            if uid_of(found) == uid:
                return False
        self._remember_absent(uid)
        return True

    def _resource_of(self, reference: Object) -> Resource | None:
        group = reference["apiVersion"].rpartition("/")[0]
        return next((one for one in self._resources if (one.group, one.kind) == (group, reference["kind"])), None)

    async def _keep_owners(self, node: Node, kept: list[Object]) -> None:
        meta = {
            "uid": uid_of(node.item),
            "resourceVersion": node.item["metadata"]["resourceVersion"],
            "ownerReferences": kept,
        }
        await self._ignoring_absence(self.cluster.patch(node.resource, key_of(node.item), {"metadata": meta}))

    async def _orphan_dependents(self, owner: Node) -> None:
        uid = uid_of(owner.item)
        for dependent in self._graph.dependents(uid):
            await self._keep_owners(dependent, [one for one in dependent.owners if one["uid"] != uid])
        await self._drop_finalizer(owner, ORPHAN)

    async def _continue_foreground(self, owner: Node) -> None:
        blocking = self._graph.blocking(uid_of(owner.item))
        if not blocking:
            await self._drop_finalizer(owner, FOREGROUND)
        for dependent in blocking:
            self._enqueue(dependent)

    async def _drop_finalizer(self, node: Node, finalizer: str) -> None:
        meta = {
            "uid": uid_of(node.item),
            "resourceVersion": node.item["metadata"]["resourceVersion"],
            "finalizers": [one for one in node.finalizers if one != finalizer],
        }
        await self._ignoring_absence(self.cluster.patch(node.resource, key_of(node.item), {"metadata": meta}))

    async def _delete(self, node: Node, policy: str) -> None:
        meta = node.item["metadata"]
        # The version protects an object whose owners change at this very moment.
        conditions = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        options = {"preconditions": conditions, "propagationPolicy": policy}
        try:
            await self.cluster.delete(node.resource, node.item, options)
        except ApiError as error:
            if not error.is_not_found:
                raise

    async def _ignoring_absence(self, write: Awaitable[Object]) -> None:
        try:
            await write
        except ApiError as error:
            if not error.is_not_found:
                raise

    def _changed(self, change: Change) -> None:
        if change.new is None:
            self._gone(change.present)
            return
        node = Node(resource=change.resource, item=change.new)
        before = self._graph.get(uid_of(change.new))
        self._graph.put(node)
        concerned = node.owners or node.lets_dependents_go or node.waits_for_dependents
        if concerned and (before is None or _relevant(before) != _relevant(node)):
            self._enqueue(node)

    def _gone(self, item: Object) -> None:
        uid = uid_of(item)
        node = self._graph.get(uid)
        self._graph.remove(uid)
        self._remember_absent(uid)
        for dependent in self._graph.dependents(uid):
            self._enqueue(dependent)
        for reference in node.owners if node else ():
            owner = self._graph.get(reference["uid"])
            if owner is not None and owner.waits_for_dependents:
                self._enqueue(owner)

    def _remember_absent(self, uid: str) -> None:
        self._absent[uid] = None
        if len(self._absent) > 4096:
            del self._absent[next(iter(self._absent))]

    def _crd_changed(self, _: Change) -> None:
        self.queue.add_after(_REDISCOVER, _AFTER_CRD_SECONDS)

    def _enqueue(self, node: Node) -> None:
        self.queue.add(Key("", uid_of(node.item)))


def _relevant(node: Node) -> tuple[object, ...]:
    return (node.owners, node.finalizers, is_terminating(node.item))
