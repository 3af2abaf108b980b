"""Keeps one trouble from filling the terminal: what is said over and over is shown a few times, then counted. Pure."""

from dataclasses import dataclass

WINDOW_SECONDS = 10.0
SHOWN_PER_WINDOW = 3


@dataclass(slots=True, kw_only=True)
class _Window:
    end: float
    seen: int = 0


class Repeats:
    """The memory of what was said."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def admit(self, said: str, now: float) -> int | None:
        """None: do not show it, it was shown enough of late. Else how many of its like were left out before.

        `now` is in seconds, of any clock that only goes forward.
        """
        window = self._windows.get(said)
        left_out = 0
        if window is None or now >= window.end:
            left_out = max(0, window.seen - SHOWN_PER_WINDOW) if window else 0
            window = self._windows[said] = _Window(end=now + WINDOW_SECONDS)
        window.seen += 1
        return left_out if window.seen <= SHOWN_PER_WINDOW else None
