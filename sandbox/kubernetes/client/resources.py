"""Which resources the sandbox's controllers work on, and the paths under which any resource is served."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Resource:
    """One resource of the API, as discovery names it."""

    group: str = ""
    """Empty for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, *, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object, or of its subresource; no namespace means all of them."""
        parts = ["", "apis", self.group, self.version] if self.group else ["", "api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural, name, subresource]
        return "/".join(parts).rstrip("/")


NAMESPACES = Resource(version="v1", plural="namespaces", kind="Namespace", namespaced=False)
NODES = Resource(version="v1", plural="nodes", kind="Node", namespaced=False)
PODS = Resource(version="v1", plural="pods", kind="Pod")
SERVICES = Resource(version="v1", plural="services", kind="Service")
EVENTS = Resource(version="v1", plural="events", kind="Event")
DEPLOYMENTS = Resource(group="apps", version="v1", plural="deployments", kind="Deployment")
REPLICASETS = Resource(group="apps", version="v1", plural="replicasets", kind="ReplicaSet")
ENDPOINTSLICES = Resource(group="discovery.k8s.io", version="v1", plural="endpointslices", kind="EndpointSlice")
INGRESSCLASSES = Resource(
    group="networking.k8s.io", version="v1", plural="ingressclasses", kind="IngressClass", namespaced=False
)
CRDS = Resource(
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    kind="CustomResourceDefinition",
    namespaced=False,
)
