"""What a request asks for, read from its path and query: shared by the HTTP layer and the operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.kubernetes.apiserver.errors import bad_request
from sandbox.kubernetes.apiserver.resources import Resource


class FieldValidation(StrEnum):
    """What becomes of unknown fields: an error, a Warning header, or nothing."""

    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The object, or the collection, that a request is about."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.namespace, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """The query parameters of a write."""

    field_manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    field_validation: FieldValidation = FieldValidation.WARN


@dataclass(slots=True)
class Warnings:
    """Texts for Warning headers, gathered while a request is worked on."""

    texts: list[str] = field(default_factory=list)


def write_options(query: Mapping[str, str], user_agent: str) -> WriteOptions:
    """Reads dryRun, fieldManager, fieldValidation and force; 400 for a value that none of them has."""
    dry_run = query.get("dryRun", "")
    if dry_run not in {"", "All"}:
        raise bad_request(f'Invalid value: "{dry_run}": dryRun: Unsupported value: supported values: "All"')
    validation = query.get("fieldValidation") or FieldValidation.WARN.value
    try:
        field_validation = FieldValidation(validation)
    except ValueError as error:
        raise bad_request(
            f'fieldValidation: Unsupported value: "{validation}": supported values: "Ignore", "Strict", "Warn"'
        ) from error
    return WriteOptions(
        field_manager=query.get("fieldManager") or user_agent.partition("/")[0] or "unknown",
        dry_run=dry_run == "All",
        force=is_true(query.get("force", "")),
        field_validation=field_validation,
    )


def is_true(text: str) -> bool:
    """A boolean query parameter as Kubernetes reads it: anything but 0 and false, if it is there at all."""
    return text.lower() not in {"", "0", "false"}
