"""An outage of a whole server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Outage:
    """Every connection is closed without an answer, the admin interface apart. It meets the sandbox's own parts too."""

    kind: ClassVar[str] = "outage"

    def end(self) -> None:
        """Nothing is held."""

    def shown(self) -> Mapping[str, Any]:
        return {}
