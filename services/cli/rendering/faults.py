"""The faults that are on in a sandbox, as rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from services.cli.rendering.columns import aligned
from services.cli.rendering.console import QUIET
from services.cli.sandbox_switches import Listed

_UNREMARKABLE: Sequence[Any] = (None, "", ".*", False, [], {})
"""Values that say nothing: what is left as it is without them."""
_COUNTS = ("seen", "failed")


def lines(faults: Sequence[Listed]) -> Sequence[Text]:
    """One row a fault: id, kind, what it is about, and when it ends."""
    if not faults:
        return [Text("nothing is switched on")]
    head = [Text(name, QUIET) for name in ("ID", "KIND", "ENDS IN", "ABOUT")]
    rows = [[Text(each.id), Text(each.kind), Text(_end(each)), Text(_about(each.about))] for each in faults]
    return aligned([head, *rows])


def _end(fault: Listed) -> str:
    return "-" if fault.seconds_left is None else f"{fault.seconds_left:.0f} s"


def _about(about: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={_short(value)}" for name, value in about.items() if name in _COUNTS or value not in _UNREMARKABLE
    )


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("code") or value.get("operation") or dict(value))
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)
