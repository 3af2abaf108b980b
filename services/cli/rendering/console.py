"""The two consoles: answers on standard output, everything else on standard error. Colours only where they show."""

import os
import sys

from rich.console import Console
from rich.text import Text

SERVICE_STYLES = {"watcher": "cyan", "planner": "magenta", "executor": "yellow"}
"""One colour per service, the same in every view."""

GOOD, WAITING, BAD, QUIET = "green", "yellow", "red", "bright_black"


def output() -> Console:
    """Standard output. rich honours NO_COLOR, and writes no colours into a file or pipe."""
    return _console(stderr=False)


def diagnostics() -> Console:
    """Standard error."""
    return _console(stderr=True)


def write(console: Console, *lines: Text | str) -> None:
    """Prints lines as they are: not cut, not wrapped, nothing in them taken as markup."""
    for line in lines:
        text = line if isinstance(line, Text) else Text(line)
        console.print(text, soft_wrap=True, highlight=False)


def draws_lines(console: Console) -> bool:
    """Whether the console's encoding has the characters that trees are drawn with."""
    return console.encoding.lower().startswith("utf")


def width_limit(console: Console) -> int | None:
    """How wide a line may be, in characters; None in a pipe or file, unless COLUMNS says."""
    return console.width if console.is_terminal or os.environ.get("COLUMNS") else None


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, soft_wrap=True, emoji=False, markup=False)
