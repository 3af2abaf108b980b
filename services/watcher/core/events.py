"""What a receiver is told, in the order in which it is told.

Made by the outbox, turned into messages by `convert`.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change


class KindState(StrEnum):
    """Where a kind stands (meanings in the wire contract)."""

    SYNCING = "syncing"
    SYNCED = "synced"
    MISSING = "missing"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A kind's new state, with the API server's words for people."""

    kind: Kind
    state: KindState
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything of a kind up to this revision has been told."""

    kind: Kind
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotBegun:
    """The objects of a kind follow, as changes of verb LISTED, with live changes in between."""

    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEnded:
    """All objects of a kind have been told, as of this revision or later."""

    kind: Kind
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Changes that travel together, in order."""

    changes: tuple[Change, ...]


Marker = Report | Progress | SnapshotBegun | SnapshotEnded
"""An event that has its place between changes and is never merged with them."""

Event = Batch | Marker
