"""Label and field selectors: read from a query string, matched against objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sandbox.kubernetes.apiserver.errors import bad_request
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource

_TOKEN = re.compile(r"\s*(==|!=|=|>|<|\(|\)|,|!|[^\s=!<>(),]+)")
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


class Operator(Enum):
    IN = "in"
    NOT_IN = "notin"
    EXISTS = "exists"
    ABSENT = "!"
    GREATER = ">"
    LESS = "<"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition on one label or field."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, values: Mapping[str, str]) -> bool:
        present = self.key in values
        match self.operator:
            case Operator.EXISTS:
                return present
            case Operator.ABSENT:
                return not present
            case Operator.IN:
                return present and values[self.key] in self.values
            case Operator.NOT_IN:
                return not present or values[self.key] not in self.values
            case Operator.GREATER | Operator.LESS:
                return present and self._compares(values[self.key])

    def _compares(self, value: str) -> bool:
        (bound,) = self.values
        try:
            return int(value) > int(bound) if self.operator is Operator.GREATER else int(value) < int(bound)
        except ValueError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a list, a watch or a deletecollection picks."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()

    def matches(self, obj: JsonObject) -> bool:
        metadata = obj["metadata"]
        labels = metadata.get("labels") or {}
        if not all(each.matches(labels) for each in self.labels):
            return False
        return all(each.matches({each.key: field_value(obj, each.key)}) for each in self.fields)

    @property
    def everything(self) -> bool:
        return not (self.labels or self.fields)


def field_value(obj: JsonObject, path: str) -> str:
    """The value of a field as field selectors see it: absent is empty, booleans are words."""
    if path in {"source", "reportingComponent"}:
        source = obj.get("source") or obj.get("deprecatedSource") or {}
        reporting = obj.get("reportingComponent") or obj.get("reportingController") or ""
        return str(source.get("component") or reporting) if path == "source" else str(reporting)
    value: object = obj
    for name in path.split("."):
        if not isinstance(value, dict):
            return ""
        value = value.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "false" if path in {"spec.unschedulable", "spec.hostNetwork"} else ""
    return str(value)


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Reads a labelSelector; 400 with the message of apimachinery's parser when it makes no sense."""
    return _LabelParser(_tokens(text)).parse()


def _tokens(text: str) -> list[str]:
    return [match.group(1) for match in _TOKEN.finditer(text)]


class _LabelParser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def parse(self) -> tuple[Requirement, ...]:
        found: list[Requirement] = []
        while self._peek():
            found.append(self._requirement())
            if self._peek() and self._next() != ",":
                raise self._refusal(self._tokens[self._at - 1], "',' or 'end of string'")
        return tuple(found)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        if self._peek() == "!":
            self._next()
            return Requirement(key=self._next(), operator=Operator.ABSENT)
        key = self._next()
        sign = self._peek()
        if sign in {"", ","}:
            return Requirement(key=key, operator=Operator.EXISTS)
        self._next()
        if sign in {"=", "=="}:
            return Requirement(key=key, operator=Operator.IN, values=frozenset({self._value()}))
        if sign == "!=":
            return Requirement(key=key, operator=Operator.NOT_IN, values=frozenset({self._value()}))
        if sign in {"in", "notin"}:
            return Requirement(key=key, operator=Operator(sign), values=self._set())
        if sign in {">", "<"}:
            return Requirement(key=key, operator=Operator(sign), values=frozenset({self._value()}))
        raise self._refusal(sign, _OPERATORS)

    def _value(self) -> str:
        return "" if self._peek() in {"", ","} else self._next()

    def _set(self) -> frozenset[str]:
        if self._next() != "(":
            raise self._refusal(self._tokens[self._at - 1] if self._at <= len(self._tokens) else "", "'('")
        values: set[str] = set()
        while (word := self._next()) != ")":
            if not word:
                raise self._refusal("", "',', or ')'")
            if word != ",":
                values.add(word)
        return frozenset(values)

    @staticmethod
    def _refusal(found: str, expected: str) -> Exception:
        return bad_request(f"unable to parse requirement: found '{found}', expected: {expected}")


def parse_fields(text: str, resource: Resource) -> tuple[Requirement, ...]:
    """Reads a fieldSelector; 400 for a field that the resource cannot be selected by."""
    known = ["metadata.name", *(["metadata.namespace"] if resource.namespaced else []), *resource.selectable]
    found: list[Requirement] = []
    for term in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([^=!]+)(==|!=|=)(.*)", term)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        key, sign, value = match.groups()
        if key not in known:
            raise bad_request(f'"{key}" is not a known field selector: only {", ".join(_quoted(known))}')
        operator = Operator.NOT_IN if sign == "!=" else Operator.IN
        found.append(Requirement(key=key, operator=operator, values=frozenset({value})))
    return tuple(found)


def _quoted(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]
