"""How the lists and maps of the built-in kinds are merged.

The facts are the `x-kubernetes-*` markers of the published OpenAPI document; the typed models of the client
library do not carry them. Names are those of the models. A list that is named nowhere here is atomic.
"""

from __future__ import annotations

KEYED_LISTS: dict[str, tuple[str, ...]] = {
    "V1Container.env": ("name",),
    "V1Container.ports": ("containerPort", "protocol"),
    "V1Container.volumeDevices": ("devicePath",),
    "V1Container.volumeMounts": ("mountPath",),
    "V1ContainerStatus.allocatedResourcesStatus": ("name",),
    "V1ContainerStatus.volumeMounts": ("mountPath",),
    "V1CustomResourceDefinitionStatus.conditions": ("type",),
    "V1DeploymentStatus.conditions": ("type",),
    "V1EphemeralContainer.env": ("name",),
    "V1EphemeralContainer.ports": ("containerPort", "protocol"),
    "V1EphemeralContainer.volumeDevices": ("devicePath",),
    "V1EphemeralContainer.volumeMounts": ("mountPath",),
    "V1NamespaceStatus.conditions": ("type",),
    "V1NodeStatus.addresses": ("type",),
    "V1NodeStatus.conditions": ("type",),
    "V1ObjectMeta.ownerReferences": ("uid",),
    "V1PodSpec.containers": ("name",),
    "V1PodSpec.ephemeralContainers": ("name",),
    "V1PodSpec.hostAliases": ("ip",),
    "V1PodSpec.imagePullSecrets": ("name",),
    "V1PodSpec.initContainers": ("name",),
    "V1PodSpec.resourceClaims": ("name",),
    "V1PodSpec.schedulingGates": ("name",),
    "V1PodSpec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "V1PodSpec.volumes": ("name",),
    "V1PodStatus.conditions": ("type",),
    "V1PodStatus.podIPs": ("ip",),
    "V1PodStatus.resourceClaimStatuses": ("name",),
    "V1ReplicaSetStatus.conditions": ("type",),
    "V1ResourceRequirements.claims": ("name",),
    "V1ServiceAccount.secrets": ("name",),
    "V1ServiceSpec.ports": ("port", "protocol"),
    "V1ServiceStatus.conditions": ("type",),
}
"""Lists of objects with the fields that identify an item; the first one is the strategic merge key."""

SETS = frozenset({"V1NodeSpec.podCIDRs", "V1ObjectMeta.finalizers"})
"""Lists of scalars that are merged as sets."""

RETAIN_KEYS = frozenset(
    {
        "V1DeploymentSpec.strategy",
        "V1PodSpec.resourceClaims",
        "V1PodSpec.volumes",
        "V1PodStatus.resourceClaimStatuses",
    }
)
"""Unions in which a strategic merge patch may name the keys that stay (`$retainKeys`)."""

ATOMIC_FIELDS = frozenset({"V1PodSpec.nodeSelector", "V1ServiceSpec.selector"})
"""Maps that one manager owns as a whole."""

ATOMIC_TYPES = frozenset(
    {
        "DiscoveryV1EndpointPort",
        "V1ConfigMapKeySelector",
        "V1LabelSelector",
        "V1LocalObjectReference",
        "V1NodeSelector",
        "V1NodeSelectorTerm",
        "V1ObjectFieldSelector",
        "V1ObjectReference",
        "V1OwnerReference",
        "V1ResourceFieldSelector",
        "V1SecretKeySelector",
        "V1ServiceBackendPort",
        "V1TypedLocalObjectReference",
    }
)
"""Objects that one manager owns as a whole."""

KEY_DEFAULTS = {"V1ContainerPort.protocol": "TCP", "V1ServicePort.protocol": "TCP"}
"""Values of identifying fields that may be left out."""

QUANTITIES = frozenset(
    {
        "V1EmptyDirVolumeSource.sizeLimit",
        "V1NodeStatus.allocatable",
        "V1NodeStatus.capacity",
        "V1PodSpec.overhead",
        "V1ResourceFieldSelector.divisor",
        "V1ResourceRequirements.limits",
        "V1ResourceRequirements.requests",
        "V1ContainerStatus.allocatedResources",
        "V1VolumeResourceRequirements.limits",
        "V1VolumeResourceRequirements.requests",
    }
)
"""Quantities and maps of them: a string, or a bare number that becomes one."""

MICRO_TIMES = frozenset(
    {
        "V1LeaseSpec.acquireTime",
        "V1LeaseSpec.renewTime",
        "CoreV1Event.eventTime",
        "EventsV1Event.eventTime",
        "CoreV1EventSeries.lastObservedTime",
        "EventsV1EventSeries.lastObservedTime",
    }
)
"""Times with exactly six digits of fraction (metav1.MicroTime); all others have whole seconds."""
