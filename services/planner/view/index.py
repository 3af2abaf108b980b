"""Objects by what they refer to. Used by `cluster.ClusterView`."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from services.planner.view.objects import Name

V = TypeVar("V")
H = TypeVar("H", bound=Hashable)


class Index(Generic[V, H]):
    """Names of objects by the values that `values_of` finds in them."""

    def __init__(self, values_of: Callable[[V], Iterable[H]]) -> None:
        self._values_of = values_of
        self._names: dict[H, dict[Name, None]] = {}

    def change(self, name: Name, old: V | None, new: V | None) -> None:
        """Follows one object from its old to its new state."""
        for value in self._values_of(old) if old is not None else ():
            names = self._names.get(value)
            if names is not None:
                names.pop(name, None)
                if not names:
                    del self._names[value]
        for value in self._values_of(new) if new is not None else ():
            self._names.setdefault(value, {})[name] = None

    def copy(self) -> "Index[V, H]":
        """An index of its own with the same names."""
        made: Index[V, H] = Index(self._values_of)
        made._names = {value: dict(names) for value, names in self._names.items()}
        return made

    def values(self) -> Iterable[H]:
        """All values that are found in some object."""
        return tuple(self._names)

    def names(self, value: H) -> tuple[Name, ...]:
        """Names of the objects in which the value is found, sorted."""
        return tuple(sorted(self._names.get(value, ())))
