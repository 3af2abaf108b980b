"""The plan as a value: changes for people, steps for the executor, cost, verdict.

A plan is sorted and serialisable; the same input gives the same bytes. `Ref` stands for a part of an earlier step's
answer, `Secret` for what only the executor reads. JSON values are built of dict, list, str, int, bool and None, with
these two allowed as leaves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.planner.core.keys import Key
from services.planner.core.problems import Problem, Reason


@dataclass(frozen=True, slots=True)
class Ref:
    """A part of another step's answer: the step's id and a JMESPath into its answer."""

    step: str
    path: str


@dataclass(frozen=True, slots=True)
class Secret:
    """What stands in a Secret, never its contents: `<namespace>/<name>#<key>`, and the digest of what is meant."""

    reference: str
    digest: str


# A JSON value in which a `Ref` or a `Secret` may stand for a leaf.
Json = Any


class ChangeAction(StrEnum):
    """What happens to a resource."""

    NO_OP = "no-op"
    CREATE = "create"
    MODIFY = "modify"
    REPLACE = "replace"
    DELETE = "delete"


class Verdict(StrEnum):
    """Whether a plan may be executed."""

    OK = "ok"
    HELD = "held"
    ERRORED = "errored"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One differing field; `old` and `new` are JSON values, None where there is none."""

    field: str
    old: Json = None
    new: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changing resource, for people. `asked_by` is the object that wants it, as `<Kind>/<namespace>/<name>`."""

    kind: str
    name: str
    action: ChangeAction
    reason: Reason
    asked_by: str
    fields: tuple[FieldChange, ...] = ()
    disruptive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AssumedRole:
    """A role of another account with its external id (empty: none), as the TargetGroupBinding `<namespace>/<name>`
    names it. Without an ARN it stands for the executor's own role.
    """

    arn: str = ""
    external_id: str = ""
    binding: str = ""


OWN_ROLE = AssumedRole()


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCall:
    """A call: boto3's service name (`elbv2`, `ec2`), the operation, its parameters, and the role to assume for it."""

    service: str
    operation: str
    parameters: Mapping[str, Json]
    role: AssumedRole = OWN_ROLE


class Verb(StrEnum):
    """How Kubernetes is written."""

    CREATE = "create"
    MERGE_PATCH = "merge-patch"
    DELETE = "delete"
    EVENT = "event"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesWrite:
    """A write. `uid` and, where a list is replaced, `resource_version` are preconditions; empty: none."""

    verb: Verb
    api_version: str
    resource: str
    name: str
    namespace: str = ""
    subresource: str = ""
    uid: str = ""
    resource_version: str = ""
    body: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `id` is unique in the plan, `depends_on` names steps that must have been accepted before."""

    id: str
    work: AwsCall | KubernetesWrite
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan for one key. `cost` is the number of AWS calls by API category. Steps stand in dependency order."""

    key: Key
    verdict: Verdict = Verdict.OK
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    cost: Mapping[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether executing it would do nothing."""
        return not self.steps


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Report:
    """Something to say to the user on one object: becomes an Event, once per object generation and text."""

    object_kind: str
    api_version: str
    namespace: str
    name: str
    uid: str
    generation: int
    warning: bool
    reason: Reason
    message: str
