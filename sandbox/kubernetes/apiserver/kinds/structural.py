"""Validation and defaulting of custom resources by the structural schema of their CRD.

Messages are those of the API server's OpenAPI validation. CEL rules are judged where the schema finds nothing wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sandbox.kubernetes.apiserver.errors import (
    UNSHOWN,
    Fault,
    FieldError,
    duplicate,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.rules import parse_rule
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def apply_defaults(schema: JsonObject, value: Any) -> None:
    """Sets the defaults that the schema names, in place; a null where none is allowed counts as left out."""
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        for name, node in properties.items():
            missing = name not in value or (value[name] is None and not node.get("nullable"))
            if missing and "default" in node:
                value[name] = deep_copy(node["default"])
            if name in value:
                apply_defaults(node, value[name])
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for name in value.keys() - properties.keys():
                apply_defaults(extra, value[name])
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            apply_defaults(schema["items"], item)


def schema_errors(schema: JsonObject, value: Any, field: str) -> list[FieldError]:
    """Everything in the value that its schema does not allow."""
    if value is None and schema.get("nullable"):
        return []
    wrong_type = _type_error(schema, value, field)
    if wrong_type is not None:
        return [wrong_type]
    errors = [*_enum_errors(schema, value, field), *_junctor_errors(schema, value, field)]
    if isinstance(value, dict):
        errors += _object_errors(schema, value, field)
    elif isinstance(value, list):
        errors += _array_errors(schema, value, field)
    elif isinstance(value, str):
        errors += _string_errors(schema, value, field)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        errors += _number_errors(schema, value, field)
    return errors


def rule_errors(schema: JsonObject, value: Any, field: str) -> Iterator[FieldError]:
    """Everything in a value of the right shape that breaks a CEL rule of its schema."""
    for rule in schema.get("x-kubernetes-validations") or []:
        if not parse_rule(rule["rule"])(value):
            detail = rule.get("message") or f"failed rule: {rule['rule']}"
            yield invalid_value(field, UNSHOWN, detail)
    if isinstance(value, dict):
        properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            node = properties.get(name, extra if isinstance(extra, dict) else None)
            if node is not None:
                yield from rule_errors(node, item, _join(field, name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from rule_errors(schema.get("items") or {}, item, f"{field}[{at}]")


def _type_error(schema: JsonObject, value: Any, field: str) -> FieldError | None:
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, int | str) and not isinstance(value, bool):
            return None
        return _body_error(Fault.TYPE, field, _type_name(value), "must be of type integer,string", value)
    kind = schema.get("type")
    if not kind:
        return None
    fits = isinstance(value, _TYPES[kind]) and not (isinstance(value, bool) and kind in {"integer", "number"})
    if fits or (kind == "integer" and isinstance(value, float) and value.is_integer()):
        return None
    return _body_error(Fault.TYPE, field, _type_name(value), f"must be of type {kind}", value)


def _type_name(value: Any) -> str:
    return "null" if value is None else _NAMES[type(value)]


def _body_error(fault: Fault, field: str, shown: Any, text: str, value: Any) -> FieldError:
    detail = f"{field} in body {text}: {json.dumps(_type_name(value))}"
    return FieldError(fault=fault, field=field, value=shown, detail=detail)


def _enum_errors(schema: JsonObject, value: Any, field: str) -> Iterator[FieldError]:
    choices = schema.get("enum")
    if choices is not None and value not in choices:
        yield unsupported(
            field, value, [choice if isinstance(choice, str) else json.dumps(choice) for choice in choices]
        )


def _junctor_errors(schema: JsonObject, value: Any, field: str) -> list[FieldError]:
    errors = [error for part in schema.get("allOf") or [] for error in schema_errors(part, value, field)]
    if schema.get("anyOf") and all(schema_errors(part, value, field) for part in schema["anyOf"]):
        errors.append(invalid_value(field, value, f"{field} in body must validate at least one schema (anyOf)"))
    if schema.get("oneOf") and sum(not schema_errors(part, value, field) for part in schema["oneOf"]) != 1:
        errors.append(invalid_value(field, value, f"{field} in body must validate one and only one schema (oneOf)"))
    if schema.get("not") and not schema_errors(schema["not"], value, field):
        errors.append(invalid_value(field, value, f"{field} in body must not validate the schema (not)"))
    return errors


def _object_errors(schema: JsonObject, value: JsonObject, field: str) -> list[FieldError]:
    properties = schema.get("properties") or {}
    errors = [required(_join(field, name)) for name in schema.get("required") or [] if value.get(name) is None]
    extra = schema.get("additionalProperties")
    for name, item in value.items():
        node = properties.get(name, extra if isinstance(extra, dict) else None)
        if node is not None and not (item is None and name not in (schema.get("required") or [])):
            errors += schema_errors(node, item, _join(field, name))
    low, high = schema.get("minProperties"), schema.get("maxProperties")
    if low is not None and len(value) < low:
        errors.append(invalid_value(field, len(value), f"{field} in body should have at least {low} properties"))
    if high is not None and len(value) > high:
        errors.append(
            FieldError(fault=Fault.TOO_MANY, field=field, detail=f"{len(value)}: must have at most {high} items")
        )
    return errors


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _array_errors(schema: JsonObject, value: list[Any], field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low is not None and len(value) < low:
        errors.append(invalid_value(field, len(value), f"{field} in body should have at least {low} items"))
    if high is not None and len(value) > high:
        errors.append(
            FieldError(fault=Fault.TOO_MANY, field=field, detail=f"{len(value)}: must have at most {high} items")
        )
    for at, item in enumerate(value):
        errors += schema_errors(schema.get("items") or {}, item, f"{field}[{at}]")
    return errors + list(_repeated(schema, value, field))


def _repeated(schema: JsonObject, value: list[Any], field: str) -> Iterator[FieldError]:
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    if kind not in {"map", "set"}:
        return
    seen: list[Any] = []
    for at, item in enumerate(value):
        identity = {key: item.get(key) for key in keys} if kind == "map" and isinstance(item, dict) else item
        if identity in seen:
            yield duplicate(f"{field}[{at}]", identity)
        seen.append(identity)


def _string_errors(schema: JsonObject, value: str, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    low, high, pattern = schema.get("minLength"), schema.get("maxLength"), schema.get("pattern")
    if low is not None and len(value) < low:
        errors.append(invalid_value(field, value, f"{field} in body should be at least {low} chars long"))
    if high is not None and len(value) > high:
        errors.append(FieldError(fault=Fault.TOO_LONG, field=field, detail=f"may not be more than {high} bytes"))
    if pattern and not re.search(pattern, value):
        errors.append(invalid_value(field, value, f"{field} in body should match '{pattern}'"))
    return errors


def _number_errors(schema: JsonObject, value: float, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    low, high, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    if low is not None and (value < low or (schema.get("exclusiveMinimum") and value == low)):
        words = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        errors.append(invalid_value(field, value, f"{field} in body should be {words} {low}"))
    if high is not None and (value > high or (schema.get("exclusiveMaximum") and value == high)):
        words = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        errors.append(invalid_value(field, value, f"{field} in body should be {words} {high}"))
    if step and value % step:
        errors.append(invalid_value(field, value, f"{field} in body should be a multiple of {step}"))
    return errors
