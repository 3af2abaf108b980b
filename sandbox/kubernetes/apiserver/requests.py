"""What a request asks for, read from its path and query: shared by the HTTP layer and the operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.kubernetes.apiserver.errors import ApiError, FieldError, invalid, unsupported
from sandbox.kubernetes.apiserver.metadata import Birth
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.reviews import NO_REVIEW, Review


class FieldValidation(StrEnum):
    """What becomes of unknown fields: an error, a Warning header, or nothing."""

    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


_VALIDATIONS = ("", *(each.value for each in FieldValidation))


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
    named_manager: bool = False
    """Whether the request has said its field manager, and not only its user agent."""
    dry_run: bool = False
    force: bool = False
    field_validation: FieldValidation = FieldValidation.WARN
    birth: Birth = field(default_factory=Birth)
    review: Review = NO_REVIEW


@dataclass(slots=True)
class Warnings:
    """Texts for Warning headers, gathered while a request is worked on."""

    texts: list[str] = field(default_factory=list)


def write_options(query: Mapping[str, str], user_agent: str, kind: str) -> WriteOptions:
    """Reads dryRun, fieldManager, fieldValidation and force; 422 for a value that none of them has.

    `kind` is that of the options object, as it is named in refusals: `CreateOptions`, `PatchOptions`.
    """
    validation = query.get("fieldValidation", "")
    if validation not in _VALIDATIONS:
        raise bad_options(kind, unsupported("fieldValidation", validation, _VALIDATIONS))
    return WriteOptions(
        field_manager=query.get("fieldManager") or user_agent.partition("/")[0] or "unknown",
        named_manager=bool(query.get("fieldManager")),
        dry_run=read_dry_run(query.get("dryRun", ""), kind),
        force=is_true(query.get("force", "")),
        field_validation=FieldValidation(validation or FieldValidation.WARN),
    )


def read_dry_run(text: str, kind: str) -> bool:
    """Whether nothing is to be kept; 422 for any value but All."""
    if text not in {"", "All"}:
        raise bad_options(kind, unsupported("dryRun", [text], ["All"]))
    return text == "All"


def bad_options(kind: str, error: FieldError) -> ApiError:
    """A query parameter, or an options body, that cannot be."""
    return invalid(kind=kind, group="meta.k8s.io", name="", errors=[error])


def is_true(text: str) -> bool:
    """A boolean query parameter as Kubernetes reads it: anything but 0 and false, if it is there at all."""
    return text.lower() not in {"", "0", "false"}
