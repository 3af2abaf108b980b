"""One stored object, many versions: how an object is shown in the version and group that a request names."""

from __future__ import annotations

from sandbox.kubernetes.apiserver.objects import JsonObject, without
from sandbox.kubernetes.apiserver.resources import Resource

_NEW_EVENTS = "events.k8s.io/v1"
_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
"""Fields of v1 Event, with their names in events.k8s.io/v1."""
_RENAMED_BACK = {new: old for old, new in _RENAMED.items()}


def shown(resource: Resource, stored: JsonObject) -> JsonObject:
    """The stored object as this resource presents it; the same object when there is nothing to convert."""
    if stored.get("apiVersion") == resource.group_version:
        return stored
    if resource.group_version == _NEW_EVENTS:
        stored = {_RENAMED.get(key, key): value for key, value in stored.items()}
    return {**stored, "apiVersion": resource.group_version}


def to_storage(resource: Resource, obj: JsonObject) -> JsonObject:
    """The object in its stored form: events are kept as v1, custom resources in the version they came in."""
    if resource.group_version != _NEW_EVENTS:
        return obj
    renamed = {_RENAMED_BACK.get(key, key): value for key, value in without(obj, "apiVersion").items()}
    return {**renamed, "apiVersion": "v1"}
