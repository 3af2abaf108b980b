"""What a write asks of webhooks before it takes effect; `webhooks` answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource


class Operation(StrEnum):
    """What is being done, as AdmissionReview names it."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One write: `object` as it would be (None for a deletion), `old_object` as it is (None for a new one)."""

    operation: Operation
    resource: Resource
    namespace: str
    name: str
    subresource: str = ""
    object: JsonObject | None = None
    old_object: JsonObject | None = None
    dry_run: bool = False
    options: JsonObject = field(default_factory=dict)


class Review(Protocol):
    """Both calls raise ApiError for a refusal."""

    def mutate(self, asked: Asked, with_defaults: Callable[[], JsonObject | None]) -> JsonObject | None:
        """The object as it is to be written; None: as it is. `with_defaults` makes what webhooks are shown."""

    def validate(self, asked: Asked) -> None:
        """Returns when no webhook objects."""


class _NoReview:
    def mutate(self, asked: Asked, with_defaults: Callable[[], JsonObject | None]) -> JsonObject | None:
        return None

    def validate(self, asked: Asked) -> None:
        return None


NO_REVIEW: Review = _NoReview()
"""For writes of the API server itself."""
