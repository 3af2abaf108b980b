"""What the demo looks like: numbered steps, one line per thing that happened, with the seconds since the start."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

_INDENT = 3
_WIDTH = 78


class Screen:
    """Writes to standard output. On a terminal a line that waits moves; in a pipe only what happened is written."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, emoji=False, markup=False)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, emoji=False, markup=False, width=200)
        self._begin = time.monotonic()
        self._steps = 0

    @property
    def has_colours(self) -> bool:
        """Whether output of other programs may carry colours."""
        return self._console.is_terminal and not self._console.no_color

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._begin

    def title(self, text: str, detail: str) -> None:
        self._print(Text.assemble((text, "bold"), f"  {detail}"))

    def step(self, title: str) -> None:
        """Begins the next step."""
        self._steps += 1
        self._print(Text(""))
        self._print(Text.assemble((f"{self._steps}", "bold cyan"), "  ", (title, "bold")))

    def done(self, text: str) -> None:
        """Something is as it should be."""
        line = Text.assemble(" " * _INDENT, (self._mark(), "green"), " ", text)
        gap = " " * max(2, _WIDTH - line.cell_len)
        self._print(Text.assemble(line, gap, (f"{self.seconds:5.1f} s", "bright_black")))

    def note(self, text: str) -> None:
        """Something to know about what was just done."""
        self._print(Text(" " * (_INDENT + 2) + text, style="bright_black"))

    def show(self, what: RenderableType) -> None:
        """Something to look at."""
        self._console.print(Padding(what, (0, 0, 0, _INDENT + 2), expand=False), soft_wrap=True)

    def verbatim(self, output: str) -> None:
        """Output of a command as it is, colours included."""
        for line in output.rstrip("\n").splitlines():
            self._print(Text.assemble(" " * (_INDENT + 2), Text.from_ansi(line)))

    def failed(self, text: str) -> None:
        self._print(Text(""))
        self._print(Text.assemble(("demo failed: ", "bold red"), text))

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Shows, on a terminal, that the demo waits for something while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(Text(text, style="bright_black"), spinner="dots"):
            yield

    def plain(self, text: str = "") -> None:
        self._print(Text(text))

    def _print(self, text: Text) -> None:
        text.rstrip()
        self._console.print(text, soft_wrap=True)

    def _mark(self) -> str:
        return "✓" if self._console.encoding.lower().startswith("utf") else "*"
