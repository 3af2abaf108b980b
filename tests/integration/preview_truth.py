"""Whether what a preview told came true. Used by tests that compare a preview with the plan that followed."""

import re
from collections.abc import Iterator
from typing import Any

UNKNOWN = "(known after apply)"


def untrue(told: Any, happened: Any) -> list[str]:
    """Places at which a plan differs from its preview in what the preview knew; reports are not part of plans."""
    fields = told.keys() - {"reports", "waits_for"}
    return list(_differences({f: told[f] for f in fields}, {f: happened[f] for f in fields}, ""))


def _differences(told: Any, happened: Any, place: str) -> Iterator[str]:
    if told == UNKNOWN:
        return
    match told, happened:
        case dict(), dict():
            for key in sorted(told.keys() | happened.keys()):
                if key in told and key in happened:
                    yield from _differences(told[key], happened[key], f"{place}.{key}")
                else:
                    yield f"{place}.{key} is only in {'the preview' if key in told else 'the plan'}"
        case list(), list() if len(told) == len(happened):
            for number, (one, other) in enumerate(zip(told, happened, strict=True)):
                yield from _differences(one, other, f"{place}[{number}]")
        case str(), str() if UNKNOWN in told:
            pattern = ".+".join(map(re.escape, told.split(UNKNOWN)))
            if not re.fullmatch(pattern, happened):
                yield f"{place}: told {told}, was {happened}"
        case _:
            if told != happened:
                yield f"{place}: told {told}, was {happened}"
