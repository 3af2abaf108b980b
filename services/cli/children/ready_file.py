"""The file by which a service process says that it serves (`--ready-file`)."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a service process writes once it serves."""

    address: str
    """host:port"""

    pid: int


_FORM = TypeAdapter(Ready)


async def appears(path: Path) -> Ready:
    """Waits until the file is there. It appears whole, so it is read once."""
    while not path.exists():  # noqa: ASYNC110, ASYNC240 - a file gives no event; one stat call
        await asyncio.sleep(_LOOK_SECONDS)
    return _FORM.validate_json(path.read_bytes())  # noqa: ASYNC240 - some hundred bytes
