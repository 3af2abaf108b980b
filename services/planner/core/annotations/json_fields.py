"""Typed reading of JSON in annotations: every refusal names the path of the value (ingress behaviour, section 1).

Names of fields match in any case, unknown fields are ignored, null leaves a field unset, and a value of another type is
an error. Called by the parsers of annotations whose value is JSON.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

from services.planner.core.annotations.values import BadValueError

# Half of a surrogate pair is no text that can be sent; it reads as the replacement character.
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class JsonFields:
    """One JSON object and its path, "" for the value itself."""

    __slots__ = ("_fields", "_path")

    def __init__(self, value: object, path: str = "") -> None:
        """Raises BadValueError for what is no JSON object."""
        if not isinstance(value, dict):
            raise BadValueError(f"{path or 'the value'} must be a JSON object")
        self._fields: Mapping[str, object] = {str(k).lower(): v for k, v in value.items()}
        self._path = path

    def path(self, name: str) -> str:
        """The path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def refuse(self, name: str, message: str) -> NoReturn:
        """Refuses the value of a field, in words that follow its path."""
        raise BadValueError(f"{self.path(name)} {message}")

    def refuse_whole(self, message: str) -> NoReturn:
        """Refuses the object, in words that follow its path."""
        raise BadValueError(f"{self._path or 'the value'} {message}")

    def text(self, name: str) -> str | None:
        """A text."""
        value = self._get(name)
        return None if value is None else self._text(name, value)

    def needed_text(self, name: str) -> str:
        """A text that must be there and not be empty."""
        return self.text(name) or self.refuse(name, "is needed")

    def choice(self, name: str, *accepted: str) -> str | None:
        """One of the texts."""
        value = self.text(name)
        if value is not None and value not in accepted:
            self.refuse(name, f"must be one of {', '.join(accepted)}")
        return value

    def needed_choice(self, name: str, *accepted: str) -> str:
        """One of the texts, which must be there."""
        value = self.choice(name, *accepted)
        return self.refuse(name, f"is needed: one of {', '.join(accepted)}") if value is None else value

    def short_text(self, name: str, longest: int, *, shortest: int = 0) -> str | None:
        """A text of so many characters."""
        value = self.text(name)
        if value is not None and not shortest <= len(value) <= longest:
            self.refuse(name, f"must have {shortest} to {longest} characters")
        return value

    def integer(self, name: str, minimum: int, maximum: int) -> int | None:
        """A whole number in the range, bounds included."""
        value = self._get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            self.refuse(name, f"must be a whole number from {minimum} to {maximum}")
        return value

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self._get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, "must be true or false")
        return value

    def number_or_text(self, name: str) -> int | str | None:
        """A whole number or a text."""
        value = self._get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        return self._text(name, value, "a whole number or a text")

    def child(self, name: str) -> "JsonFields | None":
        """An object."""
        value = self._get(name)
        return None if value is None else JsonFields(value, self.path(name))

    def needed_child(self, name: str) -> "JsonFields":
        """An object that must be there."""
        return self.child(name) or self.refuse(name, "is needed")

    def children(self, name: str) -> "tuple[JsonFields, ...]":
        """Objects of a list, none where it is absent."""
        return objects(self._items(name), self.path(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts of a list, none where it is absent."""
        return tuple(self._text(f"{name}[{i}]", item) for i, item in enumerate(self._items(name)))

    def text_map(self, name: str) -> dict[str, str]:
        """Texts by name, sorted, none where the field is absent."""
        value = self._get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(name, "must be a JSON object")
        return {_whole(k): self._text(f"{name}.{k}", v) for k, v in sorted(value.items())}

    def _get(self, name: str) -> object:
        return self._fields.get(name.lower())

    def _items(self, name: str) -> list[object]:
        value = self._get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(name, "must be a JSON list")
        return value

    def _text(self, name: str, value: object, called: str = "a text") -> str:
        if not isinstance(value, str):
            self.refuse(name, f"must be {called}")
        return _whole(value)


def objects(items: Iterable[object], path: str) -> tuple[JsonFields, ...]:
    """The objects of a list at that path."""
    return tuple(JsonFields(item, f"{path}[{i}]") for i, item in enumerate(items))


def _whole(text: str) -> str:
    return _HALF_PAIR.sub("\ufffd", text)
