"""The kinds of Kubernetes objects that the watcher reads, and where the API serves them.

Used by every part of the watcher; the list/watch threads and the projection are one per entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """A watched kind; the value is its name in Kubernetes. In the order in which a snapshot is sent: the kinds that
    give the others their meaning first.
    """

    NAMESPACE = "Namespace"
    INGRESS_CLASS = "IngressClass"
    INGRESS_CLASS_PARAMS = "IngressClassParams"
    NODE = "Node"
    INGRESS = "Ingress"
    SERVICE = "Service"
    TARGET_GROUP_BINDING = "TargetGroupBinding"
    ENDPOINT_SLICE = "EndpointSlice"
    POD = "Pod"
    CONFIG_MAP = "ConfigMap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """How the API names a kind."""

    kind: Kind
    api_version: str
    """Group and version, "v1" for the core group."""

    plural: str

    namespaced: bool = True

    own: bool = False
    """Read in the namespace that Elbow runs in only."""

    selector: str = ""
    """Label selector of the objects that are read, empty: all."""

    def path(self, namespace: str = "") -> str:
        """Path of the list in a namespace, empty for all of them (Kubernetes API concepts, "Resource URIs")."""
        root = "/apis" if "/" in self.api_version else "/api"
        scope = f"namespaces/{namespace}/" if namespace and self.namespaced else ""
        return f"{root}/{self.api_version}/{scope}{self.plural}"


_RESOURCES: Final = (
    Resource(kind=Kind.NAMESPACE, api_version="v1", plural="namespaces", namespaced=False),
    Resource(kind=Kind.INGRESS_CLASS, api_version="networking.k8s.io/v1", plural="ingressclasses", namespaced=False),
    Resource(
        kind=Kind.INGRESS_CLASS_PARAMS,
        api_version="elbv2.k8s.aws/v1beta1",
        plural="ingressclassparams",
        namespaced=False,
    ),
    Resource(kind=Kind.NODE, api_version="v1", plural="nodes", namespaced=False),
    Resource(kind=Kind.INGRESS, api_version="networking.k8s.io/v1", plural="ingresses"),
    Resource(kind=Kind.SERVICE, api_version="v1", plural="services"),
    Resource(kind=Kind.TARGET_GROUP_BINDING, api_version="elbv2.k8s.aws/v1beta1", plural="targetgroupbindings"),
    Resource(kind=Kind.ENDPOINT_SLICE, api_version="discovery.k8s.io/v1", plural="endpointslices"),
    Resource(kind=Kind.POD, api_version="v1", plural="pods"),
    Resource(kind=Kind.CONFIG_MAP, api_version="v1", plural="configmaps", own=True, selector="elbow/record"),
)

RESOURCES: Final[Mapping[Kind, Resource]] = {resource.kind: resource for resource in _RESOURCES}

KIND_OF: Final[Mapping[tuple[str, str], Kind]] = {
    (resource.api_version, str(resource.kind)): resource.kind for resource in _RESOURCES
}
"""Kind by the apiVersion and kind that an object carries."""
