"""The outer layer: how long a key waits after a failure. Used by `workqueue.WorkQueue` only."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Failure(StrEnum):
    """Why a run failed, as far as it decides when the next one may begin."""

    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    IN_USE = "in use"
    QUOTA = "quota"
    DENIED = "denied"
    PERMANENT = "permanent"

    @property
    def passes(self) -> bool:
        """Whether it may pass without anybody doing something about it."""
        return self not in {Failure.QUOTA, Failure.DENIED, Failure.PERMANENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Seconds after the first failure, doubled with each further one, up to a cap."""

    first: float
    cap: float


BACKOFF: Mapping[Failure, Steps] = {
    # Another state than expected: it was observed again at once, so the next plan is a better one.
    Failure.CONFLICT: Steps(first=0.2, cap=30),
    Failure.UNKNOWN: Steps(first=0.2, cap=30),
    Failure.TRANSIENT: Steps(first=0.5, cap=60),
    # The executor has already held back and retried for ten seconds.
    Failure.THROTTLED: Steps(first=2, cap=60),
    # AWS lets go of a resource within seconds, sometimes minutes.
    Failure.IN_USE: Steps(first=1, cap=20),
    # Somebody has to raise a quota, grant a permission or change an object; a change of an object does not wait.
    Failure.QUOTA: Steps(first=10, cap=300),
    Failure.DENIED: Steps(first=5, cap=300),
    Failure.PERMANENT: Steps(first=5, cap=300),
}


class Backoff(Generic[K]):
    """Counts failures in a row, per key. A failure of another class goes on counting."""

    def __init__(self, table: Mapping[Failure, Steps] = BACKOFF) -> None:
        self._table = table
        self._failures: dict[K, int] = {}

    def fail(self, key: K, failure: Failure) -> float:
        """Notes a failure and answers how many seconds the key has to wait."""
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        steps = self._table[failure]
        # Beyond 2^32 every cap is reached; the exponent must not grow with the count for ever.
        return min(steps.cap, steps.first * 2.0 ** min(count, 32))

    def forget(self, key: K) -> None:
        """Notes a success: the next failure is the first one again."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        """Failures in a row."""
        return self._failures.get(key, 0)
