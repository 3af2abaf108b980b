"""What the executor read, as values: made by `convert.observations`, folded by `store.Store`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.planner.core.aws import Fact
from services.planner.core.keys import StackKey
from services.planner.core.outcomes import LookupKind
from services.planner.core.plans import OWN_ROLE, AssumedRole
from services.planner.core.updates import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRecord:
    """One resource. `description` is AWS's own, None when only tags, attributes or `certificates` (a listener's beside
    the default one) were read; those are None when they were not. `facts`: those of a load balancer that were read.
    """

    kind: RecordKind
    id: str
    parent: str = ""
    description: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None
    attributes: Mapping[str, str] | None = None
    certificates: tuple[str, ...] | None = None
    facts: Mapping[Fact, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedTargets:
    """All registered targets of one group, as AWS's TargetHealthDescriptions; `gone`: AWS knows no such group."""

    arn: str
    descriptions: Sequence[Mapping[str, Any]] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Resources that one call answered; `begun` is the executor's sequence number at its start."""

    begun: int
    records: tuple[ObservedRecord, ...] = ()
    targets: tuple[ObservedTargets, ...] = ()


class Scope(StrEnum):
    """How much a query asks for."""

    ALL = "all"
    STACK = "stack"
    LOOKUP = "lookup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question to the executor. By `scope`: of a STACK its key, tags and names (`lb:`, `tg:`, `sg:`); of ALL the
    instances whose interfaces are wanted, as keys; of a LOOKUP its kind and keys,
    and the role under which AWS is asked.
    """

    scope: Scope
    kind: LookupKind | None = None
    keys: tuple[str, ...] = ()
    stack: StackKey | None = None
    tags: Mapping[str, str] | None = None
    role: AssumedRole = OWN_ROLE

    def __str__(self) -> str:
        what = {Scope.ALL: "everything", Scope.STACK: f"stack {self.stack}", Scope.LOOKUP: str(self.kind).lower()}
        return what[self.scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A query was answered in full. `begun`: the sequence number of its first call; `asked_at`: the planner's clock
    when it was sent.
    """

    query: Query
    begun: int
    asked_at: float
