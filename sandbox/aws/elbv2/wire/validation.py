"""Parameters held against the model: required members, types, enums, lengths, ranges and patterns.

Compiled per shape; used by `operations`. The texts have the form of AWS's: "1 validation error detected: Value 'x' at
'name' failed to satisfy constraint: Member must ...".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

Failures = Iterator[str]
Check = Callable[[Any, str], Failures]
"""Takes a value and where it is, and gives what is wrong with it."""

_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}
"""Unicode classes that `re` does not know, and those that hold as much."""
_TYPES: Mapping[str, tuple[type, str]] = {
    "integer": (int, "an integer"),
    "long": (int, "an integer"),
    "boolean": (bool, "true or false"),
    "string": (str, "a string"),
}


def report(failures: Iterator[str]) -> str | None:
    """One message about all failures; None where there is none."""
    found = list(failures)
    if not found:
        return None
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(found)}"


def validator(shape: Shape, compiled: dict[str, Check]) -> Check:
    """The function that checks this shape; `compiled` holds those of the shapes that were met before."""
    found = compiled.get(shape.name)
    if found is None:
        found = compiled[shape.name] = _compile(shape, compiled)
    return found


def _compile(shape: Shape, compiled: dict[str, Check]) -> Check:
    if isinstance(shape, StructureShape):
        members = {name: validator(member, compiled) for name, member in shape.members.items()}
        required = tuple(shape.required_members)
        return lambda value, where: _structure(value, where, members, required)
    if isinstance(shape, ListShape):
        member, bounds = validator(shape.member, compiled), _bounds(shape)
        return lambda value, where: _list(value, where, member, bounds)
    if isinstance(shape, MapShape):
        content = validator(shape.value, compiled)
        return lambda value, where: (f for key, one in value.items() for f in content(one, f"{where}.{key}"))
    return _scalar(shape)


def _bounds(shape: Shape) -> tuple[int | None, int | None]:
    return shape.metadata.get("min"), shape.metadata.get("max")


def _failed(value: Any, where: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: Member must {constraint}"


def _structure(value: Any, where: str, members: Mapping[str, Check], required: tuple[str, ...]) -> Failures:
    if not isinstance(value, dict):
        yield _failed(value, where, "be a structure")
        return
    for name in required:
        if value.get(name) is None:
            yield _failed(None, _within(where, name), "not be null")
    for name, one in value.items():
        yield from members[name](one, _within(where, name))


def _within(where: str, name: str) -> str:
    """Names begin small in AWS's texts."""
    small = name[0].lower() + name[1:]
    return f"{where}.{small}" if where else small


def _list(value: Any, where: str, member: Check, bounds: tuple[int | None, int | None]) -> Failures:
    yield from _length(value, where, bounds, "length")
    for number, one in enumerate(value, 1):
        yield from member(one, f"{where}.{number}.member")


def _length(value: Any, where: str, bounds: tuple[int | None, int | None], what: str) -> Failures:
    low, high = bounds
    if low is not None and len(value) < low:
        yield _failed(value, where, f"have {what} greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _failed(value, where, f"have {what} less than or equal to {high}")


def _scalar(shape: Shape) -> Check:
    expected, described = _TYPES.get(shape.type_name, (object, ""))
    wrong_type = f"be {described}"
    bounds = _bounds(shape)
    enum = frozenset(getattr(shape, "enum", ()))
    allowed = ", ".join(getattr(shape, "enum", ()))
    pattern = shape.metadata.get("pattern")
    compiled = re.compile(_translated(pattern)) if pattern else None
    if shape.type_name in ("integer", "long"):
        return lambda value, where: _number(value, where, bounds)
    if not enum and compiled is None and bounds == (None, None):
        return lambda value, where: iter(() if isinstance(value, expected) else (_failed(value, where, wrong_type),))

    def check(value: Any, where: str) -> Failures:
        if not isinstance(value, str):
            yield _failed(value, where, wrong_type)
            return
        yield from _length(value, where, bounds, "length")
        if enum and value not in enum:
            yield _failed(value, where, f"satisfy enum value set: [{allowed}]")
        if compiled is not None and not compiled.search(value):
            yield _failed(value, where, f"satisfy regular expression pattern: {pattern}")

    return check


def _number(value: Any, where: str, bounds: tuple[int | None, int | None]) -> Failures:
    low, high = bounds
    if not isinstance(value, int):
        yield _failed(value, where, "be an integer")
        return
    if low is not None and value < low:
        yield _failed(value, where, f"have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _failed(value, where, f"have value less than or equal to {high}")


def _translated(pattern: str) -> str:
    for known, understood in _CLASSES.items():
        pattern = pattern.replace(known, understood)
    return pattern
