"""Frozen values of the core as JSON and back, for what has to survive a restart.

Fields at their defaults are left out, so that a field that a later version adds is read from an older text as its
default.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_SCALARS = (str, int, NoneType)


class UnreadableValueError(ValueError):
    """The JSON is not that of such a value."""


def to_plain(value: Any) -> Any:
    """The value as JSON types. Takes dataclasses, tuples, mappings by text, and JSON's own scalars."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, tuple):
        return [to_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    plain = {}
    for name, default in _defaults(cast("Hashable", type(value))):
        own = getattr(value, name)
        if own != default:
            plain[name] = own if type(own) in _SCALARS else to_plain(own)
    return plain


@cache
def _defaults(type_: Hashable) -> tuple[tuple[str, Any], ...]:
    """Names of a dataclass's fields with their defaults, MISSING where there is none."""
    return tuple((f.name, _default(f)) for f in fields(cast("type[Any]", type_)))


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def from_plain(type_: type[T], plain: Any) -> T:
    """The value of that dataclass. Raises UnreadableValueError."""
    try:
        value: T = _read(type_, plain)
    except (TypeError, KeyError) as error:
        raise UnreadableValueError(str(error)) from error
    return value


def _read(hint: Any, plain: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, UnionType):
        return _read_any(arguments, plain)
    if origin is tuple:
        return tuple(_read(arguments[0], v) for v in _as(list, plain))
    if origin is not None:
        return {_as(str, k): _read(arguments[1], v) for k, v in _as(dict, plain).items()}
    if is_dataclass(hint) and isinstance(hint, type):
        hints, given = get_type_hints(hint), _as(dict, plain)
        return hint(**{f.name: _read(hints[f.name], given[f.name]) for f in fields(hint) if f.name in given})
    return None if hint is NoneType and plain is None else _as(hint, plain)


def _read_any(hints: tuple[Any, ...], plain: Any) -> Any:
    for hint in hints:
        try:
            return _read(hint, plain)
        except (UnreadableValueError, TypeError):
            continue
    raise UnreadableValueError(f"{type(plain).__name__} is none of {hints}")


def _as(type_: type[T], plain: Any) -> T:
    if type(plain) is not type_:
        raise UnreadableValueError(f"{type(plain).__name__} is no {type_.__name__}")
    return plain
