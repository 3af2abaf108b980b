"""The cluster as a user sees it: apply, patch, delete, look. Plain HTTP, so it works on any API server."""

import contextlib
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandbox.kubernetes.client import read_kubeconfig
from sandbox.kubernetes.client.resources import (
    CRDS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    INGRESSCLASSES,
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
    Resource,
)
from tests.integration.harness.http import JsonHttp, RefusedError

Object = dict[str, Any]

INGRESSES = Resource(group="networking.k8s.io", version="v1", plural="ingresses", kind="Ingress")
BINDINGS = Resource(group="elbv2.k8s.aws", version="v1beta1", plural="targetgroupbindings", kind="TargetGroupBinding")
CONFIGMAPS = Resource(version="v1", plural="configmaps", kind="ConfigMap")
CLASS_PARAMS = Resource(
    group="elbv2.k8s.aws", version="v1beta1", plural="ingressclassparams", kind="IngressClassParams", namespaced=False
)
CONFIG_MAPS = Resource(group="", version="v1", plural="configmaps", kind="ConfigMap")
MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS = (
    Resource(group="admissionregistration.k8s.io", version="v1", plural=f"{kind.lower()}s", kind=kind, namespaced=False)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)
LEASES = Resource(group="coordination.k8s.io", version="v1", plural="leases", kind="Lease")
SECRETS = Resource(group="", version="v1", plural="secrets", kind="Secret")
KINDS = {
    resource.kind: resource
    for resource in (
        *(NAMESPACES, NODES, INGRESSCLASSES, CLASS_PARAMS, SERVICES, DEPLOYMENTS, INGRESSES, ENDPOINTSLICES, PODS),
        *(BINDINGS, EVENTS, LEASES, SECRETS, CRDS, MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS),
    )
}

_APPLY = {"fieldManager": "test", "force": "true"}


class Kube:
    """One cluster, by its kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        access = read_kubeconfig(kubeconfig)
        tls = ssl.create_default_context(cafile=str(access.ca_file)) if access.ca_file else None
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        self.http = JsonHttp(url=access.url, headers=headers, tls=tls)

    def apply(self, *objects: Object) -> None:
        """Server-side apply, in order: what an object no longer says is taken back."""
        for item in objects:
            resource, meta = KINDS[item["kind"]], item["metadata"]
            path = resource.path(namespace=meta.get("namespace", ""), name=meta["name"])
            self.http("PATCH", path, item, query=_APPLY, content_type="application/apply-patch+yaml")

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object, None when there is none."""
        try:
            found: Object = self.http("GET", resource.path(namespace=namespace, name=name))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        return found

    def the(self, resource: Resource, namespace: str, name: str) -> Object:
        """The object, which must be there."""
        found = self.get(resource, namespace, name)
        assert found is not None, f"there is no {resource.kind} {namespace}/{name}"
        return found

    def all(self, resource: Resource, namespace: str = "") -> list[Object]:
        """All objects of a kind, each with its kind."""
        answer = self.http("GET", resource.path(namespace=namespace))
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        return [{**head, **item} for item in answer["items"]]

    def patch(self, resource: Resource, namespace: str, name: str, body: Any, *, subresource: str = "") -> Object:
        """Merge patch; the object as it is then."""
        path = resource.path(namespace=namespace, name=name, subresource=subresource)
        patched: Object = self.http("PATCH", path, body, content_type="application/merge-patch+json")
        return patched

    def annotate(self, resource: Resource, namespace: str, name: str, **annotations: str | None) -> Object:
        """Sets annotations, None takes one away; keys are given as they are."""
        return self.patch(resource, namespace, name, {"metadata": {"annotations": annotations}})

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        self.patch(DEPLOYMENTS, namespace, name, {"spec": {"replicas": replicas}})

    def delete(self, resource: Resource, namespace: str, name: str) -> None:
        """Asks for the deletion; what is gone already is fine."""
        try:
            self.http("DELETE", resource.path(namespace=namespace, name=name))
        except RefusedError as error:
            if error.status != 404:
                raise

    def delete_all(self, objects: Iterable[Object]) -> None:
        """Asks for the deletion of each object, the last one first."""
        for item in reversed(list(objects)):
            self.delete(KINDS[item["kind"]], item["metadata"].get("namespace", ""), item["metadata"]["name"])

    def ready_addresses(self, namespace: str, service: str) -> set[str]:
        """Addresses of the Service's endpoints that are ready and not terminating."""
        found = set()
        for item in self.all(ENDPOINTSLICES, namespace):
            if item["metadata"]["labels"].get("kubernetes.io/service-name") == service:
                for endpoint in item.get("endpoints") or []:
                    if endpoint["conditions"].get("ready"):
                        found.update(endpoint["addresses"])
        return found

    def events(self, kind: str, namespace: str, name: str) -> list[Object]:
        """Events about an object, oldest first."""
        about = {"kind": kind, "name": name}
        found = [e for e in self.all(EVENTS, namespace) if about.items() <= e["involvedObject"].items()]
        return sorted(found, key=lambda e: int(e["metadata"]["resourceVersion"]))

    @contextlib.contextmanager
    def refusing(self, resource: str, *verbs: str) -> Iterator[None]:
        """Takes rights away inside the block (`ingresses.networking.k8s.io`), and ends what is being watched by them.

        Only the sandbox's own API server has this switch.
        """
        wanted = {"kind": "refuse", "resource": resource, "verbs": list(verbs)}
        refused = self.http("POST", "/__sandbox/faults", wanted)["id"]
        try:
            self.http("POST", "/__sandbox/faults", {"kind": "drop"})
            yield
        finally:
            self.http("DELETE", f"/__sandbox/faults/{refused}")
