"""Namespace deletion: everything inside goes first, then the namespace (Kubernetes documentation, "Namespaces")."""

from datetime import UTC, datetime

from sandbox.kubernetes.client import ApiError, Key, Object
from sandbox.kubernetes.client.objects import condition_of, is_terminating, timestamp
from sandbox.kubernetes.client.resources import NAMESPACES
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.discovery import Served, discover

_FINALIZER = "kubernetes"
_AGAIN_SECONDS = (0.1, 1.0)
"""First and longest pause between two looks at a namespace that still has something in it; doubled in between."""


class NamespaceController(Controller):
    name = "namespace-controller"

    def start(self) -> None:
        self._pauses: dict[Key, float] = {}
        self.cluster.informer(NAMESPACES).add_handler(self.wake)

    async def reconcile(self, key: Key) -> float | None:
        cached = self.cluster.informer(NAMESPACES).get(key)
        namespace = await self._present(key) if cached is not None and _waits(cached) else None
        if namespace is None or not _waits(namespace):
            return None
        left: dict[str, list[Object]] = {}
        for served in await discover(self.cluster.client):
            if served.resource.namespaced and {"list", "delete"} <= served.verbs:
                remaining = await self._empty(served, key.name)
                if remaining:
                    name = f"{served.resource.plural}.{served.resource.group}".rstrip(".")
                    left[name] = remaining
        if left:
            await self._report(namespace, left)
            pause = self._pauses.get(key, _AGAIN_SECONDS[0])
            self._pauses[key] = min(pause * 2, _AGAIN_SECONDS[1])
            return pause
        self._pauses.pop(key, None)
        body = {**namespace, "spec": {"finalizers": [one for one in _finalizers(namespace) if one != _FINALIZER]}}
        try:
            await self.cluster.client.update(NAMESPACES, body, subresource="finalize")
        except ApiError as error:
            if not error.is_not_found:
                raise
        return None

    async def _present(self, key: Key) -> Object | None:
        """As the API has it now: another of that name may have taken the place of the one in the cache."""
        try:
            return await self.cluster.client.get(NAMESPACES, "", key.name)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def _empty(self, served: Served, namespace: str) -> list[Object]:
        """Ask for the deletion of all objects of one resource; what is still there afterwards."""
        items, _ = await self.cluster.client.list(served.resource, namespace)
        if not items:
            return []
        options = {"propagationPolicy": "Background"}
        if "deletecollection" in served.verbs:
            await self.cluster.client.delete_collection(served.resource, namespace, options)
        else:
            for item in items:
                await self.cluster.delete(served.resource, item, options)
        items, _ = await self.cluster.client.list(served.resource, namespace)
        return items

    async def _report(self, namespace: Object, left: dict[str, list[Object]]) -> None:
        """Say in the status what the namespace waits for, as `kubectl describe namespace` shows it."""
        counts = ", ".join(f"{name} has {len(items)} resource instances" for name, items in sorted(left.items()))
        finalizers: dict[str, int] = {}
        for items in left.values():
            for item in items:
                for finalizer in item["metadata"].get("finalizers") or []:
                    finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
        held = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
        conditions = [
            _condition(
                namespace,
                "NamespaceContentRemaining",
                ("True", "SomeResourcesRemain", f"Some resources are remaining: {counts}"),
            ),
            _condition(
                namespace,
                "NamespaceFinalizersRemaining",
                ("True", "SomeFinalizersRemain", f"Some content in the namespace has finalizers remaining: {held}")
                if held
                else ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
            ),
        ]
        status = {**(namespace.get("status") or {}), "conditions": conditions}
        if status != namespace.get("status"):
            await self.cluster.update_status(NAMESPACES, namespace, status)


def _waits(namespace: Object) -> bool:
    """Its deletion waits for what is in it."""
    return is_terminating(namespace) and _FINALIZER in _finalizers(namespace)


def _finalizers(namespace: Object) -> list[str]:
    return (namespace.get("spec") or {}).get("finalizers") or []


def _condition(namespace: Object, kind: str, text: tuple[str, str, str]) -> Object:
    status, reason, message = text
    before = condition_of(namespace, kind)
    same = before is not None and before["status"] == status
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": before["lastTransitionTime"] if before and same else timestamp(datetime.now(UTC)),
    }
