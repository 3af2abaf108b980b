"""Which rules and which schema a resource has: the built-in kinds by table, custom ones as they come and go."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.kubernetes.apiserver.kinds import (
    definitions,
    endpointslices,
    ingresses,
    pods,
    services,
    simple,
    webhook_configurations,
    workloads,
)
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.schemas import reference

_BUILTIN: Mapping[str, Strategy] = {
    "configmaps": simple.CONFIG_MAPS,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.CUSTOM_RESOURCE_DEFINITIONS,
    "deployments.apps": workloads.DEPLOYMENTS,
    "endpointslices.discovery.k8s.io": endpointslices.ENDPOINT_SLICES,
    "events": simple.EVENTS,
    "ingressclasses.networking.k8s.io": ingresses.INGRESS_CLASSES,
    "ingresses.networking.k8s.io": ingresses.INGRESSES,
    "leases.coordination.k8s.io": simple.LEASES,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": webhook_configurations.MUTATING,
    "namespaces": simple.NAMESPACES,
    "nodes": simple.NODES,
    "pods": pods.PODS,
    "replicasets.apps": workloads.REPLICA_SETS,
    "secrets": simple.SECRETS,
    "serviceaccounts": simple.SERVICE_ACCOUNTS,
    "services": services.SERVICES,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": webhook_configurations.VALIDATING,
}


class Kinds:
    """Schema and rules by resource."""

    def __init__(self) -> None:
        self._custom: dict[tuple[str, str], tuple[JsonObject, Strategy]] = {}

    def put_custom(self, resource: Resource, schema: JsonObject, strategy: Strategy) -> None:
        self._custom[(resource.storage, resource.version)] = (schema, strategy)

    def schema(self, resource: Resource) -> JsonObject:
        if resource.custom:
            return self._custom[(resource.storage, resource.version)][0]
        return reference(resource.definition)

    def strategy(self, resource: Resource) -> Strategy:
        if resource.custom:
            return self._custom[(resource.storage, resource.version)][1]
        return _BUILTIN[resource.storage]
