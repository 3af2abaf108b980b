"""Who owns which field: metadata.managedFields for every write, and server-side apply.

After the Kubernetes documentation "Server-Side Apply". Ownership is kept for leaves, for items of keyed lists and
for atomic values; the intermediate maps that a real server also lists are left out, they decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sandbox.kubernetes.apiserver.errors import Cause, apply_conflict
from sandbox.kubernetes.apiserver.field_paths import (
    FieldPath,
    FieldPaths,
    from_fields_v1,
    item_element,
    paths_of,
    readable,
    to_fields_v1,
    value_element,
)
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.schemas import child_node, is_atomic


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes, how, and when: the identity of one entry of managedFields."""

    manager: str
    operation: str
    """`Apply` or `Update`."""
    api_version: str
    subresource: str
    time: str
    force: bool = False

    def owns(self, entry: _Entry) -> bool:
        return (
            entry.manager == self.manager
            and entry.operation == self.operation
            and entry.subresource == self.subresource
            and (entry.api_version == self.api_version or self.operation == "Apply")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str
    paths: FieldPaths

    def to_json(self) -> JsonObject:
        entry = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields_v1(self.paths),
        }
        return {**entry, "subresource": self.subresource} if self.subresource else entry


def _entries(obj: JsonObject) -> list[_Entry]:
    return [
        _Entry(
            manager=entry.get("manager", ""),
            operation=entry.get("operation", ""),
            api_version=entry.get("apiVersion", ""),
            subresource=entry.get("subresource", ""),
            time=entry.get("time", ""),
            paths=from_fields_v1(entry.get("fieldsV1") or {}),
        )
        for entry in obj["metadata"].get("managedFields") or []
    ]


def track_update(node: JsonObject, before: JsonObject | None, after: JsonObject, writer: Writer) -> None:
    """Gives the writer of a create, update or patch the fields that it changed, and takes them from the others."""
    old = paths_of(node, before) if before is not None else {}
    new = paths_of(node, after)
    changed = frozenset(path for path, value in new.items() if path not in old or _differs(path, old[path], value))
    entries = _entries(before) if before is not None else []
    kept: list[_Entry] = []
    mine = frozenset[FieldPath]()
    time = ""
    for entry in entries:
        if writer.owns(entry):
            mine, time = entry.paths, entry.time
        else:
            kept.append(replace(entry, paths=frozenset(entry.paths - changed) & new.keys()))
    owned = frozenset(mine | changed) & new.keys()
    if owned:
        kept.append(_entry_of(writer, owned, writer.time if owned != mine or changed else time))
    _write(after, kept)


def _differs(path: FieldPath, old: Any, new: Any) -> bool:
    return not path[-1].startswith("k:") and bool(old != new)


def _entry_of(writer: Writer, paths: FieldPaths, time: str) -> _Entry:
    return _Entry(
        manager=writer.manager,
        operation=writer.operation,
        api_version=writer.api_version,
        subresource=writer.subresource,
        time=time,
        paths=paths,
    )


def _write(obj: JsonObject, entries: list[_Entry]) -> None:
    living = sorted((entry for entry in entries if entry.paths), key=lambda each: (each.operation, each.time))
    if living:
        obj["metadata"]["managedFields"] = [entry.to_json() for entry in living]
    else:
        obj["metadata"].pop("managedFields", None)


def apply(node: JsonObject, live: JsonObject, applied: JsonObject, writer: Writer) -> JsonObject:
    """Server-side apply: the live object with the applied fields set, and those given up removed.

    Raises 409 with a cause per field when another manager owns a field with another value, unless forced.
    """
    wanted = paths_of(node, applied)
    current = paths_of(node, live)
    entries = _entries(live)
    others = [entry for entry in entries if not writer.owns(entry)]
    mine = frozenset[FieldPath]().union(*(entry.paths for entry in entries if writer.owns(entry)))
    contested = {path for path, value in wanted.items() if path in current and _differs(path, current[path], value)}
    if not writer.force:
        _refuse_conflicts(others, contested)
    held = frozenset[FieldPath]().union(*(entry.paths for entry in others))
    needed = frozenset(path[:length] for path in held for length in range(1, len(path) + 1))
    given_up = mine - wanted.keys() - needed
    merged: JsonObject = _merge(node, _removed(node, live, given_up), applied)
    merged["metadata"]["managedFields"] = live["metadata"].get("managedFields", [])
    kept = [replace(entry, paths=frozenset(entry.paths - contested)) for entry in others]
    unchanged = frozenset(wanted) == mine and not contested
    time = next((entry.time for entry in entries if writer.owns(entry)), writer.time) if unchanged else writer.time
    _write(merged, [*kept, _entry_of(writer, frozenset(wanted), time)])
    return merged


def _refuse_conflicts(others: list[_Entry], contested: set[FieldPath]) -> None:
    causes = [
        Cause(
            reason="FieldManagerConflict",
            message=f'conflict with "{entry.manager}"{_qualifier(entry)}',
            field=readable(path),
        )
        for entry in others
        for path in sorted(entry.paths & contested)
    ]
    if causes:
        raise apply_conflict(causes)


def _qualifier(entry: _Entry) -> str:
    part = f' with subresource "{entry.subresource}"' if entry.subresource else ""
    return part + (f" using {entry.api_version}" if entry.operation == "Update" else "")


def _merge(node: JsonObject, live: Any, applied: Any) -> Any:
    if isinstance(applied, dict) and isinstance(live, dict) and not is_atomic(node):
        merged = dict(live)
        for name, value in applied.items():
            merged[name] = _merge(child_node(node, name), live.get(name), value)
        return merged
    list_type = node.get("x-kubernetes-list-type", "atomic")
    if isinstance(applied, list) and isinstance(live, list) and list_type == "map":
        return _merge_items(node, live, applied)
    if isinstance(applied, list) and isinstance(live, list) and list_type == "set":
        return [*live, *(item for item in applied if item not in live)]
    return applied


def _merge_items(node: JsonObject, live: list[Any], applied: list[Any]) -> list[Any]:
    items = {item_element(node, item): item for item in live}
    for item in applied:
        element = item_element(node, item)
        items[element] = _merge(node.get("items", {}), items[element], item) if element in items else item
    return list(items.values())


def _removed(node: JsonObject, value: Any, paths: FieldPaths) -> Any:
    """The value without what is at the given paths; a container that this empties goes too."""
    if not paths:
        return value
    if isinstance(value, dict):
        kept: JsonObject = {}
        for name, item in value.items():
            _keep_field(kept, name, child_node(node, name), item, paths)
        return kept
    if isinstance(value, list):
        return _kept_items(node, value, paths)
    return value


def _below(paths: FieldPaths, element: str) -> FieldPaths:
    return frozenset(path[1:] for path in paths if path[0] == element)


def _keep_field(kept: JsonObject, name: str, child: JsonObject, item: Any, paths: FieldPaths) -> None:
    below = _below(paths, f"f:{name}")
    if () in below:
        return
    remaining = _removed(child, item, below)
    if not (below and remaining in ({}, []) and item not in ({}, [])):
        kept[name] = remaining


def _kept_items(node: JsonObject, items: list[Any], paths: FieldPaths) -> list[Any]:
    if node.get("x-kubernetes-list-type") == "set":
        gone = {path[0] for path in paths}
        return [item for item in items if value_element(item) not in gone]
    kept: list[Any] = []
    for item in items:
        below = _below(paths, item_element(node, item)) if isinstance(item, dict) else frozenset[FieldPath]()
        if () not in below:
            kept.append(_removed(node.get("items", {}), item, below))
    return kept
