"""Processor time of one call, which does not count what else the machine does, and the table that the measurements end
in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import process_time

ROUND_SECONDS = 0.1
ROUNDS = 3


def seconds(work: Callable[[], object]) -> float:
    """Seconds of processor time of one call: the best of some rounds, each of so many calls that it lasts a while."""
    calls = 1
    while _round(work, calls) < ROUND_SECONDS:
        calls *= 2
    return min(_round(work, calls) for _ in range(ROUNDS)) / calls


def _round(work: Callable[[], object], calls: int) -> float:
    began = process_time()
    for _ in range(calls):
        work()
    return process_time() - began


@dataclass(slots=True)
class Table:
    """Rows of a title, a number with its unit, and what it is compared with in words."""

    rows: list[tuple[str, float, str, str]] = field(default_factory=list)

    def add(self, title: str, spent: float, compared: str = "") -> None:
        """A row; `spent` in seconds."""
        self.rows.append((title, spent * 1_000, "ms", compared))

    def add_memory(self, title: str, mebibytes: float, compared: str = "") -> None:
        """A row of a process's memory."""
        self.rows.append((title, mebibytes, "MiB", compared))

    def lines(self) -> Sequence[str]:
        """The table as text."""
        width = max((len(title) for title, *_ in self.rows), default=0)
        return [
            f"{title:<{width}}  {value:>10.3f} {unit:<3}  {words}".rstrip() for title, value, unit, words in self.rows
        ]
