"""The state of a connection, told plainly: one log line when it goes, one now and then while it is gone, one when it is
back. Used by both links and by the Lease.
"""

import logging
from collections.abc import Callable

REMIND_SECONDS = 30.0
"""How often an outage that lasts is logged again."""

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3.0
"""Waits before reconnecting double between these: a peer that was restarted is found again within seconds."""


class Outage:
    """Whether something stands, and how long to wait before the next attempt."""

    def __init__(self, logger: logging.Logger, *, name: str, meaning: str, clock: Callable[[], float]) -> None:
        """`meaning` says what follows while it does not stand."""
        self._logger = logger
        self._name = name
        self._meaning = meaning
        self._clock = clock
        self._logged_at: float | None = None
        self._attempts = 0
        self.connected = False
        self.error = ""

    def ends(self) -> None:
        """It stands."""
        if self._logged_at is not None:
            self._logger.info(f"{self._name} is back")
        elif not self.connected:
            self._logger.info(f"{self._name} is connected")
        self.connected, self.error = True, ""
        self._logged_at, self._attempts = None, 0

    def goes_on(self, reason: str) -> float:
        """An attempt failed, or it broke; answers how many seconds to wait before the next attempt."""
        now = self._clock()
        if self._logged_at is None or reason != self.error or now - self._logged_at >= REMIND_SECONDS:
            self._logger.warning(f"{self._name} is down: {self._meaning}", extra={"reason": reason})
            self._logged_at = now
        self.connected, self.error = False, reason
        self._attempts += 1
        return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(self._attempts - 1, 10))
