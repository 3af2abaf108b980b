"""What the API server answers instead of an object: metav1.Status with its code, reason and causes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.kubernetes.apiserver.objects import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One entry of Status.details.causes."""

    reason: str
    message: str
    field: str = ""

    def to_json(self) -> JsonObject:
        cause = {"reason": self.reason, "message": self.message}
        return {**cause, "field": self.field} if self.field else cause


class ApiError(Exception):
    """A refusal that becomes an HTTP answer with a metav1.Status body."""

    def __init__(
        self,
        *,
        code: int,
        reason: str,
        message: str,
        details: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def to_status(self) -> JsonObject:
        status: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status


def success(*, name: str, group: str, plural: str, uid: str) -> JsonObject:
    """The Status that answers the deletion of an object that is gone at once."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": _details(name=name, group=group, kind=plural, uid=uid),
    }


def _details(*, name: str = "", group: str = "", kind: str = "", uid: str = "") -> JsonObject:
    values = {"name": name, "group": group, "kind": kind, "uid": uid}
    return {key: value for key, value in values.items() if value}


def qualified(plural: str, group: str) -> str:
    """How messages name a resource: `ingresses.networking.k8s.io`, or `pods` for the core group."""
    return f"{plural}.{group}" if group else plural


def bad_request(message: str) -> ApiError:
    return ApiError(code=400, reason="BadRequest", message=message)


def not_found(*, plural: str, group: str, name: str) -> ApiError:
    return ApiError(
        code=404,
        reason="NotFound",
        message=f'{qualified(plural, group)} "{name}" not found',
        details=_details(name=name, group=group, kind=plural),
    )


def no_such_resource() -> ApiError:
    return ApiError(code=404, reason="NotFound", message="the server could not find the requested resource", details={})


def already_exists(*, plural: str, group: str, name: str) -> ApiError:
    return ApiError(
        code=409,
        reason="AlreadyExists",
        message=f'{qualified(plural, group)} "{name}" already exists',
        details=_details(name=name, group=group, kind=plural),
    )


def conflict(*, plural: str, group: str, name: str, why: str, causes: Sequence[Cause] = ()) -> ApiError:
    details = _details(name=name, group=group, kind=plural)
    if causes:
        details["causes"] = [cause.to_json() for cause in causes]
    return ApiError(
        code=409,
        reason="Conflict",
        message=f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}',
        details=details,
    )


def apply_conflict(causes: Sequence[Cause]) -> ApiError:
    """Server-side apply: fields that another manager owns with another value."""
    count = len(causes)
    head = f"Apply failed with {count} conflict{'s' if count > 1 else ''}: "
    if count == 1:
        text = f"{causes[0].message}: {causes[0].field}"
    else:
        by_manager: dict[str, list[str]] = {}
        for cause in causes:
            by_manager.setdefault(cause.message, []).append(cause.field)
        text = "\n".join(
            f"{'conflicts' if len(fields) > 1 else 'conflict'} {message.removeprefix('conflict ')}:\n"
            + "\n".join(f"- {field}" for field in fields)
            for message, fields in by_manager.items()
        )
    return ApiError(
        code=409,
        reason="Conflict",
        message=head + text,
        details={"causes": [cause.to_json() for cause in causes]},
    )


def forbidden(*, plural: str, group: str, name: str, why: str, causes: Sequence[Cause] = ()) -> ApiError:
    details = _details(name=name, group=group, kind=plural)
    if causes:
        details["causes"] = [cause.to_json() for cause in causes]
    subject = f'{qualified(plural, group)} "{name}"' if name else qualified(plural, group)
    return ApiError(code=403, reason="Forbidden", message=f"{subject} is forbidden: {why}", details=details)


def expired(message: str) -> ApiError:
    return ApiError(code=410, reason="Expired", message=message)


def method_not_allowed() -> ApiError:
    return ApiError(
        code=405,
        reason="MethodNotAllowed",
        message="the server does not allow this method on the requested resource",
        details={},
    )


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    return ApiError(
        code=406,
        reason="NotAcceptable",
        message=f"only the following media types are accepted: {', '.join(accepted)}",
        details={},
    )


def unsupported_media_type(supported: Sequence[str]) -> ApiError:
    return ApiError(
        code=415,
        reason="UnsupportedMediaType",
        message=(
            "the body of the request was in an unknown format - accepted media types include: " + ", ".join(supported)
        ),
        details={},
    )


def too_large_resource_version(*, asked: int, current: int) -> ApiError:
    return ApiError(
        code=504,
        reason="Timeout",
        message=f"Timeout: Too large resource version: {asked}, current: {current}",
        details={
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
    )


def unprocessable() -> ApiError:
    """A JSON patch that cannot be applied; the reason is not given to the caller."""
    return ApiError(
        code=422,
        reason="Invalid",
        message="the server rejected our request due to an error in our request",
        details={},
    )


class Fault(Enum):
    """Kinds of field error (apimachinery, util/validation/field), with the words that introduce each."""

    INVALID = ("FieldValueInvalid", "Invalid value")
    REQUIRED = ("FieldValueRequired", "Required value")
    DUPLICATE = ("FieldValueDuplicate", "Duplicate value")
    UNSUPPORTED = ("FieldValueNotSupported", "Unsupported value")
    NOT_FOUND = ("FieldValueNotFound", "Not found")
    FORBIDDEN = ("FieldValueForbidden", "Forbidden")
    TOO_LONG = ("FieldValueTooLong", "Too long")
    TOO_MANY = ("FieldValueTooMany", "Too many")
    TYPE = ("FieldValueTypeInvalid", "Invalid value")


UNSHOWN = object()
"""Stands for a value that is too large to be repeated in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing that is wrong with an object, at one of its fields."""

    fault: Fault
    field: str
    value: Any = None
    detail: str = ""

    @property
    def message(self) -> str:
        words = self.fault.value[1]
        if self.fault in {Fault.REQUIRED, Fault.FORBIDDEN, Fault.TOO_LONG, Fault.TOO_MANY} or self.value is UNSHOWN:
            text = words
        else:
            text = f"{words}: {_shown(self.value)}"
        return f"{text}: {self.detail}" if self.detail else text

    def to_cause(self) -> Cause:
        return Cause(reason=self.fault.value[0], message=self.message, field=self.field)


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def unsupported(field: str, value: Any, supported: Sequence[str]) -> FieldError:
    """A value outside a closed set; the set is named in order."""
    listed = ", ".join(f'"{item}"' for item in sorted(supported))
    return FieldError(fault=Fault.UNSUPPORTED, field=field, value=value, detail=f"supported values: {listed}")


def invalid_value(field: str, value: Any, detail: str) -> FieldError:
    return FieldError(fault=Fault.INVALID, field=field, value=value, detail=detail)


def required(field: str, detail: str = "") -> FieldError:
    return FieldError(fault=Fault.REQUIRED, field=field, detail=detail)


def duplicate(field: str, value: Any) -> FieldError:
    return FieldError(fault=Fault.DUPLICATE, field=field, value=value)


def forbidden_field(field: str, detail: str) -> FieldError:
    return FieldError(fault=Fault.FORBIDDEN, field=field, detail=detail)


def immutable(field: str, value: Any) -> FieldError:
    return invalid_value(field, value, "field is immutable")


def invalid(*, kind: str, group: str, name: str, errors: Sequence[FieldError]) -> ApiError:
    """All field errors of one object, as 422 Invalid."""
    listed = [f"{error.field}: {error.message}" for error in errors]
    text = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
    details = _details(name=name, group=group, kind=kind)
    details["causes"] = [error.to_cause().to_json() for error in errors]
    return ApiError(
        code=422,
        reason="Invalid",
        message=f'{qualified(kind, group)} "{name}" is invalid: {text}',
        details=details,
    )
