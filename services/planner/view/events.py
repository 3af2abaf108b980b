"""What the watcher says, as values: made by `convert.watch`, folded by `cluster.ClusterView`."""

from dataclasses import dataclass
from enum import StrEnum

from services.planner.core.objects import Kind
from services.planner.core.secrets import SecretState
from services.planner.view.objects import Object


class KindState(StrEnum):
    """Where a kind stands at the watcher; the value is what a user reads."""

    SYNCING = "syncing"
    SYNCED = "synced"
    MISSING = "missing"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A kind has a new state; `message` is the API server's, for people."""

    kind: Kind
    state: KindState
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotBegun:
    """A snapshot of a kind begins."""

    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEnded:
    """A snapshot of a kind has ended; it is complete up to `revision`."""

    kind: Kind
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """Everything of a kind up to `revision` has been sent."""

    kind: Kind
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One object as it is now, or (`deleted`) as it was last; `snapshot`: it belongs to a snapshot."""

    kind: Kind
    thing: Object
    revision: int
    deleted: bool = False
    snapshot: bool = False
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSeen:
    """One Secret that was asked for as it is now."""

    state: SecretState
    traceparent: str = ""


Event = Reported | SnapshotBegun | SnapshotEnded | Progressed | Seen | SecretSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What an event changed in the view. `first`: it comes from the first snapshot of its kind, so nothing says that
    anybody changed anything.
    """

    kind: Kind
    old: Object | None
    new: Object | None
    first: bool = False
    traceparent: str = ""

    @property
    def now(self) -> Object:
        """The object as it is, or as it was last."""
        thing = self.new or self.old
        if thing is None:
            raise ValueError("a change has an old or a new object")
        return thing
