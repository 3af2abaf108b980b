"""Kubernetes objects as the API gives them: plain dictionaries, and the few questions every controller asks of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

Object = dict[str, Any]
"""A decoded Kubernetes object. What comes out of a cache is shared and must not be changed in place."""


class Key(NamedTuple):
    """Which object of a resource; the namespace of a cluster-scoped object is empty."""

    namespace: str
    name: str


def key_of(item: Object) -> Key:
    meta = item["metadata"]
    return Key(meta.get("namespace", ""), meta["name"])


def uid_of(item: Object) -> str:
    uid: str = item["metadata"]["uid"]
    return uid


def labels_of(item: Object) -> dict[str, str]:
    return item["metadata"].get("labels") or {}


def annotations_of(item: Object) -> dict[str, str]:
    return item["metadata"].get("annotations") or {}


def version_of(item: Object) -> int:
    """The resource version as the number it is.

    Versions of one resource can be compared since Kubernetes 1.35 promises so (API concepts, "Resource versions").
    """
    return int(item["metadata"]["resourceVersion"])


def is_terminating(item: Object) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))


def controller_of(item: Object) -> Object | None:
    """The owner reference of the controller that manages this object, if one does."""
    for reference in item["metadata"].get("ownerReferences") or []:
        if reference.get("controller"):
            found: Object = reference
            return found
    return None


def owned_by(items: Iterable[Object], owner: Object) -> list[Object]:
    """Those of the items whose managing controller is the owner, by UID."""
    uid = uid_of(owner)
    return [item for item in items if (reference := controller_of(item)) and reference["uid"] == uid]


def owner_reference(owner: Object, api_version: str, kind: str) -> Object:
    """The reference a controller puts on what it makes; the owner's deletion waits for it in the foreground."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition_of(item: Object, kind: str) -> Object | None:
    for condition in (item.get("status") or {}).get("conditions") or []:
        if condition["type"] == kind:
            found: Object = condition
            return found
    return None


def is_true(item: Object, condition: str) -> bool:
    found = condition_of(item, condition)
    return found is not None and found["status"] == "True"


def timestamp(at: datetime) -> str:
    """The form of metav1.Time: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """The instant of a metav1.Time or MicroTime."""
    return datetime.fromisoformat(text)
