"""A plan as the executor sees it: steps, and how they end. Made by `convert`, read by runner and adapters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""


class Lane(IntEnum):
    """Urgency of a call, most urgent first."""

    DRAIN = 1
    SERVE = 2
    EDIT = 3
    RESYNC = 4
    SWEEP = 5


class KeyKind(Enum):
    """What a plan is for."""

    STACK = "stack"
    BINDING = "binding"
    NETWORK = "network"


class Verb(Enum):
    """How Kubernetes is written; the values are the wire's."""

    CREATE = "create"
    MERGE_PATCH = "merge-patch"
    DELETE = "delete"
    EVENT = "event"
    CONDITION = "condition"


class Outcome(Enum):
    """How a step ended, or that it never began."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    STOPPED = "stopped"


class ErrorClass(Enum):
    """What an error means for the planner; it fixes retry and reason there."""

    NOT_FOUND = "not found"
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    IN_USE = "in use"
    QUOTA = "quota"
    DENIED = "denied"
    PERMANENT = "permanent"
    TRANSIENT = "transient"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedRole:
    """A role to assume, with its external id (empty: none), as the TargetGroupBinding `<namespace>/<name>` names it."""

    arn: str
    external_id: str
    binding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCall:
    """A call to AWS; `parameters` may hold references to earlier answers. `role` None: the executor's own."""

    service: str
    operation: str
    parameters: Mapping[str, Json]
    role: AssumedRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesWrite:
    """A write to Kubernetes. `uid` and `resource_version` are preconditions, empty: none. `body` may hold
    references.
    """

    verb: Verb
    api_version: str
    resource: str
    name: str
    namespace: str = ""
    subresource: str = ""
    uid: str = ""
    resource_version: str = ""
    body: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: its id is unique in the plan; `depends_on` are the steps that must have been accepted before."""

    id: str
    work: AwsCall | KubernetesWrite
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanKey:
    """What a plan is for, and its name: `<namespace>/<name>` for a binding."""

    kind: KeyKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps for one key. `lane` None: each operation's own."""

    id: str
    key: PlanKey
    lane: Lane | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallError:
    """Why a call was not accepted; `code` as answered, or a CamelCase reason of the executor's own."""

    error_class: ErrorClass
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """How a call to AWS or Kubernetes ended.

    `begun` and `ended` are sequence numbers, both 0 when it was never sent; `attempts` is how often it was sent.
    `answer` is set exactly when it was accepted.
    """

    outcome: Outcome
    answer: Json = None
    error: CallError | None = None
    begun: int = 0
    ended: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How a step ended; `sent` is what went out, references resolved, None when nothing could."""

    step_id: str
    result: CallResult
    sent: Json = None


def refused(error_class: ErrorClass, code: str, message: str) -> CallResult:
    """The result of a call that the executor itself refused, without sending it."""
    return CallResult(outcome=Outcome.REFUSED, error=CallError(error_class=error_class, code=code, message=message))


def stopped(message: str) -> CallResult:
    """The result of a call that was not sent because its plan was stopped."""
    return CallResult(
        outcome=Outcome.STOPPED,
        error=CallError(error_class=ErrorClass.CONFLICT, code="Stopped", message=message),
    )
