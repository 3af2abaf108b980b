"""What a cluster has before anyone uses it: nodes, the ingress class, the project's custom resources."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from sandbox.aws import AwsWorld, WorldNode
from sandbox.kubernetes.client import ApiError, Client, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.objects import is_true, timestamp
from sandbox.kubernetes.client.resources import CRDS, INGRESSCLASSES, NODES, Resource
from sandbox.settings import SandboxError

CONTROLLER = "ingress.k8s.aws/alb"
"""The controller name of ingress classes that are handled here (ingress behaviour, section 1)."""
_TIERS = ("front", "back")
_ESTABLISHED_SECONDS = 20.0
_POLL_SECONDS = 0.05


async def furnish(client: Client, world: AwsWorld, crds: Path) -> None:
    """Make the nodes of the world, the ingress class `alb` and the custom resource definitions."""
    for node, tier in zip(world.nodes, _TIERS, strict=True):
        await _put_node(client, world, node, tier)
    ingress_class = {
        "apiVersion": INGRESSCLASSES.api_version,
        "kind": INGRESSCLASSES.kind,
        "metadata": {"name": "alb"},
        "spec": {"controller": CONTROLLER},
    }
    await _put(client, INGRESSCLASSES, ingress_class)
    await apply_crds(client, crds)


async def apply_crds(client: Client, folder: Path) -> None:
    """Create or replace every definition in the folder and wait until the API serves them."""
    definitions = _definitions(folder)
    for definition in definitions:
        await _put(client, CRDS, definition)
    try:
        async with asyncio.timeout(_ESTABLISHED_SECONDS):
            for definition in definitions:
                await _until_served(client, definition)
    except TimeoutError as error:
        raise SandboxError("the custom resource definitions are not served by the API") from error


def node_name(node: WorldNode) -> str:
    return f"ip-{node.ip.replace('.', '-')}.internal"


async def _put_node(client: Client, world: AwsWorld, node: WorldNode, tier: str) -> None:
    name, zone = node_name(node), f"{world.region}{node.az}"
    labels = {
        "kubernetes.io/os": "linux",
        "tier": tier,
        "topology.kubernetes.io/region": world.region,
        "topology.kubernetes.io/zone": zone,
    }
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"providerID": f"aws:///{zone}/{node.id}"},
    }
    await _put(client, NODES, body)
    now = timestamp(datetime.now(UTC))
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "ok",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    status = {"conditions": [ready], "addresses": [{"type": "InternalIP", "address": node.ip}]}
    await client.patch(NODES, "", name, {"status": status}, kind=PatchType.STRATEGIC, subresource="status")
    # A kube-apiserver taints new nodes as not ready; nothing else runs here that would take the taint away.
    await client.patch(NODES, "", name, {"spec": {"taints": None}})


async def _put(client: Client, resource: Resource, body: Object) -> None:
    try:
        await client.create(resource, "", body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        standing = await client.get(resource, "", body["metadata"]["name"])
        meta = {**body["metadata"], "resourceVersion": standing["metadata"]["resourceVersion"]}
        await client.update(resource, {**body, "metadata": meta})


async def _until_served(client: Client, definition: Object) -> None:
    served = await _is_served(client, definition)
    while not served:
        await asyncio.sleep(_POLL_SECONDS)
        served = await _is_served(client, definition)


async def _is_served(client: Client, definition: Object) -> bool:
    standing = await client.get(CRDS, "", definition["metadata"]["name"])
    if not is_true(standing, "Established"):
        return False
    spec = definition["spec"]
    resource = Resource(
        group=spec["group"],
        version=spec["versions"][0]["name"],
        plural=spec["names"]["plural"],
        kind=spec["names"]["kind"],
        namespaced=spec["scope"] == "Namespaced",
    )
    try:
        await client.list(resource)
    except ApiError as error:
        if error.is_not_found:
            return False
        raise
    return True


def _definitions(folder: Path) -> list[Any]:
    found = [one for path in sorted(folder.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text()) if one]
    if not found:
        raise SandboxError(f"{folder} has no custom resource definitions")
    return found
