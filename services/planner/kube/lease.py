"""The planner's Lease: taken, renewed, given back. `LeaseKeeper.run` is a background task of the planner."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import urllib3
from kubernetes import client

from services.planner.kube.election import Election, LeaseRecord, Move
from services.planner.leadership import Leadership, Term
from services.planner.outage import Outage

_LOGGER = logging.getLogger(__name__)
_CONFLICT, _NOT_FOUND = 409, 404
_AGAIN_SECONDS = 0.1


class LedMeanwhileError(Exception):
    """Another planner has led since this process did: what this one knows of AWS is from before that, and what it takes
    for absent may have been made. A process that begins anew reads it afresh.
    """

    def __init__(self, before: int, now: int) -> None:
        super().__init__(f"another planner led between epoch {before} and epoch {now}: this process has to begin anew")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTimes:
    """Seconds. A leader that could not renew for `give_up` stops acting, well before another may take its Lease."""

    duration: float
    renew: float
    give_up: float

    @property
    def call_timeout(self) -> float:
        """Longest time that one request may take: a request that hangs must leave time for another."""
        return self.give_up / 3


class LeaseApi:
    """One Lease of one API server. Every method blocks; failures are the client's own exceptions."""

    def __init__(self, api: client.ApiClient, *, namespace: str, name: str, times: LeaseTimes) -> None:
        self._api = client.CoordinationV1Api(api)
        self._namespace = namespace
        self._name = name
        self._times = times

    def read(self) -> LeaseRecord | None:
        """The Lease, None when there is none."""
        try:
            lease = self._api.read_namespaced_lease(
                self._name, self._namespace, _request_timeout=self._times.call_timeout
            )
        except client.ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return _record(lease)

    def write(self, standing: LeaseRecord | None, *, holder: str, epoch: int, taken: bool) -> LeaseRecord:
        """Creates the Lease, or replaces the one that was read: it must not have changed since."""
        now = _micro_time(datetime.now(UTC))
        metadata = client.V1ObjectMeta(
            name=self._name,
            namespace=self._namespace,
            resource_version=standing.resource_version if standing is not None else None,
        )
        spec = client.V1LeaseSpec(
            holder_identity=holder,
            lease_transitions=epoch,
            lease_duration_seconds=round(self._times.duration),
            acquire_time=now if taken or standing is None else standing.acquired,
            renew_time=now,
        )
        body = client.V1Lease(metadata=metadata, spec=spec)
        timeout = self._times.call_timeout
        if standing is None:
            return _record(self._api.create_namespaced_lease(self._namespace, body, _request_timeout=timeout))
        return _record(self._api.replace_namespaced_lease(self._name, self._namespace, body, _request_timeout=timeout))


class LeaseKeeper:
    """Keeps `leadership` in step with the Lease."""

    def __init__(
        self, api: LeaseApi, leadership: Leadership, *, identity: str, times: LeaseTimes, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._leadership = leadership
        self._identity = identity
        self._times = times
        self._clock = clock
        self._election = Election(identity)
        self._standing: LeaseRecord | None = None
        self._renewed_at = 0.0
        self._led = 0  # the epoch of the last term
        self._holder = ""  # who leads instead of us
        self._told = ""
        self.outage = Outage(
            _LOGGER,
            name="Kubernetes API for the planner's Lease",
            meaning="without the Lease nothing is executed",
            clock=clock,
        )

    async def run(self) -> None:
        """Until it is cancelled. Raises LedMeanwhileError, with which the process ends."""
        while True:
            seconds = await self.attempt()
            await asyncio.sleep(seconds)

    async def attempt(self) -> float:
        """One look at the Lease and what follows from it; answers the seconds until the next."""
        try:
            async with asyncio.timeout(self._patience()):
                wait = await self._look()
        except client.ApiException as error:
            wait = self._failed(f"{error.status} {error.reason}")
        except (urllib3.exceptions.HTTPError, TimeoutError) as error:
            wait = self._failed(str(error) or "no answer")
        else:
            self.outage.ends()
        self._follow()
        return wait

    async def release(self) -> None:
        """Gives the Lease back, if it is held, so that another need not wait until it has run out."""
        term, self._standing = self._leadership.term, None
        self._leadership.set(None)
        if term is None:
            return
        self._election.lost()
        try:
            standing = await asyncio.to_thread(self._api.read)
            if standing is not None and (standing.holder, standing.transitions) == (term.holder, term.epoch):
                await asyncio.to_thread(self._api.write, standing, holder="", epoch=term.epoch, taken=False)
                _LOGGER.info("the planner's Lease is given back", extra={"epoch": term.epoch})
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            _LOGGER.warning("the planner's Lease was not given back: it runs out", extra={"reason": str(error)})

    def _patience(self) -> float | None:
        """Seconds that an attempt may take. A leader's ends when it has to give up, answered or not; what a request
        that was given up does to the Lease, the next look sees.
        """
        if self._leadership.term is None:
            return None
        return max(0.0, self._renewed_at + self._times.give_up - self._clock())

    async def _look(self) -> float:
        begun = self._clock()
        record = self._standing if self._leadership.term is not None else None
        record = record or await asyncio.to_thread(self._api.read)
        move = self._election.judge(record, begun)
        if move is Move.WAIT and record is not None:
            self._standing, self._holder = None, record.holder
            return self._times.renew
        taken = move is not Move.RENEW
        epoch = self._election.next_epoch(record) if taken or record is None else record.transitions
        try:
            self._standing = await asyncio.to_thread(
                self._api.write, record, holder=self._identity, epoch=epoch, taken=taken
            )
        except client.ApiException as error:
            if error.status not in {_CONFLICT, _NOT_FOUND}:
                raise
            self._standing = None  # somebody else wrote it: look again at once
            return _AGAIN_SECONDS
        self._election.won(epoch)
        self._renewed_at = begun
        return self._times.renew

    def _failed(self, reason: str) -> float:
        self._standing = None
        return min(self._times.renew, self.outage.goes_on(reason))

    def _follow(self) -> None:
        """Begins or ends the term by what is known of the Lease now."""
        term, standing = self._leadership.term, self._standing
        if standing is not None:
            new = Term(holder=self._identity, epoch=standing.transitions)
            if self._led and new.epoch > self._led + 1:
                raise LedMeanwhileError(self._led, new.epoch)
            self._led = new.epoch
            if new != term:
                _LOGGER.info("this planner leads", extra={"identity": new.holder, "epoch": new.epoch})
            self._holder = ""
            self._leadership.set(new)
        elif term is not None and (self._holder or self._clock() - self._renewed_at >= self._times.give_up):
            _LOGGER.error("the planner's Lease is lost: nothing is executed", extra={"holder": self._holder})
            self._election.lost()
            self._leadership.set(None)
        elif term is None and self._holder != self._told:
            _LOGGER.info("another planner leads: its Lease is waited for", extra={"holder": self._holder})
        self._told = self._holder


def _record(lease: Any) -> LeaseRecord:
    spec = lease.spec
    return LeaseRecord(
        holder=spec.holder_identity or "",
        transitions=spec.lease_transitions or 0,
        renewed=str(spec.renew_time or ""),
        acquired=spec.acquire_time,
        duration_seconds=float(spec.lease_duration_seconds or 0),
        resource_version=lease.metadata.resource_version,
    )


def _micro_time(now: datetime) -> datetime:
    """A time that is written with its six digits: the client leaves out a fraction of zero, the API server wants it."""
    return now if now.microsecond else now.replace(microsecond=1)
