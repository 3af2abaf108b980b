"""The cluster of an experiment, over the Kubernetes API as a user would."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.kubernetes.client import ApiError, Client, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.resources import (
    DEPLOYMENTS,
    EVENTS,
    NAMESPACES,
    PODS,
    SERVICES,
    Resource,
)

INGRESSES = Resource(group="networking.k8s.io", version="v1", plural="ingresses", kind="Ingress")
WEBHOOKS = Resource(
    group="admissionregistration.k8s.io",
    version="v1",
    plural="mutatingwebhookconfigurations",
    kind="MutatingWebhookConfiguration",
    namespaced=False,
)
RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""What kubectl writes into a pod template to roll it."""
_RESOURCES: Mapping[str, Resource] = {
    resource.kind: resource for resource in (NAMESPACES, DEPLOYMENTS, SERVICES, INGRESSES, WEBHOOKS)
}


class LabCluster:
    """One cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def apply(self, objects: Sequence[Object]) -> None:
        """Server-side apply, in order. Raises ApiError for what the API server refuses."""
        for one in objects:
            meta = one["metadata"]
            await self.client.patch(
                _RESOURCES[one["kind"]],
                meta.get("namespace", ""),
                meta["name"],
                one,
                kind=PatchType.APPLY,
                query={"fieldManager": "lab", "force": "true"},
            )

    async def delete(self, one: Object) -> None:
        """Deletes an object that may be gone already."""
        meta = one["metadata"]
        try:
            await self.client.delete(_RESOURCES[one["kind"]], meta.get("namespace", ""), meta["name"])
        except ApiError as error:
            if not error.is_not_found:
                raise

    async def stands(self, one: Object) -> bool:
        """Whether the object is there, perhaps on its way out."""
        meta = one["metadata"]
        try:
            await self.client.get(_RESOURCES[one["kind"]], meta.get("namespace", ""), meta["name"])
        except ApiError as error:
            if error.is_not_found:
                return False
            raise
        return True

    async def scale(self, namespace: str, deployment: str, replicas: int) -> None:
        """`kubectl scale`."""
        body = {"spec": {"replicas": replicas}}
        await self.client.patch(DEPLOYMENTS, namespace, deployment, body, subresource="scale")

    async def restart(self, namespace: str, deployment: str) -> None:
        """`kubectl rollout restart`."""
        stamp = {RESTARTED: datetime.now(UTC).isoformat()}
        body = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
        await self.client.patch(DEPLOYMENTS, namespace, deployment, body)

    async def annotate_pod(self, namespace: str, pod: str, annotations: Mapping[str, str | None]) -> None:
        """`kubectl annotate pod`; None removes one."""
        await self.client.patch(PODS, namespace, pod, {"metadata": {"annotations": dict(annotations)}})

    async def pods(self, namespace: str) -> Sequence[Object]:
        """The pods that are not being deleted."""
        found, _ = await self.client.list(PODS, namespace)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    async def deployment(self, namespace: str, name: str) -> Object:
        return await self.client.get(DEPLOYMENTS, namespace, name)

    async def host_name(self, one: Object) -> str:
        """Of the load balancer, as the object's status says; empty before it does."""
        meta = one["metadata"]
        found: Any = await self.client.get(_RESOURCES[one["kind"]], meta["namespace"], meta["name"])
        points = found.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
        return str(points[0].get("hostname", ""))

    async def events(self, one: Object) -> Sequence[Object]:
        """The Events on an object."""
        meta = one["metadata"]
        found, _ = await self.client.list(EVENTS, meta["namespace"])
        return [
            event
            for event in found
            if (event["involvedObject"].get("kind"), event["involvedObject"].get("name")) == (one["kind"], meta["name"])
        ]


def is_rolled_out(deployment: Any) -> bool:
    """Whether all pods of a Deployment are of its newest template, ready, and no older ones are left."""
    wanted = deployment["spec"]["replicas"]
    status = deployment.get("status", {})
    return bool(
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("readyReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
    )


def is_ready(pod: Any) -> bool:
    """Whether a pod's condition says so."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def address_of(pod: Any) -> str:
    """The IP address of a pod; empty before it has one."""
    return str(pod.get("status", {}).get("podIP", ""))


def name_of(one: Any) -> str:
    return str(one["metadata"]["name"])
