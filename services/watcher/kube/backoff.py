"""How long to wait before the next attempt.

Used by `list_watch`, one per kind.
"""

from collections.abc import Callable
from random import SystemRandom
from typing import Final

FIRST_SECONDS: Final = 0.2
"""A connection that was cut by a restart or a load balancer is back at once."""

LIMIT_SECONDS: Final = 10.0
"""Long enough for an API server that is overloaded, short enough for a person who waits."""

_JITTER: Final = 0.5
_RANDOM: Final = SystemRandom()


class Backoff:
    """Doubles from the first wait to the limit; each is shortened by up to half, so that not all kinds come at once."""

    def __init__(self, uniform: Callable[[float, float], float] = _RANDOM.uniform) -> None:
        self._uniform = uniform
        self._seconds = FIRST_SECONDS

    def next_seconds(self) -> float:
        """The wait before the next attempt, in seconds."""
        seconds = self._seconds
        self._seconds = min(seconds * 2, LIMIT_SECONDS)
        return self._uniform(seconds * (1 - _JITTER), seconds)

    def reset(self) -> None:
        """Something worked: the next failure is a first one."""
        self._seconds = FIRST_SECONDS
