"""Value types of annotations (ingress behaviour, section 1).

A parser takes the raw text and gives the value or raises `BadValueError`, whose text says what would have been
accepted. Called by the catalogue's entries only.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import NoReturn

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)

# A message quotes the value; an annotation may be as long as 256 KiB.
_MAX_QUOTED = 120

# No number of more digits fits any of the ranges; the conversion itself refuses thousands of them.
_MAX_DIGITS = 20
_INTEGER = re.compile(r"[+-]?[0-9]+")
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


class BadValueError(ValueError):
    """A value that its annotation does not accept; the text says what it does."""


def quoted(raw: str) -> str:
    """The value in quotes, shortened where it is long."""
    return f'"{raw}"' if len(raw) <= _MAX_QUOTED else f'"{raw[:_MAX_QUOTED]}…"'


def string(text: str) -> str:
    """Any text, as it is."""
    return text


def non_empty(text: str) -> str:
    """Any text but the empty one."""
    if not text:
        raise BadValueError("a value is needed")
    return text


def boolean(text: str) -> bool:
    """The thirteen spellings of true and false, exactly."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise BadValueError("accepted are true and false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)")


def is_true(text: str) -> bool:
    """Whether the text is a spelling of true; what is none counts as false."""
    return text in _TRUE


def integer(minimum: int = INT32[0], maximum: int = INT32[1]) -> Callable[[str], int]:
    """A decimal number without blanks in the range, bounds included."""

    def parse(text: str) -> int:
        refusal = f"accepted are whole numbers from {minimum} to {maximum}"
        if not _INTEGER.fullmatch(text) or len(text) > _MAX_DIGITS:
            raise BadValueError(refusal)
        number = int(text)
        if not minimum <= number <= maximum:
            raise BadValueError(refusal)
        return number

    return parse


def choice(*accepted: str) -> Callable[[str], str]:
    """One of the given texts, exactly."""

    def parse(text: str) -> str:
        if text not in accepted:
            raise BadValueError(f"accepted are {', '.join(accepted)}")
        return text

    return parse


def choice_of_any_case(*accepted: str) -> Callable[[str], str]:
    """One of the given texts in upper case, however it is written."""
    of_upper_case = choice(*accepted)

    def parse(text: str) -> str:
        return of_upper_case(text.upper())

    return parse


def string_list(text: str) -> tuple[str, ...]:
    """Items between commas, trimmed, empty ones dropped."""
    return tuple(item for item in (part.strip() for part in text.split(",")) if item)


def string_map(text: str) -> dict[str, str]:
    """Pairs `k=v` between commas. A backslash takes the next character literally; a comma with nothing behind it is
    part of the value; of two equal keys the last wins."""
    pairs: dict[str, str] = {}
    for item in _pairs(text):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not key:
            raise BadValueError("accepted are pairs key=value, separated by commas (a literal comma is written \\,)")
        pairs[key] = value
    return pairs


def _pairs(text: str) -> list[str]:
    items: list[str] = []
    current: list[str] = []
    last_written = len(text.rstrip()) - 1
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            position += 1
            current.append(text[position])
        elif character == "," and position < last_written:
            items.append("".join(current))
            current = []
        else:
            current.append(character)
        position += 1
    return [*items, "".join(current)] if current else items


def json_value(text: str) -> object:
    """Any JSON value."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadValueError("accepted is valid JSON") from None


def json_list(text: str) -> list[object]:
    """A JSON list with at least one element."""
    value = json_value(text)
    if not isinstance(value, list) or not value:
        raise BadValueError("accepted is a JSON list that is not empty")
    return value


def json_object(text: str) -> Mapping[str, object]:
    """A JSON object."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise BadValueError("accepted is a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
