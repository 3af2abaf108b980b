"""Manifests as the API server would store them: sent with `dryRun=All`, so that defaults and admission have their say.

Used by `elbow plan`. An object that is not there is created; one that `kubectl apply` wrote is patched as that would
patch it; any other is applied server-side.
"""

import copy
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.errors import CliError
from services.cli.kube.access import APPLY_PATCH, MERGE_PATCH, KubernetesAccess, Raw, RefusedError

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_DRY = {"dryRun": "All", "fieldManager": "kubectl"}
_STAGE = "default"
"""A namespace that every cluster has: where objects are tried whose own does not exist yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Where objects of a kind are found."""

    api_version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str) -> str:
        """The collection's path."""
        root = "/api" if "/" not in self.api_version else "/apis"
        scope = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}/{self.api_version}{scope}/{self.plural}"


RESOURCES: Mapping[str, Resource] = {
    "Namespace": Resource(api_version="v1", plural="namespaces", namespaced=False),
    "Service": Resource(api_version="v1", plural="services"),
    "Ingress": Resource(api_version="networking.k8s.io/v1", plural="ingresses"),
    "IngressClass": Resource(api_version="networking.k8s.io/v1", plural="ingressclasses", namespaced=False),
    "IngressClassParams": Resource(api_version="elbv2.k8s.aws/v1beta1", plural="ingressclassparams", namespaced=False),
    "TargetGroupBinding": Resource(api_version="elbv2.k8s.aws/v1beta1", plural="targetgroupbindings"),
}
"""Kinds that plans are made from; others of a file have no say in a preview."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object as it would be stored. `created`: it is not there yet; `node_ports`: those in it that were made up for
    the dry run; `note`: what the user should know about how it was tried."""

    raw: Raw
    created: bool
    node_ports: Sequence[int] = ()
    note: str = ""


class DryRun:
    """Tries the objects of one preview, which may need each other's Namespaces."""

    def __init__(self, access: KubernetesAccess, manifests: Sequence[Raw]) -> None:
        self._access = access
        self._given_namespaces = {name_of(m) for m in manifests if m.get("kind") == "Namespace"}
        self._namespaces: dict[str, bool] = {}

    def stored(self, manifest: Raw) -> Stored:
        """The object as it would be stored. Raises CliError, with the API server's words, where it would not be."""
        kind, resource = manifest["kind"], RESOURCES[manifest["kind"]]
        manifest = copy.deepcopy(manifest)
        if resource.namespaced:
            manifest["metadata"].setdefault("namespace", self._access.namespace)
        namespace = manifest["metadata"].get("namespace", "")
        label = f"{kind} {namespace}/{name_of(manifest)}" if namespace else f"{kind} {name_of(manifest)}"
        if manifest.get("apiVersion") != resource.api_version:
            raise CliError(f"{label}: apiVersion is {manifest.get('apiVersion')}, {resource.api_version} is known")
        try:
            if resource.namespaced and not self._exists(namespace):
                return self._staged(resource, manifest, namespace)
            live = self._access.get(f"{resource.path(namespace)}/{name_of(manifest)}")
            raw = self._create(resource, manifest) if live is None else self._change(resource, manifest, live)
        except RefusedError as error:
            raise CliError(f"{label} would be refused: {error.message}") from error
        return Stored(raw=raw, created=live is None, node_ports=_made_up(raw, manifest, live or {}))

    def _exists(self, namespace: str) -> bool:
        if namespace not in self._namespaces:
            self._namespaces[namespace] = self._access.get(f"/api/v1/namespaces/{namespace}") is not None
        if not self._namespaces[namespace] and namespace not in self._given_namespaces:
            raise CliError(f"namespace {namespace} does not exist, and none of the objects is that Namespace")
        return self._namespaces[namespace]

    def _staged(self, resource: Resource, manifest: Raw, namespace: str) -> Stored:
        """Tries the object in another namespace, under another name: its own namespace does not exist yet."""
        name, trial = name_of(manifest), copy.deepcopy(manifest)
        del trial["metadata"]["name"]
        trial["metadata"] |= {"namespace": _STAGE, "generateName": f"{name}-"}
        raw = self._create(resource, trial)
        raw["metadata"] |= {"namespace": namespace, "name": name}
        raw["metadata"].pop("generateName", None)
        note = f"Namespace {namespace} does not exist yet: defaults and admission are those of namespace {_STAGE}"
        return Stored(raw=raw, created=True, node_ports=_made_up(raw, manifest, {}), note=note)

    def _create(self, resource: Resource, manifest: Raw) -> Raw:
        path = resource.path(manifest["metadata"].get("namespace", ""))
        return self._access.send("POST", path, query=_DRY, body=manifest)

    def _change(self, resource: Resource, manifest: Raw, live: Raw) -> Raw:
        path = f"{resource.path(manifest['metadata'].get('namespace', ''))}/{name_of(manifest)}"
        last = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
        if last is None:
            query = {**_DRY, "force": "true"}
            return self._access.send("PATCH", path, query=query, body=manifest, content_type=APPLY_PATCH)
        patch = {k: v for k, v in _three_way(_object(last), manifest).items() if k != "status"}
        return self._access.send("PATCH", path, query=_DRY, body=patch, content_type=MERGE_PATCH)


def name_of(manifest: Raw) -> str:
    """The object's name."""
    return str(manifest["metadata"]["name"])


def _three_way(last: Mapping[str, Any], manifest: Mapping[str, Any]) -> Raw:
    """The merge patch to the manifest: what was applied last and is not in it any more is taken away."""
    patch: Raw = {key: None for key in last if key not in manifest}
    for key, value in manifest.items():
        nested = isinstance(value, dict)
        before = last.get(key)
        patch[key] = _three_way(before if isinstance(before, dict) else {}, value) if nested else value
    return patch


def _object(text: str) -> Raw:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _made_up(raw: Raw, *known: Raw) -> Sequence[int]:
    """Node ports that neither the manifest nor the live object has."""
    held = {port for one in known for port in _node_ports(one)}
    return sorted(set(_node_ports(raw)) - held)


def _node_ports(service: Raw) -> Collection[int]:
    if service.get("kind") != "Service":
        return ()
    spec = service.get("spec") or {}
    ports = [port.get("nodePort") for port in spec.get("ports") or ()]
    return [port for port in (*ports, spec.get("healthCheckNodePort")) if isinstance(port, int) and port]
