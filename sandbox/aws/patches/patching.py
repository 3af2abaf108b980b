"""How a patch takes the place of a piece of moto, and how it goes again. Used by every module of this package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patches:
    """What is replaced in moto at the moment. `undo` puts everything back, newest first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, replacement: Any) -> Any:
        """Set `owner.name` and give what it was, None where there was no such thing."""
        original = vars(owner)[name] if name in vars(owner) else getattr(owner, name, None)
        inherited = name not in vars(owner)
        setattr(owner, name, replacement)
        self._undo.append(lambda: delattr(owner, name) if inherited else setattr(owner, name, original))
        return original

    def undo(self) -> None:
        """Put back everything that was replaced."""
        while self._undo:
            self._undo.pop()()
