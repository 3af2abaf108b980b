"""The shape of a kind's own rules; the operations call them at the right moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.kubernetes.apiserver.errors import FieldError
from sandbox.kubernetes.apiserver.objects import JsonObject


def _nothing(_obj: JsonObject) -> None:
    return None


def _no_update(_new: JsonObject, _old: JsonObject) -> None:
    return None


def _no_mark(_obj: JsonObject, _now: str) -> None:
    return None


def _never(_obj: JsonObject) -> bool:
    return False


def _no_errors(_obj: JsonObject) -> list[FieldError]:
    return []


def _no_update_errors(_new: JsonObject, _old: JsonObject) -> list[FieldError]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Rules of one kind. Defaulting changes the object it is given; validation only looks."""

    name: Callable[[str], list[str]]
    """What is wrong with a name, as the messages of apimachinery's name validation."""
    default: Callable[[JsonObject], None] = _nothing
    """Sets what was left out, on every write."""
    prepare: Callable[[JsonObject], None] = _nothing
    """Sets what only a new object gets."""
    prepare_update: Callable[[JsonObject, JsonObject], None] = _no_update
    """New and old object: settles what follows from the change, before defaults are set."""
    validate: Callable[[JsonObject], list[FieldError]] = _no_errors
    validate_new: Callable[[JsonObject], list[FieldError]] = _no_errors
    """Rules that only hold for new objects; on top of `validate`."""
    validate_update: Callable[[JsonObject, JsonObject], list[FieldError]] = _no_update_errors
    """New and old object; comes on top of `validate`."""
    initial_status: JsonObject | None = None
    """The status of a new object; None for kinds without one."""
    keeps_status: bool = False
    """Whether a new object keeps the status that it comes with, as nodes do."""
    generation_metadata: tuple[str, ...] = ()
    """Which metadata, `labels` or `annotations`, bump the generation too when they change."""
    prepare_delete: Callable[[JsonObject, str], None] = _no_mark
    """The object and the time: what is noted on an object when its deletion begins."""
    waits: Callable[[JsonObject], bool] = _never
    """Whether a deleted object stays for another reason than its finalizers."""
    validate_status: Callable[[JsonObject, JsonObject], list[FieldError]] = _no_update_errors
    """New and old object, for writes to the status subresource."""
