"""The game's objects in Kubernetes: applied, scaled, deleted and looked at over the HTTP API, as kubectl would."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.demo.failure import DemoError
from sandbox.kubernetes.client import ApiError, Client, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.resources import (
    DEPLOYMENTS,
    ENDPOINTSLICES,
    NAMESPACES,
    SERVICES,
    Resource,
)

MANIFEST = Path(__file__).with_name("2048.yaml")
INGRESSES = Resource(group="networking.k8s.io", version="v1", plural="ingresses", kind="Ingress")

_RESOURCES = {resource.kind: resource for resource in (NAMESPACES, DEPLOYMENTS, SERVICES, INGRESSES)}
_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 60.0
_WATCH_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the manifest calls its objects."""

    namespace: str = "game-2048"
    deployment: str = "deployment-2048"
    ingress: str = "ingress-2048"


class Game:
    """The objects of the manifest in one cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._objects: list[Object] = list(yaml.safe_load_all(MANIFEST.read_text()))
        self.names = Names()

    async def apply_workload(self) -> Sequence[str]:
        """Applies everything but the Ingress; the kinds."""
        return await self._apply([one for one in self._objects if one["kind"] != INGRESSES.kind])

    async def apply_ingress(self) -> Sequence[str]:
        """Applies the Ingress; its kind."""
        return await self._apply([one for one in self._objects if one["kind"] == INGRESSES.kind])

    async def _apply(self, objects: Sequence[Object]) -> Sequence[str]:
        """Server-side apply, in the manifest's order."""
        for one in objects:
            meta = one["metadata"]
            await self._client.patch(
                _RESOURCES[one["kind"]],
                meta.get("namespace", ""),
                meta["name"],
                one,
                kind=PatchType.APPLY,
                query={"fieldManager": "demo", "force": "true"},
            )
        return [str(one["kind"]) for one in objects]

    async def scale(self, replicas: int) -> None:
        """Asks for a number of pods."""
        body = {"spec": {"replicas": replicas}}
        await self._client.patch(DEPLOYMENTS, self.names.namespace, self.names.deployment, body, subresource="scale")

    async def delete(self) -> None:
        """Deletes every object, the namespace last, and waits until it is gone with all that was in it."""
        for one in reversed(self._objects):
            meta = one["metadata"]
            await self._client.delete(_RESOURCES[one["kind"]], meta.get("namespace", ""), meta["name"])
        end = time.monotonic() + _WAIT_SECONDS
        while await self._stands():
            _check(end, "the namespace is not gone")
            await asyncio.sleep(_LOOK_SECONDS)

    async def ready(self, pods: int) -> None:
        """Waits until so many pods are ready."""
        await self._until(
            DEPLOYMENTS,
            self.names.deployment,
            lambda found: found.get("status", {}).get("readyReplicas", 0) == pods,
            f"there are not {pods} ready pods",
        )

    async def host_name(self) -> str:
        """Waits until the Ingress has the host name of its load balancer; gives it."""
        found = await self._until(
            INGRESSES, self.names.ingress, lambda found: bool(_host_name(found)), "the Ingress has no host name"
        )
        return _host_name(found)

    @contextlib.asynccontextmanager
    async def watching_endpoints(self, seen: Callable[[], None]) -> AsyncIterator[None]:
        """Calls `seen` for every write to an EndpointSlice of the game inside the block."""
        _, version = await self._client.list(ENDPOINTSLICES)
        watching = asyncio.create_task(self._watch_endpoints(version, seen), name="watch endpoints")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait((watching,))

    async def _watch_endpoints(self, version: str, seen: Callable[[], None]) -> None:
        async for event in self._client.watch(ENDPOINTSLICES, version, _WATCH_SECONDS):
            if event["type"] != "BOOKMARK" and event["object"]["metadata"]["namespace"] == self.names.namespace:
                seen()

    async def _until(self, resource: Resource, name: str, wanted: Callable[[Any], bool], complaint: str) -> Object:
        end = time.monotonic() + _WAIT_SECONDS
        while True:
            found = await self._client.get(resource, self.names.namespace, name)
            if wanted(found):
                return found
            _check(end, complaint)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _stands(self) -> bool:
        try:
            await self._client.get(NAMESPACES, "", self.names.namespace)
        except ApiError as error:
            if error.is_not_found:
                return False
            raise
        return True


def _check(end: float, complaint: str) -> None:
    if time.monotonic() >= end:
        raise DemoError(f"{complaint} after {_WAIT_SECONDS:g} s")


def _host_name(ingress: Any) -> str:
    points = ingress.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(points[0].get("hostname", ""))
