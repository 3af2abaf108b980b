"""Kubernetes objects as the JSON they are on the wire: shared by every module of the API server.

An object that has been stored is never changed in place; whoever wants another one copies it first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

JsonObject = dict[str, Any]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock; the default of every part that takes a `Clock`."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """RFC 3339 with whole seconds, as metav1.Time is encoded."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata_of(obj: JsonObject) -> JsonObject:
    """The object's metadata, put in place when it has none."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
        obj["metadata"] = metadata
    return metadata


def deep_copy(value: Any) -> Any:
    """A copy of a JSON value that shares no container with it (much cheaper than copy.deepcopy)."""
    if isinstance(value, dict):
        return {key: deep_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [deep_copy(item) for item in value]
    return value


def without(obj: JsonObject, *keys: str) -> JsonObject:
    """A shallow copy of the object that lacks the given top-level keys."""
    return {key: value for key, value in obj.items() if key not in keys}
