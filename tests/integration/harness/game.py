"""The 2048 game that every test plays with: a Deployment, a Service and an Ingress."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.client.resources import DEPLOYMENTS, NAMESPACES
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.kube import BINDINGS, INGRESSES, Kube, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

PREFIX = "alb.ingress.kubernetes.io/"
CREATE = {
    "CreateSecurityGroup": 2,
    "AuthorizeSecurityGroupIngress": 2,
    "CreateTargetGroup": 1,
    "CreateLoadBalancer": 1,
    "CreateListener": 1,
    "CreateRule": 1,
    "RegisterTargets": 1,
}
"""The mutating calls that it takes to make the game's load balancer from nothing, by operation: nine."""

_SERVICE = "service-2048"
_DEPLOYMENT = "deployment-2048"
_INGRESS = "ingress-2048"


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """One game in a namespace of its own."""

    sandbox: Sandbox
    elbow: Elbow
    namespace: str = "game-2048"

    @property
    def kube(self) -> Kube:
        return self.sandbox.kube

    def deploy(self, replicas: int = 2) -> None:
        """Namespace, Deployment and Service, no Ingress; returns when the pods are ready."""
        self.kube.apply(namespace(self.namespace), deployment(self.namespace, replicas), service(self.namespace))
        self.pods_ready(replicas)

    def pods_ready(self, count: int) -> set[str]:
        """Waits until exactly so many pods are ready; their addresses."""
        return until(
            lambda: self.kube.ready_addresses(self.namespace, _SERVICE),
            holds=lambda addresses: len(addresses) == count,
            what=f"{count} ready pods",
        )

    def publish(self, **annotations: str) -> None:
        """The Ingress, made or changed; annotations without their prefix, underscores for dashes."""
        named = {PREFIX + name.replace("_", "-"): value for name, value in annotations.items()}
        self.kube.apply(ingress(self.namespace, named))

    def annotate(self, annotation: str, value: str | None) -> None:
        """Sets one annotation of the Ingress, given without its prefix; None takes it away."""
        self.kube.annotate(INGRESSES, self.namespace, _INGRESS, **{PREFIX + annotation: value})

    def published(self) -> str:
        """Waits until the Ingress has its host name and all ready pods are targets; the host name."""
        hostname = until(self.hostname, what=lambda: f"a host name\n{self.elbow.report()}")
        self.follows()
        return hostname

    def hostname(self) -> str:
        """Host name in the Ingress's status, empty while there is none."""
        status = self.kube.the(INGRESSES, self.namespace, _INGRESS).get("status") or {}
        entries = (status.get("loadBalancer") or {}).get("ingress") or [{}]
        found: str = entries[0].get("hostname", "")
        return found

    def follows(self, count: int | None = None) -> set[str]:
        """Waits until the targets are the ready pods, of which there are `count` where it is given."""
        wanted = self.pods_ready(count) if count is not None else set()

        def looks() -> tuple[set[str], set[str]]:
            return self.targets(), wanted or self.kube.ready_addresses(self.namespace, _SERVICE)

        targets, _ = until(
            looks,
            holds=lambda seen: seen[0] == seen[1],
            what=lambda: f"the targets to be the ready pods\n{self.elbow.report()}",
        )
        return targets

    def scale(self, replicas: int) -> None:
        self.kube.scale(self.namespace, _DEPLOYMENT, replicas)

    def binding(self) -> Object:
        """The game's only TargetGroupBinding."""
        (found,) = self.kube.all(BINDINGS, self.namespace)
        return found

    def target_group(self) -> str:
        """ARN of the game's target group; it stays the same for a load balancer's life."""
        arn: str = self.binding()["spec"]["targetGroupARN"]
        return arn

    def targets(self) -> set[str]:
        """Ids of the targets that are registered and do not drain; empty while there is no target group."""
        bindings = self.kube.all(BINDINGS, self.namespace)
        return self.sandbox.aws.targets(bindings[0]["spec"]["targetGroupARN"]) if bindings else set()

    def unpublish(self) -> None:
        """Deletes the Ingress; returns when it is gone, and so is what was made for it."""
        self.kube.delete(INGRESSES, self.namespace, _INGRESS)
        until(
            lambda: self.kube.get(INGRESSES, self.namespace, _INGRESS) is None,
            what=lambda: f"the Ingress to be gone\n{self.elbow.report()}",
        )

    def remove(self) -> None:
        """Deletes everything; returns when it is gone."""
        if self.kube.get(INGRESSES, self.namespace, _INGRESS) is not None:
            self.unpublish()
        self.kube.delete(NAMESPACES, "", self.namespace)
        until(
            lambda: self.kube.get(NAMESPACES, "", self.namespace) is None, what=f"namespace {self.namespace} to be gone"
        )

    def warnings(self) -> list[Object]:
        """Warning Events about the Ingress."""
        return [e for e in self.kube.events("Ingress", self.namespace, _INGRESS) if e["type"] == "Warning"]

    def stack_state(self) -> str:
        """The stack's state as the planner tells it, empty when it knows none."""
        found = self.elbow.planner.stack(self.namespace, _INGRESS)
        return found.state if found is not None else ""

    def exists(self) -> bool:
        """Whether its Deployment is there."""
        return self.kube.get(DEPLOYMENTS, self.namespace, _DEPLOYMENT) is not None


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def deployment(namespace: str, replicas: int, gates: tuple[str, ...] = ()) -> Object:
    labels = {"app.kubernetes.io/name": "app-2048"}
    spec: dict[str, Any] = {
        "containers": [{"name": "app-2048", "image": "app:1", "ports": [{"containerPort": 80}]}],
        "terminationGracePeriodSeconds": 0,
    }
    if gates:
        spec["readinessGates"] = [{"conditionType": gate} for gate in gates]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": _DEPLOYMENT},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def service(namespace: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": _SERVICE},
        "spec": {
            "type": "NodePort",
            "selector": {"app.kubernetes.io/name": "app-2048"},
            "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}],
        },
    }


def ingress(namespace: str, annotations: Mapping[str, str]) -> Object:
    backend = {"service": {"name": _SERVICE, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "namespace": namespace,
            "name": _INGRESS,
            "annotations": {PREFIX + "scheme": "internet-facing", PREFIX + "target-type": "ip", **annotations},
        },
        "spec": {"ingressClassName": "alb", "rules": [{"http": {"paths": [path]}}]},
    }
