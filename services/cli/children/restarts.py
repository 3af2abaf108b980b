"""When a service that ended is started again, and when not any more. Pure."""

USAGE_EXIT_CODE = 2
"""How a service process says that it cannot start as it was asked to."""

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0

_STEADY_SECONDS = 30.0  # who served this long did not end because of how it was started
_TRIES_AT_FIRST = 3
_TRIES_LATER = 10  # its settings were good once: its port may be in use for a while, a file be rewritten


class Restarts:
    """The memory of one service's ends."""

    def __init__(self) -> None:
        self._wait = FIRST_WAIT_SECONDS
        self._refusals = 0
        self._ever_served = False

    def ended(self, code: int, *, served_seconds: float | None) -> float | None:
        """Seconds to wait before the next start; None when starting it again is of no use.

        `served_seconds` is how long it served, None if it never did before it ended this time.
        """
        if served_seconds is not None:
            self._ever_served = True
            self._refusals = 0
            if served_seconds >= _STEADY_SECONDS:
                self._wait = FIRST_WAIT_SECONDS
        elif code == USAGE_EXIT_CODE:
            self._refusals += 1
        if self._refusals >= (_TRIES_LATER if self._ever_served else _TRIES_AT_FIRST):
            return None
        wait, self._wait = self._wait, min(self._wait * 2, LONGEST_WAIT_SECONDS)
        return wait
