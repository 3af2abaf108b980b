"""Kubernetes objects as the core sees them: the projected messages of `elbow.cluster.v1` as frozen values.

The planner's shell converts messages into these and nothing else reads the wire form. Every mapping is to be treated as
immutable. An absent optional string is the empty string unless the field's type says `None`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Kinds that the watcher streams, by the name Kubernetes gives them."""

    SERVICE = "Service"
    INGRESS = "Ingress"
    INGRESS_CLASS = "IngressClass"
    INGRESS_CLASS_PARAMS = "IngressClassParams"
    POD = "Pod"
    ENDPOINT_SLICE = "EndpointSlice"
    NODE = "Node"
    NAMESPACE = "Namespace"
    TARGET_GROUP_BINDING = "TargetGroupBinding"
    CONFIG_MAP = "ConfigMap"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ObjectRef:
    """Names one object; `namespace` is empty for cluster-scoped kinds."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What every object has. `deleted_at` is the RFC 3339 time at which deletion was asked for, or empty."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    created_at: str = ""
    deleted_at: str = ""

    @property
    def deleting(self) -> bool:
        """Whether deletion was asked for."""
        return bool(self.deleted_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort:
    """One port of a Service; `node_port` is 0 when none is allocated."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str = 0
    node_port: int = 0
    app_protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerEntry:
    """One entry of `status.loadBalancer.ingress`."""

    hostname: str = ""
    ip: str = ""
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A Service."""

    meta: Meta
    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    load_balancer_class: str = ""
    ip_families: tuple[str, ...] = ()
    external_traffic_policy: str = ""
    health_check_node_port: int = 0
    load_balancer_source_ranges: tuple[str, ...] = ()
    load_balancer: tuple[LoadBalancerEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressBackend:
    """A backend: a Service and its port as written, or (`resource`) something else."""

    service_name: str = ""
    port: int | str = 0
    resource: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressPath:
    """One path; `path_type` is Exact, Prefix, ImplementationSpecific or empty."""

    path: str
    path_type: str
    backend: IngressBackend


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressRule:
    """One rule; `http` is False where the rule has no http section."""

    host: str = ""
    http: bool = True
    paths: tuple[IngressPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressTls:
    """One tls entry."""

    hosts: tuple[str, ...] = ()
    secret_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """An Ingress; `class_name` None means not given."""

    meta: Meta
    class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTls, ...] = ()
    load_balancer: tuple[LoadBalancerEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersRef:
    """Reference of an IngressClass to its parameters."""

    api_group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressClass:
    """An IngressClass."""

    meta: Meta
    controller: str = ""
    parameters: ParametersRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressClassParams:
    """An IngressClassParams; `spec` is the JSON text of its spec."""

    meta: Meta
    spec: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition of a pod."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPort:
    """A declared container port."""

    port: int
    name: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A Pod; `conditions` by type, `quic_server_ids` by container port, 0 for the ports that have none of their own."""

    meta: Meta
    node_name: str = ""
    ip: str = ""
    ips: tuple[str, ...] = ()
    phase: str = ""
    ports: tuple[ContainerPort, ...] = ()
    readiness_gates: tuple[str, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    quic_server_ids: Mapping[int, str] = field(default_factory=dict)

    def quic_server_id(self, port: int) -> str:
        """The QUIC server id of a container port, empty: none."""
        return self.quic_server_ids.get(port) or self.quic_server_ids.get(0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPort:
    """One port of an EndpointSlice."""

    port: int
    name: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint; a None condition was not given (`ready` None counts as ready)."""

    addresses: tuple[str, ...]
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None
    node_name: str = ""
    zone: str = ""
    target_kind: str = ""
    target_name: str = ""
    target_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSlice:
    """An EndpointSlice of the Service `service_name` in its namespace."""

    meta: Meta
    service_name: str
    address_type: str = "IPv4"
    ports: tuple[EndpointPort, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """A taint of a node."""

    key: str
    effect: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node; `ready` is True, False, Unknown or empty, as Kubernetes spells it."""

    meta: Meta
    provider_id: str = ""
    taints: tuple[Taint, ...] = ()
    ready: str = ""
    internal_ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A Namespace."""

    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequirement:
    """One expression of a label selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    """A label selector; everything in it must hold."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelRequirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class NetworkingPeer:
    """A source: exactly one of the two is set."""

    cidr: str = ""
    security_group_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkingPort:
    """A port of a networking rule; None: all ports."""

    protocol: str = "TCP"
    port: int | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkingRule:
    """Peers times ports."""

    peers: tuple[NetworkingPeer, ...] = ()
    ports: tuple[NetworkingPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupBinding:
    """A TargetGroupBinding; `networking` None: it manages no security-group rules."""

    meta: Meta
    service_name: str
    service_port: int | str
    target_group_arn: str = ""
    target_group_name: str = ""
    target_type: str = ""
    target_group_protocol: str = ""
    ip_address_type: str = ""
    vpc_id: str = ""
    node_selector: LabelSelector | None = None
    networking: tuple[NetworkingRule, ...] | None = None
    multi_cluster: bool = False
    iam_role_arn: str = ""
    assume_role_external_id: str = ""
    observed_generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMap:
    """A ConfigMap that Elbow wrote."""

    meta: Meta
    data: Mapping[str, str] = field(default_factory=dict)
