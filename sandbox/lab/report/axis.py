"""Numbers on paper: round steps for axes, bins of time, and both as positions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_ROUND = (1, 2, 2.5, 5, 10)
_MOST_BINS = 90
_FINEST_BIN = 0.1  # seconds


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that divides the span into at most so many parts."""
    if span <= 0:
        return 1.0
    least = span / most
    power = 10.0 ** math.floor(math.log10(least))
    return min(factor * power for factor in _ROUND if factor * power >= least * (1 - 1e-9))


def ticks(top: float, most: int, *, whole: bool = False) -> Sequence[float]:
    """Round numbers from 0 up to the top, at most so many apart from 0; `whole` for what comes in ones."""
    step = round_step(top, most)
    if whole:
        step = max(1.0, float(math.ceil(step)))
    return [round(number * step, 10) for number in range(math.floor(top / step + 1e-9) + 1)]


def bin_width(seconds: float) -> float:
    """How long a bin of a histogram over time is, in seconds."""
    return max(_FINEST_BIN, round_step(seconds, _MOST_BINS))


def number(value: float) -> str:
    """As short as it can be read: `0`, `0.25`, `40`, `1,200`."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values from 0 to `top` on a line from `begin` to `end`."""

    top: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """The position of a value; values beyond the ends stay at the ends."""
        share = min(max(value / self.top, 0.0), 1.0) if self.top else 0.0
        return round(self.begin + share * (self.end - self.begin), 2)
