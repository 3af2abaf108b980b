"""The executor's sequence numbers: what began or ended before what, across restarts of the process.

One counter per process, read by everything that calls AWS or Kubernetes; event loop only.
"""

import time


class Sequence:
    """Counts up by one from the microseconds since the epoch at its making.

    A process makes fewer than a million numbers per second, so the next process starts above its last one.
    """

    def __init__(self) -> None:
        self._last = time.time_ns() // 1000

    def next(self) -> int:
        """A number above all earlier ones."""
        self._last += 1
        return self._last
