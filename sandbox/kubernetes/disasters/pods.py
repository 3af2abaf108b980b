"""The faults of pods and zones, as a desk takes requests for them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus

import aiohttp

from sandbox.faults import FaultBody, FaultDesk, Refused
from sandbox.kubernetes.client import Access, ApiError, Client
from sandbox.kubernetes.client.resources import PODS
from sandbox.kubernetes.disasters.zones import CutZone
from sandbox.kubernetes.marks import KILL

USER_AGENT = "sandbox-disasters"


class KillBody(FaultBody):
    """A pod to kill."""

    pod: str
    namespace: str = "default"
    delete: bool = False
    """Delete it with no time to end, in place of the death of its containers."""


class ZoneBody(FaultBody):
    """A zone to cut off."""

    zone: str


class Disasters:
    """Befalls one cluster, between `start` and `stop`."""

    def __init__(self, access: Access) -> None:
        self._client = Client(access, user_agent=USER_AGENT)

    async def start(self) -> None:
        await self._client.__aenter__()

    async def stop(self) -> None:
        await self._client.__aexit__(None, None, None)

    def teach(self, desk: FaultDesk) -> None:
        """Lets a desk take requests for these faults."""
        desk.teach("kill", KillBody, self.kill)
        desk.teach(CutZone.kind, ZoneBody, self.cut)

    async def kill(self, body: KillBody) -> None:
        """Kills a pod once. Raises Refused when there is none."""
        async with _told():
            if body.delete:
                await self._client.delete(PODS, body.namespace, body.pod, {"gracePeriodSeconds": 0})
            else:
                mark = {"metadata": {"annotations": {KILL: uuid.uuid4().hex}}}
                await self._client.patch(PODS, body.namespace, body.pod, mark)

    async def cut(self, body: ZoneBody) -> CutZone:
        """Cuts a zone off. Raises Refused when no node is in it."""
        zone = CutZone(client=self._client, zone=body.zone)
        async with _told():
            await zone.begin()
        return zone


@contextlib.asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Tells what the API refuses in its words."""
    try:
        yield
    except ApiError as error:
        raise Refused(HTTPStatus(error.status), error.message) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refused(HTTPStatus.BAD_GATEWAY, f"the Kubernetes API does not answer: {error}") from error
