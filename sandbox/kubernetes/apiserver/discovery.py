"""What the server says it has: /version, /api, /apis, resource lists, and the aggregated form of all of them."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.kubernetes.apiserver.kinds.definitions import version_order
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Catalog, Resource

VERSION: JsonObject = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.0-elbow-sandbox",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "",
}
AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"

_SUBRESOURCE_VERBS = {
    "status": ("get", "patch", "update"),
    "scale": ("get", "patch", "update"),
    "binding": ("create",),
    "finalize": ("update",),
}
_SUBRESOURCE_KINDS = {"scale": ("autoscaling", "v1", "Scale"), "binding": ("", "v1", "Binding")}


def versions_of(catalog: Catalog, group: str) -> list[str]:
    """The served versions of a group, the preferred one first."""
    return sorted({version for each, version in catalog.group_versions() if each == group}, key=version_order)


def _groups(catalog: Catalog) -> list[str]:
    return sorted({group for group, _ in catalog.group_versions()})


def core_versions(address: str) -> JsonObject:
    """GET /api"""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group(catalog: Catalog, name: str) -> JsonObject | None:
    """GET /apis/<group>; None when there is none of that name."""
    versions = versions_of(catalog, name) if name else []
    if not versions:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group_body(name, versions)}


def _group_body(name: str, versions: list[str]) -> JsonObject:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def groups(catalog: Catalog) -> JsonObject:
    """GET /apis"""
    bodies = [_group_body(name, versions_of(catalog, name)) for name in _groups(catalog) if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": bodies}


def resources(catalog: Catalog, group_name: str, version: str) -> JsonObject | None:
    """GET /api/v1 or /apis/<group>/<version>; None when that is not served."""
    found = catalog.in_group_version(group_name, version)
    if not found:
        return None
    entries = [entry for resource in sorted(found, key=lambda each: each.plural) for entry in _entries(resource)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].group_version,
        "resources": entries,
    }


def _entries(resource: Resource) -> Iterable[JsonObject]:
    entry: JsonObject = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    yield entry
    for name in resource.subresources:
        below: JsonObject = {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(_SUBRESOURCE_VERBS[name]),
        }
        if name in _SUBRESOURCE_KINDS:
            below_group, below_version, below["kind"] = _SUBRESOURCE_KINDS[name]
            below |= {"group": below_group, "version": below_version} if below_group else {}
        yield below


def aggregated(catalog: Catalog, *, core: bool, version: str) -> JsonObject:
    """GET /api or /apis in the aggregated form (apidiscovery.k8s.io v2 or v2beta1)."""
    names = [name for name in _groups(catalog) if (name == "") is core]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": [_aggregated_group(catalog, name) for name in names],
    }


def _aggregated_group(catalog: Catalog, name: str) -> JsonObject:
    return {
        "metadata": {"name": name} if name else {},
        "versions": [
            {
                "version": version,
                "freshness": "Current",
                "resources": [
                    _aggregated_resource(each)
                    for each in sorted(catalog.in_group_version(name, version), key=lambda each: each.plural)
                ],
            }
            for version in versions_of(catalog, name)
        ],
    }


def _aggregated_resource(resource: Resource) -> JsonObject:
    entry: JsonObject = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [_aggregated_subresource(resource, name) for name in resource.subresources]
    return entry


def _aggregated_subresource(resource: Resource, name: str) -> JsonObject:
    own = (resource.group, resource.version, resource.kind)
    group_name, version, kind = _SUBRESOURCE_KINDS.get(name, own)
    return {
        "subresource": name,
        "responseKind": {"group": group_name, "version": version, "kind": kind},
        "verbs": list(_SUBRESOURCE_VERBS[name]),
    }
