"""The budget: when a call may be sent, by token buckets with lanes as priorities, adapting to throttle answers.

Pure: the caller passes the time (seconds, never going back). `aws.gate` makes waiting calls out of it. A call takes one
token from each of its buckets, all or none. Where a token is short, the most urgent lane comes first, then the oldest.
After a throttle answer the category's bucket is emptied and its refill halved, at most once a second (the calls of one
burst are throttled together); each success brings it one hundredth of the full rate back.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.executor.core.buckets import Rate, Rates
from services.executor.core.operations import Operation
from services.executor.core.steps import Lane

_DECREASE = 0.5
_INCREASE = 0.01  # of the full rate, per success: some seconds of full use from the floor back to the top
_FLOOR = 0.1  # of the full rate: below it, the retries of one call would outlast their own limit
_HOLD_SECONDS = 1.0
_ALMOST_ONE = 1.0 - 1e-9  # a refill that was waited for exactly must suffice despite rounding


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ticket:
    """A waiting call; tickets order by who comes first."""

    lane: Lane
    number: int
    buckets: tuple[str, ...]


class _Bucket:
    def __init__(self, rate: Rate, now: float) -> None:
        self._full = rate
        self._per_second = rate.per_second
        self._tokens = rate.burst
        self._at = now
        self._held_until = -math.inf

    def ready_at(self, now: float) -> float:
        """When it has a token: `now` or later."""
        self._refill(now)
        missing = 1.0 - self._tokens
        return now if self._tokens >= _ALMOST_ONE else now + missing / self._per_second

    def take(self) -> None:
        self._tokens = max(0.0, self._tokens - 1.0)

    def slow_down(self, now: float) -> None:
        if now < self._held_until:
            return
        self._refill(now)
        self._tokens = 0.0
        self._per_second = max(self._full.per_second * _FLOOR, self._per_second * _DECREASE)
        self._held_until = now + _HOLD_SECONDS

    def speed_up(self, now: float) -> None:
        self._refill(now)
        self._per_second = min(self._full.per_second, self._per_second + self._full.per_second * _INCREASE)

    def _refill(self, now: float) -> None:
        self._tokens = min(self._full.burst, self._tokens + max(0.0, now - self._at) * self._per_second)
        self._at = now


class Budget:
    """The buckets of one account and the calls that wait for them."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._buckets: dict[str, _Bucket] = {}
        self._waiting: dict[tuple[str, ...], list[Ticket]] = {}
        self._cancelled: set[Ticket] = set()
        self._count = 0

    def ask(self, operation: Operation, lane: Lane) -> Ticket:
        """Puts a call in line."""
        self._count += 1
        ticket = Ticket(lane=lane, number=self._count, buckets=self._rates.buckets_of(operation, lane))
        heapq.heappush(self._waiting.setdefault(ticket.buckets, []), ticket)
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Takes a call out of line that was not granted yet."""
        self._cancelled.add(ticket)

    def grant(self, now: float) -> tuple[Sequence[Ticket], float | None]:
        """The calls that may be sent now, and when to ask again: None when nobody is left waiting."""
        granted: list[Ticket] = []
        while (ticket := self._first_ready(now)) is not None:
            for bucket in ticket.buckets:
                self._bucket(bucket, now).take()
            heapq.heappop(self._waiting[ticket.buckets])
            granted.append(ticket)
        return granted, min((self._ready_at(head, now) for head in self._heads()), default=None)

    def throttled(self, operation: Operation, now: float) -> None:
        """Tells that AWS answered this operation with a throttle."""
        self._bucket(self._rates.buckets_of_everyone(operation)[0], now).slow_down(now)

    def succeeded(self, operation: Operation, now: float) -> None:
        """Tells that AWS took this operation."""
        self._bucket(self._rates.buckets_of_everyone(operation)[0], now).speed_up(now)

    def _first_ready(self, now: float) -> Ticket | None:
        return min((head for head in self._heads() if self._ready_at(head, now) <= now), default=None)

    def _heads(self) -> list[Ticket]:
        heads: list[Ticket] = []
        for line in self._waiting.values():
            while line and line[0] in self._cancelled:
                self._cancelled.discard(heapq.heappop(line))
            if line:
                heads.append(line[0])
        return heads

    def _ready_at(self, ticket: Ticket, now: float) -> float:
        return max(self._bucket(name, now).ready_at(now) for name in ticket.buckets)

    def _bucket(self, name: str, now: float) -> _Bucket:
        if name not in self._buckets:
            self._buckets[name] = _Bucket(self._rates.of(name), now)
        return self._buckets[name]
