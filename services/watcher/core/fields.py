"""Typed reading of raw Kubernetes JSON.

Called by the projection only. The API server has validated what the watcher reads, but an object that a user hands in
for a preview may have any shape: whatever is not what the API's schema says is an error that names its place.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

INT32: Final = range(-(2**31), 2**31)
INT64: Final = range(-(2**63), 2**63)


class UnreadableObjectError(Exception):
    """An object is not what its kind's schema says, so it cannot be projected.

    It must never be taken for an object that is gone or empty.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        """Place inside the object, like `spec.ports[0].port`; empty for the object itself."""
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path or 'the object'} {self.problem}"


class Fields:
    """One JSON object and its place. An absent field, or null, reads as the empty value of its type."""

    __slots__ = ("_path", "_raw")

    def __init__(self, raw: Mapping[str, Any], path: str = "") -> None:
        self._raw = raw
        self._path = path

    @classmethod
    def of(cls, value: object, path: str = "") -> "Fields":
        """Raises UnreadableObjectError when the value is no JSON object."""
        if not isinstance(value, dict):
            raise UnreadableObjectError(path, "is not an object")
        return cls(value, path)

    @property
    def raw(self) -> Mapping[str, Any]:
        return self._raw

    def has(self, name: str) -> bool:
        return self._raw.get(name) is not None

    def child(self, name: str) -> "Fields":
        """The object in a field, an empty one when it is absent."""
        value = self._raw.get(name)
        return Fields({} if value is None else self._typed(name, value, dict, "an object"), self._place(name))

    def children(self, name: str) -> Iterator["Fields"]:
        """The objects of a list, in order."""
        for index, value in enumerate(self._items(name)):
            yield Fields.of(value, f"{self._place(name)}[{index}]")

    def text(self, name: str) -> str:
        value = self._raw.get(name)
        return "" if value is None else self._encodable(name, self._typed(name, value, str, "a text"))

    def texts(self, name: str) -> list[str]:
        """A list of texts, in order."""
        return [
            self._encodable(f"{name}[{index}]", self._typed(f"{name}[{index}]", value, str, "a text"))
            for index, value in enumerate(self._items(name))
        ]

    def text_map(self, name: str) -> dict[str, str]:
        """Labels, annotations or a selector. An empty value written as null is an empty text, as the API reads it."""
        inner = self.child(name)
        return {inner._encodable(key, key): inner.text(key) for key in inner._raw}

    def flag(self, name: str) -> bool:
        return self.optional_flag(name) or False

    def optional_flag(self, name: str) -> bool | None:
        """None when the field is absent: that may mean something else than false."""
        value = self._raw.get(name)
        return None if value is None else self._typed(name, value, bool, "true or false")

    def number(self, name: str, within: range = INT32) -> int:
        value = self._raw.get(name)
        return 0 if value is None else self._number(name, value, within)

    def number_or_name(self, name: str) -> dict[str, int | str] | None:
        """A port reference: `{"number": n}` or `{"name": s}`, None when absent (Kubernetes API, IntOrString)."""
        value = self._raw.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return {"name": self._encodable(name, value)}
        return {"number": self._number(name, value, INT32)}

    def _items(self, name: str) -> list[Any]:
        value = self._raw.get(name)
        return [] if value is None else self._typed(name, value, list, "a list")

    def _number(self, name: str, value: object, within: range) -> int:
        # JSON's true is an int to Python, and never a number to the API.
        if isinstance(value, bool) or not isinstance(value, int):
            raise UnreadableObjectError(self._place(name), "is not a whole number")
        if value not in within:
            raise UnreadableObjectError(self._place(name), f"is out of range: {value}")
        return value

    def _typed(self, name: str, value: object, wanted: type, called: str) -> Any:
        if not isinstance(value, wanted):
            raise UnreadableObjectError(self._place(name), f"is not {called}")
        return value

    def _encodable(self, name: str, value: str) -> str:
        # JSON may escape half of a surrogate pair; no message can carry that.
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise UnreadableObjectError(self._place(name), "is not valid Unicode")
        return value

    def _place(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
