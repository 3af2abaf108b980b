"""Calls that fail: with an error or without an answer, before they have an effect or after it, all or some of them."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from sandbox.aws.faults.errors import ErrorAnswer, Reason, answer_for
from sandbox.aws.faults.selecting import Selector
from sandbox.aws.record import CallRecord, Phase
from sandbox.aws.requests import AwsRequest


@dataclass(slots=True, kw_only=True)
class Failure:
    """Fails calls that it selects. Thread-safe; the same seed fails the same calls of the same order."""

    kind: ClassVar[str] = "fail"

    selector: Selector
    error: ErrorAnswer | Reason | None = None
    """What is answered; None closes the connection without an answer."""
    when: Phase = Phase.BEFORE
    nth: int = 1
    """The first call that fails, counted from when it was set."""
    times: int | None = None
    """How many calls fail; None for no end."""
    share: float = 1.0
    """The share of calls that fail, by chance."""
    seed: int = 0
    _seen: int = 0
    _failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def takes(self, call: CallRecord) -> bool:
        """Counts a call that arrived; whether it fails."""
        if not self.selector.selects(call):
            return False
        with self._lock:
            self._seen += 1
            if self._seen < self.nth or self._failed == self.times:
                return False
            if self._chance.random() >= self.share:
                return False
            self._failed += 1
            return True

    def answer_to(self, request: AwsRequest) -> ErrorAnswer | None:
        """What a call that fails is answered; None for nothing."""
        return answer_for(self.error, request) if isinstance(self.error, Reason) else self.error

    def end(self) -> None:
        """Nothing is held."""

    def shown(self) -> Mapping[str, Any]:
        return {
            **self.selector.shown(),
            "error": asdict(self.error) if isinstance(self.error, ErrorAnswer) else self.error,
            "when": self.when.value,
            "nth": self.nth,
            "times": self.times,
            "share": self.share,
            "seed": self.seed,
            "seen": self._seen,
            "failed": self._failed,
        }
