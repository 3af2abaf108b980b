"""What the view holds: any watched object, its kind and its identity."""

from services.planner.core.objects import (
    ConfigMap,
    EndpointSlice,
    Ingress,
    IngressClass,
    IngressClassParams,
    Kind,
    Namespace,
    Node,
    Pod,
    Service,
    TargetGroupBinding,
)

Object = (
    Service
    | Ingress
    | IngressClass
    | IngressClassParams
    | Pod
    | EndpointSlice
    | Node
    | Namespace
    | TargetGroupBinding
    | ConfigMap
)

Name = tuple[str, str]
"""Namespace (empty for cluster-scoped objects) and name."""


def name_of(thing: Object) -> Name:
    """The object's namespace and name."""
    return thing.meta.namespace, thing.meta.name


def kind_of(thing: Object) -> Kind:
    """The object's kind: the core names its classes as Kubernetes names the kinds."""
    return Kind(type(thing).__name__)


def revision(text: str) -> int:
    """A resource version as a number; 0 for an empty one. Kubernetes promises that those of one resource compare as
    integers (API concepts, resource versions); anything else is a fault of the peer and raises ValueError.
    """
    return int(text) if text else 0
