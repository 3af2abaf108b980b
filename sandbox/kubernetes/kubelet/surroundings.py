"""What the containers of a pod share, and how a container waits for one of several things."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.kubernetes.application import Identity
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.kubelet.prober import Prober

Report = Callable[[EventType, str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the containers of a pod share."""

    identity: Identity
    clock: Clock
    prober: Prober
    after_signal: float
    """Sandbox seconds from the end of a program until it is known."""
    grace: float
    """The pod's own termination grace period, for containers that a probe ends."""
    report: Report
    """Writes an Event about the pod: type, reason, message."""
    rewired: Callable[[], Awaitable[None]]
    """Called when sockets were opened or closed; returns when everyone can know."""
    changed: Callable[[], None]
    """Called when a container's life has changed."""

    async def first(
        self, awaited: Iterable[asyncio.Future[Any]], unless: asyncio.Event, seconds: float | None = None
    ) -> None:
        """Return when one of these is done, the event has happened, or so many sandbox seconds are over."""
        happened = asyncio.create_task(unless.wait())
        wall_seconds = None if seconds is None else self.clock.real(seconds)
        try:
            await asyncio.wait({*awaited, happened}, timeout=wall_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            happened.cancel()
