"""The reference controller's Lease, by which is seen whether it runs: two controllers would fight over one load
balancer. `ReferenceWatch.run` is a background task of the planner; the Lease is only read.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import urllib3
from kubernetes import client

from services.planner.caution import Caution
from services.planner.outage import Outage

_LOGGER = logging.getLogger(__name__)
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_CALL_SECONDS = 5.0

LONG_AGO_SECONDS: Final = 600.0
"""A Lease whose renewTime is that old is not renewed any more, without having been watched: clocks do not differ by so
much. It is what a controller leaves that was taken away without stopping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLease:
    """A Lease of somebody else as it was read. `renewed`: its renewTime, None where it has none."""

    holder: str
    renewed: datetime | None
    duration_seconds: float


class Renewal:
    """Whether a Lease is being renewed: seen by its renewTime moving on within its duration, on this process's own
    clock. One that was not watched for so long counts as renewed, unless it is old beyond doubt.
    """

    def __init__(self) -> None:
        self._seen: tuple[str, datetime | None] | None = None
        self._since = 0.0

    def judge(self, lease: ForeignLease | None, *, now: float, wall: datetime) -> bool:
        """Judges a reading made at `now`, in seconds of a clock that never goes back; `wall` is the time of day."""
        if lease is None or not lease.holder or lease.renewed is None:
            self._seen = None
            return False
        seen = (lease.holder, lease.renewed)
        if seen != self._seen:
            first, self._seen, self._since = self._seen is None, seen, now
            long_ago = (wall - lease.renewed).total_seconds() > LONG_AGO_SECONDS + lease.duration_seconds
            if first and long_ago:
                self._since = now - lease.duration_seconds
        return now - self._since < lease.duration_seconds


class ReferenceLease:
    """Reads the Lease. Blocks; failures are the client's own exceptions."""

    def __init__(self, api: client.ApiClient, *, namespace: str, name: str) -> None:
        self._api = client.CoordinationV1Api(api)
        self._namespace = namespace
        self._name = name

    def __str__(self) -> str:
        return f"{self._namespace}/{self._name}"

    def read(self) -> ForeignLease | None:
        """The Lease, None when there is none."""
        try:
            lease = self._api.read_namespaced_lease(self._name, self._namespace, _request_timeout=_CALL_SECONDS)
        except client.ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return ForeignLease(
            holder=lease.spec.holder_identity or "",
            renewed=lease.spec.renew_time,
            duration_seconds=float(lease.spec.lease_duration_seconds or 0),
        )


class ReferenceWatch:
    """Keeps `caution` in step with the reference controller's Lease. While the Lease cannot be read, what was known
    stands; refused, nothing is executed: nobody can say then that the reference controller does not run.
    """

    def __init__(
        self, lease: ReferenceLease, caution: Caution, *, every_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._lease = lease
        self._caution = caution
        self._every_seconds = every_seconds
        self._clock = clock
        self._renewal = Renewal()
        self._outage = Outage(
            _LOGGER,
            name="Kubernetes API for the reference controller's Lease",
            meaning="whether the reference controller runs is not known",
            clock=clock,
        )

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            seconds = await self.look()
            await asyncio.sleep(seconds)

    async def look(self) -> float:
        """One look at the Lease and what follows from it; answers the seconds until the next."""
        try:
            lease = await asyncio.to_thread(self._lease.read)
        except client.ApiException as error:
            if error.status in _REFUSED:
                self._hear(
                    f"the reference controller's Lease {self._lease} may not be read ({error.status} {error.reason}): "
                    "grant get on it, or give --ignore-reference-controller"
                )
            return min(self._every_seconds, self._outage.goes_on(f"{error.status} {error.reason}"))
        except urllib3.exceptions.HTTPError as error:
            return min(self._every_seconds, self._outage.goes_on(str(error) or "no answer"))
        self._outage.ends()
        runs = self._renewal.judge(lease, now=self._clock(), wall=datetime.now(UTC))
        self._hear(f"the reference controller runs: its Lease {self._lease} is being renewed" if runs else "")
        return self._every_seconds

    def _hear(self, reason: str) -> None:
        before = self._caution.reason
        self._caution.hear(reason)
        if self._caution.reason == before:
            return
        if self._caution.reason:
            _LOGGER.warning("only observed: nothing is executed", extra={"reason": self._caution.reason})
        else:
            _LOGGER.info("plans are executed: the reference controller does not run")
