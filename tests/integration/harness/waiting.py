"""Waiting for something to become true. Used wherever another process has to get somewhere first."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 120.0
"""Longest that anything is waited for: far above what it takes, so that only what never happens runs into it."""
_POLL_SECONDS = 0.05

T = TypeVar("T")


def until(
    look: Callable[[], T],
    *,
    what: str | Callable[[], str],
    holds: Callable[[T], object] = bool,
    within: float = PATIENCE_SECONDS,
    every: float = _POLL_SECONDS,
) -> T:
    """Looks until what it sees `holds`, and returns that.

    Raises AssertionError with `what` was waited for and the last look, after `within` seconds.
    """
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if holds(seen):
            return seen
        if time.monotonic() > deadline:
            awaited = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {within:g} s for {awaited}; last seen: {seen!r}")
        time.sleep(every)
