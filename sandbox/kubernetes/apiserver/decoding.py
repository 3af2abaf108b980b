"""Makes a typed object of a request body: unknown fields are found and dropped, types are checked.

Messages are those of a real API server, which decodes into Go structs (field validation, server side).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml

from sandbox.kubernetes.apiserver.errors import ApiError, bad_request
from sandbox.kubernetes.apiserver.objects import JsonObject, timestamp
from sandbox.kubernetes.apiserver.schemas import definition_name, resolve

_MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
_GO_TYPES = {"integer": "int32", "string": "string", "boolean": "bool", "number": "float64"}
_JSON_NAMES = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


class Mismatch(Exception):  # noqa: N818 - a value that does not fit, before it becomes an answer
    """A value that the field's Go type cannot hold."""


def parse_body(body: bytes, media_type: str, kind: str) -> JsonObject:
    """The JSON or YAML object of a request body; 400 when it is none."""
    try:
        parsed = yaml.safe_load(body) if media_type.endswith("yaml") else json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        shown = body.decode(errors="replace")[:256] or "<empty>"
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): "
            f"couldn't get version/kind; json parse error: {error} ({shown})"
        ) from error
    if not isinstance(parsed, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): it is not a JSON object")
    return parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """An object that holds known fields only, and the paths of the fields that were dropped."""

    object: JsonObject
    unknown: tuple[str, ...]


def decode(node: JsonObject, obj: JsonObject, *, typed: bool) -> Decoded:
    """Reads an object by its schema.

    With `typed` a value of the wrong type raises Mismatch, as it does for built-in kinds. Otherwise it is kept:
    custom resources are judged later, by their validation.
    """
    walker = _Walker(typed=typed)
    value = walker.read(node, obj, "", "")
    return Decoded(object=value, unknown=tuple(walker.unknown))


def cannot_handle(*, kind: str, api_version: str, expected: str, why: str) -> ApiError:
    version = api_version.rpartition("/")[2]
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {expected}: {why}')


@dataclass(slots=True, kw_only=True)
class _Walker:
    typed: bool
    unknown: list[str] = field(default_factory=list)

    def read(self, node: JsonObject, value: Any, path: str, struct: str) -> Any:
        struct = definition_name(node).removeprefix("V1") or struct
        in_meta = self.typed or struct == "ObjectMeta"
        schema = resolve(node)
        if schema.get("x-kubernetes-preserve-unknown-fields") and "properties" not in schema:
            return value
        if schema.get("x-kubernetes-embedded-resource"):
            return value
        if schema.get("x-kubernetes-int-or-string"):
            return self._int_or_string(value, path, struct)
        if schema.get("format") == "quantity":
            return self._quantity(value, path, struct)
        kind = schema.get("type", "")
        if kind == "object" and isinstance(value, dict):
            return self._object(schema, value, path, struct)
        if kind == "array" and isinstance(value, list):
            item = schema.get("items", {})
            return [self.read(item, each, f"{path}[{at}]", struct) for at, each in enumerate(value)]
        if in_meta:
            return self._scalar(schema, value, path, struct)
        return value

    def _object(self, schema: JsonObject, value: JsonObject, path: str, struct: str) -> JsonObject:
        properties = schema.get("properties")
        if properties is None:
            return self._map(schema.get("additionalProperties"), value, path, struct)
        keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
        out: JsonObject = {}
        for name, item in value.items():
            where = f"{path}.{name}" if path else name
            node = properties.get(name)
            if node is not None:
                self._property(node, name, item, where, struct, out, schema)
            elif keep:
                out[name] = item
            else:
                self.unknown.append(where)
        return out

    def _property(
        self, node: JsonObject, name: str, item: Any, where: str, struct: str, out: JsonObject, schema: JsonObject
    ) -> None:
        read = None if item is None else self.read(node, item, where, struct)
        if read is None and (self.typed or struct == "ObjectMeta"):
            return
        if self._vanishes(node, read, struct):
            if name in schema.get("required", ()):
                out[name] = None
            return
        out[name] = read

    def _vanishes(self, node: JsonObject, value: Any, struct: str) -> bool:
        """Go leaves out an empty list or map; one in a field that must be there is written as null."""
        if value not in ({}, []) or not (self.typed or struct == "ObjectMeta"):
            return False
        schema = resolve(node)
        return "properties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields")

    def _map(self, values: Any, value: JsonObject, path: str, struct: str) -> JsonObject:
        if isinstance(values, dict):
            return {
                key: self.read(values, "" if item is None and self.typed else item, path, struct)
                for key, item in value.items()
            }
        if values is True or self.typed:
            return value
        self.unknown.extend(f"{path}.{key}" if path else key for key in value)
        return {}

    def _int_or_string(self, value: Any, path: str, struct: str) -> Any:
        if self.typed and (isinstance(value, bool) or not isinstance(value, int | str)):
            raise self._mismatch(value, path, struct, "intstr.IntOrString")
        return value

    def _quantity(self, value: Any, path: str, struct: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self._mismatch(value, path, struct, "resource.Quantity")
        return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)

    def _scalar(self, schema: JsonObject, value: Any, path: str, struct: str) -> Any:
        kind = schema.get("type", "")
        expected: tuple[type, ...] = {
            "string": (str,),
            "integer": (int,),
            "number": (int, float),
            "boolean": (bool,),
        }.get(kind, ())
        if kind in {"integer", "number"} and isinstance(value, bool):
            expected = ()
        if kind == "integer" and isinstance(value, float) and value.is_integer():
            return int(value)
        if kind and not isinstance(value, expected):
            raise self._mismatch(value, path, struct, _GO_TYPES.get(kind, f"v1.{struct}"))
        return _formatted(schema.get("format", ""), value)

    @staticmethod
    def _mismatch(value: Any, path: str, struct: str, go_type: str) -> Mismatch:
        place = re.sub(r"\[\d+\]", "", path)
        return Mismatch(
            f"json: cannot unmarshal {_JSON_NAMES.get(type(value), 'null')} "
            f"into Go struct field {struct}.{place} of type {go_type}"
        )


def _formatted(form: str, value: Any) -> Any:
    if form == "date-time":
        return timestamp(_moment(value, "2006-01-02T15:04:05Z07:00"))
    if form == "micro-time":
        if not _MICRO_TIME.fullmatch(value):
            layout = "2006-01-02T15:04:05.000000Z07:00"
            raise Mismatch(f'parsing time "{value}" as "{layout}": cannot parse "{value[19:]}" as ".000000"')
        moment = _moment(value, "2006-01-02T15:04:05.000000Z07:00")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if form == "byte":
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise Mismatch("illegal base64 data at input byte 0") from error
    return value


def _moment(value: str, layout: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Mismatch(f'parsing time "{value}" as "{layout}": cannot parse "{value}"') from error
    if moment.tzinfo is None:
        raise Mismatch(f'parsing time "{value}" as "{layout}": cannot parse "" as "Z07:00"')
    return moment
