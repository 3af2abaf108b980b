"""Reads from caches and writes through the API, so that a controller sees its own writes at once."""

import asyncio
from typing import Any

from sandbox.kubernetes.client.http import Client, PatchType
from sandbox.kubernetes.client.informer import Informer
from sandbox.kubernetes.client.objects import Key, Object
from sandbox.kubernetes.client.resources import Resource


class Cluster:
    """The caches of one process and the writes that feed them. A resource is followed from its first use on."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._informers: dict[Resource, Informer] = {}
        self._tasks: dict[Resource, asyncio.Task[None]] = {}

    def informer(self, resource: Resource) -> Informer:
        """The one cache of a resource. Must be called with the event loop running."""
        if resource not in self._informers:
            informer = Informer(self.client, resource)
            self._informers[resource] = informer
            self._tasks[resource] = asyncio.create_task(informer.run(), name=f"informer {resource.plural}")
        return self._informers[resource]

    async def forget(self, resource: Resource) -> None:
        """Stop following a resource that is no longer served. Nobody is told: its objects may well exist."""
        self._informers.pop(resource, None)
        task = self._tasks.pop(resource, None)
        if task is not None:
            await _end([task])

    async def synced(self) -> None:
        """Return when every resource that is followed now has been listed once."""
        await asyncio.gather(*(informer.synced.wait() for informer in self._informers.values()))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        self._tasks.clear()
        self._informers.clear()
        await _end(tasks)

    async def create(self, resource: Resource, namespace: str, body: Object) -> Object:
        created = await self.client.create(resource, namespace, body)
        self._written(resource, created)
        return created

    async def update(self, resource: Resource, body: Object) -> Object:
        updated = await self.client.update(resource, body)
        self._written(resource, updated)
        return updated

    async def update_status(self, resource: Resource, item: Object, status: Object) -> Object:
        """Replace the status of an object as it was read; refused if the object changed since."""
        updated = await self.client.update(resource, {**item, "status": status}, subresource="status")
        self._written(resource, updated)
        return updated

    async def patch(
        self,
        resource: Resource,
        key: Key,
        body: Any,
        *,
        kind: PatchType = PatchType.MERGE,
        subresource: str = "",
    ) -> Object:
        patched = await self.client.patch(resource, key.namespace, key.name, body, kind=kind, subresource=subresource)
        self._written(resource, patched)
        return patched

    async def delete(self, resource: Resource, item: Object, options: Object | None = None) -> None:
        """Delete this very object: another one of the same name is left alone."""
        meta = item["metadata"]
        options = {"preconditions": {"uid": meta["uid"]}, **(options or {})}
        answer = await self.client.delete(resource, meta.get("namespace", ""), meta["name"], options)
        informer = self._informers.get(resource)
        if informer is None:
            return
        if answer.get("kind") == "Status":
            informer.removed(item)
        elif answer["metadata"].get("deletionTimestamp"):
            self._written(resource, answer)

    def _written(self, resource: Resource, item: Object) -> None:
        informer = self._informers.get(resource)
        if informer is not None:
            informer.written({"apiVersion": resource.api_version, "kind": resource.kind, **item})


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
