"""What is worked on and how urgently: the keys of the workqueue and their lanes."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class StackKind(StrEnum):
    """Which kind of object a stack belongs to; the value is the tag prefix's first part."""

    INGRESS = "ingress"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StackKey:
    """An ingress group or a Service. `namespace` is empty for an explicit group, whose `name` is the group's."""

    kind: StackKind
    namespace: str
    name: str

    @property
    def stack_id(self) -> str:
        """The stack's identity in names and tags (naming and tags, section 3)."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind}/{self.stack_id}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class BindingKey:
    """One TargetGroupBinding."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class NetworkKey:
    """The shared backend group and all rules that the cluster holds on node and pod security groups."""

    def __str__(self) -> str:
        return ""


Key = StackKey | BindingKey | NetworkKey


class Lane(IntEnum):
    """Urgency of a change; a smaller number goes first."""

    DRAIN = 1
    SERVE = 2
    EDIT = 3
    RESYNC = 4
    SWEEP = 5
