"""A zone that is cut off: what the cluster's objects say about it, as the node lifecycle controller writes it.

Sources: Kubernetes documentation, "Nodes" (conditions, taints of a node that cannot be reached) and "Pod lifecycle".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar

import aiohttp

from sandbox.faults import Refused
from sandbox.kubernetes.client import ApiError, Client, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.objects import is_true, labels_of, timestamp
from sandbox.kubernetes.client.resources import NODES, PODS
from sandbox.kubernetes.marks import UNREACHABLE

ZONE = "topology.kubernetes.io/zone"
TAINT = "node.kubernetes.io/unreachable"

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class CutZone:
    """The nodes of a zone are lost."""

    kind: ClassVar[str] = "zone"

    client: Client
    zone: str
    nodes: tuple[str, ...] = ()
    _healing: set[asyncio.Task[None]] = field(default_factory=set)

    async def begin(self) -> None:
        """Raises Refused when no node is in the zone."""
        nodes, _ = await self.client.list(NODES)
        found = [node for node in nodes if labels_of(node).get(ZONE) == self.zone]
        if not found:
            zones = sorted({labels_of(node).get(ZONE, "") for node in nodes} - {""})
            known = f"; there are nodes in {', '.join(zones)}" if zones else ""
            raise Refused(HTTPStatus.NOT_FOUND, f"there is no node in zone {self.zone}{known}")
        self.nodes = tuple(node["metadata"]["name"] for node in found)
        for name in self.nodes:
            await self.client.patch(NODES, "", name, {"metadata": {"annotations": {UNREACHABLE: "true"}}})
        for name in self.nodes:
            await self._lose(name)
        for pod in await self._pods():
            if is_true(pod, "Ready"):
                await self._not_ready(pod)

    def end(self) -> None:
        """The nodes come back; it takes the time of a few requests, and their kubelet tells again how the pods are."""
        task = asyncio.get_running_loop().create_task(self._heal(), name=f"zone {self.zone} comes back")
        self._healing.add(task)
        task.add_done_callback(self._healing.discard)

    def shown(self) -> Mapping[str, Any]:
        return {"zone": self.zone, "nodes": list(self.nodes)}

    async def _heal(self) -> None:
        try:
            for name in self.nodes:
                await self._find(name)
        except (ApiError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("zone %s did not come back whole: %s", self.zone, error)

    async def _lose(self, name: str) -> None:
        """What the kubelet does not say any more, the node lifecycle controller says in its place."""
        why = "Kubelet stopped posting node status."
        await self._set_node(name, {"status": "Unknown", "reason": "NodeStatusUnknown", "message": why})
        taints = [{"key": TAINT, "effect": effect} for effect in ("NoSchedule", "NoExecute")]
        await self._set_taints(name, taints)

    async def _find(self, name: str) -> None:
        await self._set_node(name, {"status": "True", "reason": "KubeletReady", "message": "ok"})
        await self._set_taints(name, [])
        await self.client.patch(NODES, "", name, {"metadata": {"annotations": {UNREACHABLE: None}}})

    async def _set_node(self, name: str, said: Mapping[str, Any]) -> None:
        ready = {"type": "Ready", **said, "lastTransitionTime": timestamp(datetime.now(UTC))}
        body = {"status": {"conditions": [ready]}}
        await self.client.patch(NODES, "", name, body, kind=PatchType.STRATEGIC, subresource="status")

    async def _set_taints(self, name: str, ours: list[Object]) -> None:
        """The taints of others stay; the list is replaced whole, so on the version that was read."""
        node = await self.client.get(NODES, "", name)
        others = [taint for taint in node["spec"].get("taints") or [] if taint["key"] != TAINT]
        meta = {"resourceVersion": node["metadata"]["resourceVersion"]}
        await self.client.patch(NODES, "", name, {"metadata": meta, "spec": {"taints": [*others, *ours] or None}})

    async def _pods(self) -> list[Object]:
        pods, _ = await self.client.list(PODS)
        return [pod for pod in pods if pod["spec"].get("nodeName") in self.nodes]

    async def _not_ready(self, pod: Object) -> None:
        meta, now = pod["metadata"], timestamp(datetime.now(UTC))
        ready = {"type": "Ready", "status": "False", "reason": "NodeNotReady", "lastTransitionTime": now}
        body = {"metadata": {"uid": meta["uid"]}, "status": {"conditions": [ready]}}
        try:
            await self.client.patch(
                PODS, meta["namespace"], meta["name"], body, kind=PatchType.STRATEGIC, subresource="status"
            )
        except ApiError as error:
            if not error.is_not_found and not error.is_conflict:
                raise
