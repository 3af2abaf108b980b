"""Which resources the API server has, and what a request may do with each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.kubernetes.apiserver.errors import qualified
from sandbox.kubernetes.apiserver.objects import JsonObject

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePaths:
    """Where the scale subresource finds its three values, as dotted paths below the object."""

    spec: str
    status: str
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource in one version, as discovery describes it."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    definition: str
    """Name of the object's schema among the definitions."""
    storage: str
    """Objects of all versions of a resource, and of its twin in another group, share one storage."""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[str, ...] = ()
    scale: ScalePaths | None = None
    custom: bool = False
    served: bool = True
    generation: bool = True
    """Whether metadata.generation is kept for it."""
    unconditional_update: bool = True
    """Whether a PUT may leave out metadata.resourceVersion."""
    create_on_update: bool = False
    returns_deleted: bool = False
    """Whether DELETE of an object that is gone at once answers with the object and not with a Status."""
    selectable: tuple[str, ...] = ()
    """Fields that a field selector may name, besides name and namespace."""
    columns: tuple[JsonObject, ...] = field(default=(), hash=False, compare=False)
    """additionalPrinterColumns of a custom resource."""

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        return qualified(self.plural, self.group)

    @property
    def list_kind(self) -> str:
        return f"{self.kind}List"

    @property
    def has_status(self) -> bool:
        return "status" in self.subresources


def _builtin(
    group: str,
    version: str,
    plural: str,
    kind: str,
    *,
    definition: str = "",
    singular: str = "",
    namespaced: bool = True,
    short_names: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    verbs: tuple[str, ...] = ALL_VERBS,
    subresources: tuple[str, ...] = (),
    scale: ScalePaths | None = None,
    storage: str = "",
    generation: bool = True,
    unconditional_update: bool = True,
    create_on_update: bool = False,
    returns_deleted: bool = False,
    selectable: tuple[str, ...] = (),
) -> Resource:
    return Resource(
        group=group,
        version=version,
        plural=plural,
        singular=singular or kind.lower(),
        kind=kind,
        namespaced=namespaced,
        definition=definition or f"V1{kind}",
        storage=storage or qualified(plural, group),
        short_names=short_names,
        categories=categories,
        verbs=verbs,
        subresources=subresources,
        scale=scale,
        generation=generation,
        unconditional_update=unconditional_update,
        create_on_update=create_on_update,
        returns_deleted=returns_deleted,
        selectable=selectable,
    )


_WORKLOAD_SCALE = ScalePaths(spec="spec.replicas", status="status.replicas", selector="spec.selector")
_EVENT_FIELDS = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
)
_NEW_EVENT_FIELDS = tuple(name.replace("involvedObject", "regarding") for name in _EVENT_FIELDS)

BUILTIN: tuple[Resource, ...] = (
    _builtin("", "v1", "configmaps", "ConfigMap", short_names=("cm",), generation=False),
    _builtin(
        "",
        "v1",
        "events",
        "Event",
        definition="CoreV1Event",
        short_names=("ev",),
        generation=False,
        create_on_update=True,
        selectable=_EVENT_FIELDS,
    ),
    _builtin(
        "",
        "v1",
        "namespaces",
        "Namespace",
        namespaced=False,
        short_names=("ns",),
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
        subresources=("status", "finalize"),
        generation=False,
        returns_deleted=True,
        selectable=("status.phase",),
    ),
    _builtin(
        "",
        "v1",
        "nodes",
        "Node",
        namespaced=False,
        short_names=("no",),
        subresources=("status",),
        generation=False,
        selectable=("spec.unschedulable",),
    ),
    _builtin(
        "",
        "v1",
        "pods",
        "Pod",
        short_names=("po",),
        categories=("all",),
        subresources=("status", "binding"),
        returns_deleted=True,
        selectable=(
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ),
    ),
    _builtin("", "v1", "secrets", "Secret", generation=False, selectable=("type",)),
    _builtin(
        "", "v1", "serviceaccounts", "ServiceAccount", short_names=("sa",), generation=False, returns_deleted=True
    ),
    _builtin(
        "",
        "v1",
        "services",
        "Service",
        short_names=("svc",),
        categories=("all",),
        subresources=("status",),
        generation=False,
        returns_deleted=True,
        selectable=("spec.clusterIP", "spec.type"),
    ),
    *(
        _builtin(
            "admissionregistration.k8s.io",
            "v1",
            f"{kind.lower()}s",
            kind,
            namespaced=False,
            categories=("api-extensions",),
        )
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
    ),
    _builtin(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        namespaced=False,
        short_names=("crd", "crds"),
        categories=("api-extensions",),
        subresources=("status",),
        unconditional_update=False,
    ),
    _builtin(
        "apps",
        "v1",
        "deployments",
        "Deployment",
        short_names=("deploy",),
        categories=("all",),
        subresources=("status", "scale"),
        scale=_WORKLOAD_SCALE,
    ),
    _builtin(
        "apps",
        "v1",
        "replicasets",
        "ReplicaSet",
        short_names=("rs",),
        categories=("all",),
        subresources=("status", "scale"),
        scale=_WORKLOAD_SCALE,
        selectable=("status.replicas",),
    ),
    _builtin(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        namespaced=False,
        verbs=("create",),
        generation=False,
    ),
    _builtin(
        "coordination.k8s.io",
        "v1",
        "leases",
        "Lease",
        generation=False,
        unconditional_update=False,
        create_on_update=True,
    ),
    _builtin("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    _builtin(
        "events.k8s.io",
        "v1",
        "events",
        "Event",
        definition="EventsV1Event",
        short_names=("ev",),
        storage="events",
        generation=False,
        create_on_update=True,
        selectable=_NEW_EVENT_FIELDS,
    ),
    _builtin("networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced=False),
    _builtin("networking.k8s.io", "v1", "ingresses", "Ingress", short_names=("ing",), subresources=("status",)),
)


class Catalog:
    """The resources that exist right now: the built-in ones and those that a CRD brought."""

    def __init__(self) -> None:
        self._resources = {(each.group, each.version, each.plural): each for each in BUILTIN}

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._resources.get((group, version, plural))

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources.values())

    def in_group_version(self, group: str, version: str) -> list[Resource]:
        return [each for each in self if each.group == group and each.version == version]

    def group_versions(self) -> list[tuple[str, str]]:
        """Every served group and version, the core group first, then by name."""
        return sorted({(each.group, each.version) for each in self})

    def put_custom(self, storage: str, versions: list[Resource]) -> None:
        """Replaces all versions of one custom resource."""
        self.drop_custom(storage)
        self._resources.update({(each.group, each.version, each.plural): each for each in versions})

    def drop_custom(self, storage: str) -> None:
        self._resources = {
            key: each for key, each in self._resources.items() if not (each.custom and each.storage == storage)
        }
