"""What every cluster has from its first moment: the standard namespaces and the `kubernetes` Service."""

from __future__ import annotations

from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.operations import Operations
from sandbox.kubernetes.apiserver.requests import Target, Warnings, WriteOptions
from sandbox.kubernetes.apiserver.resources import Catalog

_MANAGER = "kube-apiserver"
_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "default")
_SERVICE: JsonObject = {
    "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
    "spec": {
        "clusterIP": "10.96.0.1",
        "ports": [{"name": "https", "port": 443, "targetPort": 6443}],
    },
}


def bootstrap(catalog: Catalog, operations: Operations) -> None:
    """Makes them, in an empty store."""
    namespaces, services = catalog.find("", "v1", "namespaces"), catalog.find("", "v1", "services")
    if namespaces is None or services is None:
        raise LookupError("the catalog has no core group")
    for name in _NAMESPACES:
        target = Target(resource=namespaces, name=name)
        operations.create(target, {"metadata": {"name": name}}, WriteOptions(field_manager=_MANAGER), Warnings())
    operations.create(
        Target(resource=services, namespace="default"), _SERVICE, WriteOptions(field_manager=_MANAGER), Warnings()
    )
