"""How the steps of a plan ended, as values: made by `convert.plans`, judged by `verdicts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class StepOutcome(StrEnum):
    """How a step ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    STOPPED = "stopped"


class ErrorClass(StrEnum):
    """Class of an error of AWS or Kubernetes, decided by the executor from the code."""

    NOT_FOUND = "not found"
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    IN_USE = "in use"
    QUOTA = "quota"
    DENIED = "denied"
    PERMANENT = "permanent"
    TRANSIENT = "transient"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallError:
    """An error as it was answered."""

    error_class: ErrorClass
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """Result of one step. `sent`: parameters or body with references resolved; `answer`: what AWS answered, or the
    object as Kubernetes answered it; `begun` and `ended` are the executor's sequence numbers.
    """

    step_id: str
    outcome: StepOutcome
    error: CallError | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    begun: int = 0
    ended: int = 0
    attempts: int = 0
