"""Request throttling as AWS does it: token buckets per account, by operation. The gateway asks before each call.

Pure: the caller passes the time, in sandbox seconds that never go back.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.aws.elbv2.limits import ACCOUNT, OLDER_READS, READS, Limit, Refusal, limit_of, refusal_of

_ALMOST_ONE = 1.0 - 1e-9  # a refill that was waited for exactly must suffice despite rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlingSettings:
    """Which limits hold."""

    on: bool = False
    account_wide: bool = False
    """Whether all load balancing calls of the account share one more bucket (aws-elbv2, section 1.1)."""
    describe: Literal["published", "older"] = "published"
    """Which revision of AWS's page the limit of load balancing reads is from: 200 and 50 a second, or 40 and 10."""


class Throttling:
    """The buckets of one account, thread-safe. They are full at first and after the settings change."""

    def __init__(self, settings: ThrottlingSettings | None = None) -> None:
        self._lock = threading.Lock()
        self._settings = settings or ThrottlingSettings()
        self._buckets: dict[str, _Bucket] = {}

    @property
    def settings(self) -> ThrottlingSettings:
        return self._settings

    @settings.setter
    def settings(self, settings: ThrottlingSettings) -> None:
        with self._lock:
            self._settings = settings
            self._buckets.clear()

    def refuse(self, service: str, operation: str, parameters: Mapping[str, Any], now: float) -> Refusal | None:
        """Why this call is refused; None admits it and takes its tokens. A refused call takes none.

        `service` is the signing name. Calls of which AWS publishes no limit are always admitted.
        """
        if not self._settings.on:
            return None
        with self._lock:
            buckets = [self._bucket(limit, now) for limit in self._limits(service, operation, parameters)]
            if any(bucket.tokens(now) < _ALMOST_ONE for bucket in buckets):
                return refusal_of(service)
            for bucket in buckets:
                bucket.take()
        return None

    def _limits(self, service: str, operation: str, parameters: Mapping[str, Any]) -> list[Limit]:
        limit = limit_of(service, operation, parameters)
        if limit is None:
            return []
        if limit is READS and self._settings.describe == "older":
            limit = OLDER_READS
        shared = self._settings.account_wide and service == "elasticloadbalancing"
        return [limit, ACCOUNT] if shared else [limit]

    def _bucket(self, limit: Limit, now: float) -> _Bucket:
        return self._buckets.setdefault(limit.name, _Bucket(limit, now))


class _Bucket:
    def __init__(self, limit: Limit, now: float) -> None:
        self._limit = limit
        self._tokens = limit.burst
        self._at = now

    def tokens(self, now: float) -> float:
        self._tokens = min(self._limit.burst, self._tokens + max(0.0, now - self._at) * self._limit.per_second)
        self._at = now
        return self._tokens

    def take(self) -> None:
        self._tokens = max(0.0, self._tokens - 1.0)
