"""Objects of a manifest in Kubernetes: applied, scaled, deleted and looked at over the HTTP API, as kubectl would."""

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

INGRESSES = Resource(group="networking.k8s.io", version="v1", plural="ingresses", kind="Ingress")

_FOLDER = Path(__file__).parent
_RESOURCES = {resource.kind: resource for resource in (NAMESPACES, DEPLOYMENTS, SERVICES, INGRESSES)}
_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 60.0
_WATCH_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A manifest, and what it calls its objects. `asker`: the Ingress or Service that asks for a load balancer."""

    manifest: Path
    namespace: str
    deployment: str
    asker_kind: str
    asker: str


GAME = Names(
    manifest=_FOLDER / "2048.yaml",
    namespace="game-2048",
    deployment="deployment-2048",
    asker_kind="Ingress",
    asker="ingress-2048",
)
ECHO = Names(manifest=_FOLDER / "echo.yaml", namespace="echo", deployment="echo", asker_kind="Service", asker="echo")


class Application:
    """The objects of one manifest in one cluster."""

    def __init__(self, client: Client, names: Names) -> None:
        self._client = client
        self._objects: list[Object] = list(yaml.safe_load_all(names.manifest.read_text()))
        self.names = names

    async def apply_workload(self) -> Sequence[str]:
        """Applies everything but what asks for the load balancer; the kinds."""
        return await self._apply([one for one in self._objects if not self._asks(one)])

    async def apply_asker(self) -> Sequence[str]:
        """Applies what asks for the load balancer; its kind."""
        return await self._apply([one for one in self._objects if self._asks(one)])

    async def apply(self) -> Sequence[str]:
        """Applies everything; the kinds."""
        return await self._apply(self._objects)

    def _asks(self, one: Object) -> bool:
        return bool(one["kind"] == self.names.asker_kind and one["metadata"]["name"] == self.names.asker)

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
        """Deletes every object, the namespace last; `gone` waits for it."""
        for one in reversed(self._objects):
            meta = one["metadata"]
            await self._client.delete(_RESOURCES[one["kind"]], meta.get("namespace", ""), meta["name"])

    async def gone(self) -> None:
        """Waits until the namespace is gone with all that was in it."""
        end = time.monotonic() + _WAIT_SECONDS
        while await self._stands():
            _check(end, f"the namespace {self.names.namespace} is not gone")
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
        """Waits until status has the host name of the load balancer; gives it."""
        kind = self.names.asker_kind
        found = await self._until(
            _RESOURCES[kind], self.names.asker, lambda found: bool(_host_name(found)), f"the {kind} has no host name"
        )
        return _host_name(found)

    @contextlib.asynccontextmanager
    async def watching_endpoints(self, seen: Callable[[], None]) -> AsyncIterator[None]:
        """Calls `seen` for every write to an EndpointSlice of the application inside the block."""
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


def _host_name(asker: Any) -> str:
    points = asker.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(points[0].get("hostname", ""))
