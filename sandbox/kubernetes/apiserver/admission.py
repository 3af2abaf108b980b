"""What depends on other objects: namespaces that must exist, default classes, allocated addresses and ports.

Stands for the admission plugins NamespaceLifecycle and DefaultIngressClass and for the Service allocators.
"""

from __future__ import annotations

from sandbox.kubernetes.apiserver.allocation import ServiceAllocator
from sandbox.kubernetes.apiserver.errors import Cause, forbidden, not_found
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.store import Store

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_LEGACY_CLASS = "kubernetes.io/ingress.class"
_IMMORTAL = frozenset({"default", "kube-system", "kube-public"})


class Admission:
    """Looks at the store and never writes to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._services = ServiceAllocator(store.shelf("services"))

    def admit_create(self, resource: Resource, namespace: str, obj: JsonObject) -> None:
        """Refuses new objects in a missing (404) or terminating (403) namespace; picks the default ingress class."""
        if resource.namespaced:
            self._require_namespace(resource, namespace, obj["metadata"].get("name", ""))
        if resource.storage == "ingresses.networking.k8s.io":
            self._default_ingress_class(obj)

    def admit_delete(self, resource: Resource, name: str) -> None:
        """Refuses the deletion of the namespaces that every cluster has."""
        if resource.storage == "namespaces" and name in _IMMORTAL:
            raise forbidden(plural="namespaces", group="", name=name, why="this namespace may not be deleted")

    def allocate(self, resource: Resource, obj: JsonObject, old: JsonObject | None) -> None:
        """Gives a Service its cluster address and node ports."""
        if resource.storage == "services":
            self._services.allocate(obj, old)

    def _require_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        record = self._store.shelf("namespaces").get(("", namespace))
        if record is None:
            raise not_found(plural="namespaces", group="", name=namespace)
        if record.object["metadata"].get("deletionTimestamp"):
            cause = Cause(
                reason="NamespaceTerminating",
                message=f"namespace {namespace} is being terminated",
                field="metadata.namespace",
            )
            raise forbidden(
                plural=resource.plural,
                group=resource.group,
                name=name,
                why=f"unable to create new content in namespace {namespace} because it is being terminated",
                causes=[cause],
            )

    def _default_ingress_class(self, ingress: JsonObject) -> None:
        spec = ingress.get("spec")
        if not isinstance(spec, dict) or spec.get("ingressClassName") is not None:
            return
        if _LEGACY_CLASS in (ingress["metadata"].get("annotations") or {}):
            return
        defaults = [
            record.object["metadata"]
            for record in self._store.shelf("ingressclasses.networking.k8s.io").records("")
            if (record.object["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
        ]
        if defaults:
            newest = min(defaults, key=lambda each: (_reversed(each["creationTimestamp"]), each["name"]))
            spec["ingressClassName"] = newest["name"]


def _reversed(moment: str) -> tuple[int, ...]:
    """A sort key that puts later moments first."""
    return tuple(-ord(sign) for sign in moment)
