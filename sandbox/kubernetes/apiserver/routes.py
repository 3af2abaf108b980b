"""Which object, collection or subresource a URL path names."""

from __future__ import annotations

from sandbox.kubernetes.apiserver.errors import ApiError, no_such_resource
from sandbox.kubernetes.apiserver.requests import Target
from sandbox.kubernetes.apiserver.resources import Catalog

_COLLECTION_METHODS = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_ITEM_METHODS = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_SUBRESOURCE_METHODS = {
    "status": {"GET": "get", "PUT": "update", "PATCH": "patch"},
    "scale": {"GET": "get", "PUT": "update", "PATCH": "patch"},
    "binding": {"POST": "create"},
    "finalize": {"PUT": "update"},
}


class NoSuchPathError(ApiError):
    """A path outside every served group: 404 as plain text."""

    def __init__(self) -> None:
        super().__init__(code=404, reason="NotFound", message="404 page not found")


def group_version_of(segments: list[str]) -> tuple[str, str, list[str]]:
    """Group, version and the rest of a path below /api or /apis."""
    if segments[:1] == ["api"] and len(segments) >= 2:
        return "", segments[1], segments[2:]
    if segments[:1] == ["apis"] and len(segments) >= 3:
        return segments[1], segments[2], segments[3:]
    raise NoSuchPathError


def target_of(catalog: Catalog, segments: list[str]) -> Target:
    """What the path names; 404 for what does not exist."""
    group, version, rest = group_version_of(segments)
    if not catalog.in_group_version(group, version):
        raise NoSuchPathError
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and not _is_own_subresource(catalog, group, version, rest):
        namespace, rest = rest[1], rest[2:]
    resource = catalog.find(group, version, rest[0]) if rest else None
    if resource is None and not any(each for each in catalog.in_group_version(group, version) if not each.custom):
        raise NoSuchPathError
    if resource is None or len(rest) > 3 or (namespace and not resource.namespaced):
        raise no_such_resource()
    subresource = rest[2] if len(rest) == 3 else ""
    if subresource and subresource not in resource.subresources:
        raise no_such_resource()
    return Target(
        resource=resource, namespace=namespace, name=rest[1] if len(rest) > 1 else "", subresource=subresource
    )


def _is_own_subresource(catalog: Catalog, group: str, version: str, rest: list[str]) -> bool:
    namespaces = catalog.find(group, version, "namespaces")
    return namespaces is not None and len(rest) == 3 and rest[2] in namespaces.subresources


def verb_of(method: str, target: Target, *, watch: bool) -> str | None:
    """The verb of a request; None when the method is not allowed there."""
    if target.subresource:
        return _SUBRESOURCE_METHODS[target.subresource].get(method)
    if target.name:
        if target.resource.namespaced and not target.namespace:
            return None
        verb = _ITEM_METHODS.get(method)
    else:
        verb = _COLLECTION_METHODS.get(method)
        if verb in {"create", "deletecollection"} and target.resource.namespaced and not target.namespace:
            return None
        if verb == "list" and watch:
            verb = "watch"
    return verb if verb in target.resource.verbs else None
