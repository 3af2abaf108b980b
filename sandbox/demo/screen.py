"""What the demo looks like: numbered steps, one line per thing that happened, with the seconds since the start."""

import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.text import Text

_INDENT = 12  # below the text of what is done
_MARGIN = 3
_TEXT_WIDTH = 68


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

    @property
    def columns_within(self) -> int | None:
        """How wide the output of other programs may be, None in a pipe."""
        return self._console.width - _MARGIN if self._console.is_terminal else None

    def title(self, text: str, detail: str) -> None:
        self._print(Text.assemble((text, "bold"), f"  {detail}"))

    def step(self, title: str) -> None:
        """Begins the next step."""
        self._steps += 1
        self._print(Text(""))
        self._print(Text.assemble((f"{self._steps}", "bold cyan"), "  ", (title, "bold")))

    def done(self, text: str) -> None:
        """Something is as it should be."""
        time_passed = f"{self.seconds:6.1f} s  "
        self._print(Text.assemble((time_passed, "bright_black"), (self._mark(), "green"), " ", text))

    def note(self, text: str) -> None:
        """Something to know about what was just done."""
        for line in textwrap.wrap(text, _TEXT_WIDTH, break_long_words=False, break_on_hyphens=False):
            self._print(Text(" " * _INDENT + line, style="bright_black"))

    def command(self, text: str) -> None:
        """A command whose output follows."""
        self._print(Text(f"{' ' * _MARGIN}$ {text}", style="bright_black"))

    def show(self, what: RenderableType) -> None:
        """Something to look at."""
        for segments in self._console.render_lines(what, pad=False):
            parts = [(segment.text, segment.style or "") for segment in segments]
            self._print(Text.assemble(" " * _INDENT, *parts))

    def verbatim(self, output: str, *, but: str | None = None) -> None:
        """Output of a command as it is, colours included. `but`: without lines that begin so."""
        for line in map(Text.from_ansi, output.rstrip("\n").splitlines()):
            if but is None or not line.plain.startswith(but):
                self._print(Text.assemble(" " * _MARGIN, line))

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
