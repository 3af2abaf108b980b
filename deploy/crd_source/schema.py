"""Schemas of custom resources as values, and the structural OpenAPI schemas that they stand for.

Source: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions", structural schemas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A CEL expression over `self` that must hold, and what a user reads where it does not."""

    expression: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What every node may have: words for people."""

    description: str = ""

    def render(self) -> Json:
        """The node in OpenAPI."""
        described: Json = {"description": self.description} if self.description else {}
        return {**self._kind(), **described, **self._limits()}

    def _kind(self) -> Json:
        raise NotImplementedError

    def _limits(self) -> Json:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Schema):
    """A string: one of `choices`, or one that `pattern` is found in."""

    choices: tuple[str, ...] = ()
    pattern: str = ""
    format: str = ""

    def _kind(self) -> Json:
        return {"type": "string"}

    def _limits(self) -> Json:
        limits = {"enum": list(self.choices), "pattern": self.pattern, "format": self.format}
        return {key: value for key, value in limits.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Schema):
    """A whole number of `bits` bits."""

    bits: int = 32
    minimum: int | None = None

    def _kind(self) -> Json:
        return {"type": "integer", "format": f"int{self.bits}"}

    def _limits(self) -> Json:
        return {} if self.minimum is None else {"minimum": self.minimum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Schema):
    """True or false."""

    def _kind(self) -> Json:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberOrName(Schema):
    """A number or a name, as in a port reference."""

    def _kind(self) -> Json:
        return {"x-kubernetes-int-or-string": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf(Schema):
    """A list. `keys`: fields of its items that identify one, so that appliers may share it; `atomic`: they may not."""

    items: Schema
    at_least: int = 0
    keys: tuple[str, ...] = ()
    atomic: bool = False

    def _kind(self) -> Json:
        return {"type": "array"}

    def _limits(self) -> Json:
        limits: Json = {"minItems": self.at_least} if self.at_least else {}
        if self.keys:
            limits |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(self.keys)}
        elif self.atomic:
            limits["x-kubernetes-list-type"] = "atomic"
        return {**limits, "items": self.items.render()}


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf(Schema):
    """A mapping of any strings to one kind of value."""

    values: Schema

    def _kind(self) -> Json:
        return {"type": "object"}

    def _limits(self) -> Json:
        return {"additionalProperties": self.values.render()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Schema):
    """An object with named fields. `one_of`: exactly one of these must be given; `rules`: what must hold besides."""

    fields: Mapping[str, Schema]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    atomic: bool = False

    def _kind(self) -> Json:
        return {"type": "object"}

    def _limits(self) -> Json:
        limits: Json = {}
        if self.atomic:
            limits["x-kubernetes-map-type"] = "atomic"
        if self.required:
            limits["required"] = list(self.required)
        if self.one_of:
            limits["oneOf"] = [{"required": [name]} for name in self.one_of]
        if self.rules:
            limits["x-kubernetes-validations"] = [{"rule": r.expression, "message": r.message} for r in self.rules]
        return {**limits, "properties": {name: node.render() for name, node in self.fields.items()}}


def label_selector(description: str) -> Record:
    """A label selector as Kubernetes has it (meta/v1 LabelSelector)."""
    requirement = Record(
        required=("key", "operator"),
        fields={"key": Text(), "operator": Text(), "values": ListOf(items=Text(), atomic=True)},
    )
    return Record(
        description=description,
        atomic=True,
        fields={
            "matchLabels": MapOf(values=Text()),
            "matchExpressions": ListOf(items=requirement, atomic=True),
        },
    )


def pairs(description: str) -> ListOf:
    """A list of keys with their values, as AWS has tags and attributes."""
    return ListOf(
        description=description,
        items=Record(required=("key", "value"), fields={"key": Text(), "value": Text()}),
    )
