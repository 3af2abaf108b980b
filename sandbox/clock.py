"""The sandbox's clock: one pace for all delays of AWS and of the kubelet. Every part of the sandbox that waits uses it.

A sandbox second is shorter than one of the wall by the factor: at 10, a deregistration delay of 300 s takes 30.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Sandbox time.

    Clocks of one factor agree in all processes of a machine: they count from one origin, which is the system's.
    """

    factor: float = 1.0
    """Sandbox seconds in a second of the wall; above 0."""
    wall: Callable[[], float] = time.monotonic
    """Seconds of the wall since an origin."""

    def __post_init__(self) -> None:
        if not 0 < self.factor < float("inf"):
            raise ValueError(f"a clock's factor is a number above 0, not {self.factor}")

    def now(self) -> float:
        """Sandbox seconds since the origin. They never go back."""
        return self.wall() * self.factor

    def real(self, seconds: float) -> float:
        """How many seconds of the wall these sandbox seconds take."""
        return seconds / self.factor

    async def sleep(self, seconds: float) -> None:
        """Wait for this many sandbox seconds."""
        await asyncio.sleep(self.real(seconds))
