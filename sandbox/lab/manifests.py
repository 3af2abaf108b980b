"""The objects that experiments apply, made from what differs between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from sandbox.kubernetes.client import Object

_IMAGE = "registry.k8s.io/echoserver:1.10"
"""What the pods of the sandbox pretend to run; they answer with what they saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A Deployment."""

    namespace: str
    name: str
    replicas: int = 2
    port: int = 8080
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of its pods."""
    container: Mapping[str, Any] = field(default_factory=dict)
    """More of its container: probes, lifecycle."""
    grace_seconds: int | None = None
    """Termination grace period; None leaves Kubernetes' default of 30 s."""

    def deployment(self) -> Object:
        container = {
            "name": "web",
            "image": _IMAGE,
            "ports": [{"name": "http", "containerPort": self.port}],
            **self.container,
        }
        spec: dict[str, Any] = {"containers": [container]}
        if self.grace_seconds is not None:
            spec["terminationGracePeriodSeconds"] = self.grace_seconds
        template: dict[str, Any] = {"metadata": {"labels": self.labels}, "spec": spec}
        if self.annotations:
            template["metadata"]["annotations"] = dict(self.annotations)
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"namespace": self.namespace, "name": self.name},
            "spec": {"replicas": self.replicas, "selector": {"matchLabels": self.labels}, "template": template},
        }

    @property
    def labels(self) -> Mapping[str, str]:
        return {"app": self.name}

    def service(self, kind: str = "ClusterIP") -> Object:
        """A Service of its own name, port 80."""
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"namespace": self.namespace, "name": self.name},
            "spec": {
                "type": kind,
                "selector": self.labels,
                "ports": [{"name": "http", "port": 80, "targetPort": self.port, "protocol": "TCP"}],
            },
        }

    def network_load_balancer(
        self,
        annotations: Mapping[str, str],
        ports: Sequence[int] = (80,),
        *,
        name: str = "",
        source_ranges: Sequence[str] = (),
        load_balancer_class: str | None = "service.k8s.aws/nlb",
    ) -> Object:
        """A Service of type LoadBalancer in front of it."""
        spec: dict[str, Any] = {
            "type": "LoadBalancer",
            "selector": self.labels,
            "ports": [
                {"name": f"port-{port}", "port": port, "targetPort": self.port, "protocol": "TCP"} for port in ports
            ],
        }
        if load_balancer_class is not None:
            spec["loadBalancerClass"] = load_balancer_class
        if source_ranges:
            spec["loadBalancerSourceRanges"] = list(source_ranges)
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "namespace": self.namespace,
                "name": name or f"{self.name}-nlb",
                "annotations": dict(annotations),
            },
            "spec": spec,
        }

    def ingress(self, annotations: Mapping[str, str], *, name: str = "") -> Object:
        """An Ingress that sends everything to its Service."""
        backend = {"service": {"name": self.name, "port": {"number": 80}}}
        return ingress(self.namespace, name or self.name, annotations, {"path": "/", "pathType": "Prefix"}, backend)


def namespace(name: str, labels: Mapping[str, str] | None = None) -> Object:
    meta: dict[str, Any] = {"name": name}
    if labels:
        meta["labels"] = dict(labels)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def ingress(
    namespace: str, name: str, annotations: Mapping[str, str], path: Mapping[str, str], backend: Mapping[str, Any]
) -> Object:
    """An Ingress of class `alb` with one path, for any host."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"namespace": namespace, "name": name, "annotations": dict(annotations)},
        "spec": {
            "ingressClassName": "alb",
            "rules": [{"http": {"paths": [{**path, "backend": dict(backend)}]}}],
        },
    }


def as_yaml(objects: Sequence[Object]) -> str:
    """What `kubectl apply -f` takes."""
    return "---\n".join(yaml.safe_dump(one, sort_keys=False, width=120) for one in objects)
