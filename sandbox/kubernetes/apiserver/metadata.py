"""What holds for the metadata of every kind: its system fields, its validation, and what may not change."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

from sandbox.kubernetes.apiserver.errors import (
    Fault,
    FieldError,
    bad_request,
    forbidden_field,
    immutable,
    invalid_value,
    required,
)
from sandbox.kubernetes.apiserver.kinds.names import (
    ANNOTATIONS_LIMIT,
    annotation_errors,
    label_errors,
    qualified_name,
    subdomain,
)
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource

_NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Of generated names: no vowels, so that no words arise (apimachinery, util/rand)."""
_MAX_GENERATED_BASE = 58
_SYSTEM_FIELDS = (
    "resourceVersion",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "uid",
    "creationTimestamp",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What a new object gets by chance, settled once for a request: working on it twice makes the same object."""

    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    suffix: str = field(default_factory=lambda: "".join(random.choices(_NAME_ALPHABET, k=5)))  # noqa: S311 - no secret
    """End of a generated name."""


def wipe(metadata: JsonObject) -> None:
    """Takes out what a client cannot say about a new object; 400 when it says a resourceVersion."""
    if metadata.get("resourceVersion") not in {None, "", "0"}:
        raise bad_request("resourceVersion should not be set on objects to be created")
    for key in _SYSTEM_FIELDS:
        metadata.pop(key, None)


def begin(resource: Resource, metadata: JsonObject, now: str, birth: Birth) -> None:
    """Sets the system fields of a new object."""
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"][:_MAX_GENERATED_BASE] + birth.suffix
    metadata["uid"] = birth.uid
    metadata["creationTimestamp"] = now
    if resource.generation:
        metadata["generation"] = 1


def carry_over(metadata: JsonObject, old: JsonObject) -> None:
    """Puts back what an update cannot say."""
    for key in ("creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName"):
        if key in old:
            metadata[key] = old[key]
        else:
            metadata.pop(key, None)
    metadata.pop("selfLink", None)
    metadata.setdefault("uid", old["uid"])


def errors_of(resource: Resource, strategy: Strategy, metadata: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    name = metadata.get("name", "")
    if not name:
        errors.append(required("metadata.name", "name or generateName is required"))
    else:
        errors.extend(invalid_value("metadata.name", name, text) for text in strategy.name(name))
    if resource.namespaced and not metadata.get("namespace"):
        errors.append(required("metadata.namespace"))
    errors.extend(label_errors(metadata.get("labels") or {}, "metadata.labels"))
    errors.extend(_annotation_errors(metadata.get("annotations") or {}))
    errors.extend(_owner_errors(metadata.get("ownerReferences") or []))
    errors.extend(_finalizer_errors(metadata.get("finalizers") or []))
    return errors


def _annotation_errors(annotations: JsonObject) -> list[FieldError]:
    errors = annotation_errors(annotations, "metadata.annotations")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        detail = f"may not be more than {ANNOTATIONS_LIMIT} bytes"
        errors.append(FieldError(fault=Fault.TOO_LONG, field="metadata.annotations", detail=detail))
    return errors


def _owner_errors(owners: list[JsonObject]) -> list[FieldError]:
    errors: list[FieldError] = []
    controllers: list[str] = []
    for at, owner in enumerate(owners):
        field = f"metadata.ownerReferences[{at}]"
        for key, detail in (("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid")):
            if not owner.get(key):
                errors.append(invalid_value(f"{field}.{key}", owner.get(key, ""), f"{detail} must not be empty"))
        if owner.get("controller"):
            controllers.append(owner.get("name", ""))
    if len(controllers) > 1:
        detail = (
            'Only one reference can have Controller set to true. Found "true" in references for '
            f"{controllers[0]} and {controllers[1]}"
        )
        errors.append(invalid_value("metadata.ownerReferences", owners, detail))
    return errors


def _finalizer_errors(finalizers: list[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    for at, finalizer in enumerate(finalizers):
        field = f"metadata.finalizers[{at}]"
        errors.extend(invalid_value("metadata.finalizers", finalizer, text) for text in qualified_name(finalizer))
        if "/" not in finalizer and finalizer not in {"orphan", "foregroundDeletion"} and not subdomain(finalizer):
            errors.extend(_unqualified_finalizer(field, finalizer))
    return errors


def _unqualified_finalizer(field: str, finalizer: str) -> list[FieldError]:
    if "." in finalizer:
        return []
    return [invalid_value(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")]


def update_errors(metadata: JsonObject, old: JsonObject) -> list[FieldError]:
    errors = [
        immutable(f"metadata.{key}", metadata.get(key, ""))
        for key in ("name", "namespace", "uid")
        if metadata.get(key, "") != old.get(key, "")
    ]
    added = sorted(set(metadata.get("finalizers") or []) - set(old.get("finalizers") or []))
    if old.get("deletionTimestamp") and added:
        listed = ", ".join(f'"{finalizer}"' for finalizer in added)
        detail = (
            f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{listed}}}"
        )
        errors.append(forbidden_field("metadata.finalizers", detail))
    return errors
