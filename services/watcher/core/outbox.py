"""What one receiver still has to be told: states of kinds, snapshots, changes.

One per Watch stream, filled and emptied by the feed. Pure: the copies themselves stay with the feed, so that a receiver
costs the keys of what it has not got yet and one pending change per object.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Protocol

from services.watcher.core.events import (
    Batch,
    Event,
    KindState,
    Marker,
    Progress,
    Report,
    SnapshotBegun,
    SnapshotEnded,
)
from services.watcher.core.folding import OVERHEAD_BYTES, Folding
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, Copy, ObjectKey, Verb

BATCH_BYTES: Final = 128 * 1024
"""Content of one message, about: an eighth of what a message may hold, and a short wait for a change behind it."""

BATCH_CHANGES: Final = 500
"""Changes in one message, at most: what the receiver handles between two looks at its other work."""


class Source(Protocol):
    """Where the newest state stands when it is time to tell it."""

    def copy_of(self, key: ObjectKey) -> Copy | None:
        """The object as it is now, None when it is gone."""

    def revision_of(self, kind: Kind) -> int:
        """The revision up to which the kind is known."""


@dataclass(slots=True, kw_only=True)
class _Snapshot:
    kind: Kind
    remaining: deque[ObjectKey]
    known: set[ObjectKey]
    begun: bool = False
    """Whether the receiver has been told that it begins."""


class Outbox:
    """All that is pending for one receiver.

    Live changes and the pieces of snapshots take turns, so neither holds up the other. A snapshot tells every object
    in its newest state, those that were added while it went on too, so that what it lacks does not exist; a live change
    is told at once nevertheless.
    """

    def __init__(self) -> None:
        self._folding = Folding()
        self._snapshots: dict[Kind, _Snapshot] = {}
        self._unfinished: set[Kind] = set()
        self._reports: dict[Kind, Report] = {}
        self._marked: set[Kind] = set()
        self._later: dict[Kind, Progress] = {}
        self._snapshot_next = False

    def report(self, report: Report) -> None:
        """A kind's state. To a receiver that has not got all of its snapshot yet, a kind that is synced is syncing."""
        before = self._told_as(self._reports[report.kind]) if report.kind in self._reports else None
        self._reports[report.kind] = report
        if (told := self._told_as(report)) != before:
            self._folding.mark(told)

    def begin_snapshot(self, kind: Kind, keys: Collection[ObjectKey]) -> None:
        """The kind is known whole, for the first time in this stream: these are its objects."""
        self._unfinished.add(kind)
        self._snapshots[kind] = _Snapshot(kind=kind, remaining=deque(keys), known=set(keys))
        self._folding.mark(SnapshotBegun(kind=kind))

    def change(self, change: Change) -> None:
        """A live change of a kind whose snapshot has begun or ended."""
        self._folding.add(change)
        snapshot = self._snapshots.get(change.copy.key.kind)
        if snapshot is not None and not change.deleted and change.copy.key not in snapshot.known:
            snapshot.known.add(change.copy.key)
            snapshot.remaining.append(change.copy.key)

    def progress(self, progress: Progress) -> None:
        """A kind is known up to a revision. One such mark of a kind waits at its place; a newer one follows it."""
        if progress.kind in self._unfinished:
            return  # the end of the snapshot says it
        if progress.kind in self._marked:
            self._later[progress.kind] = progress
            return
        self._marked.add(progress.kind)
        self._folding.mark(progress)

    def take(self, source: Source) -> tuple[Event, ...]:
        """The next events, with as many changes as one message holds; empty when nothing is pending."""
        snapshot = next((snapshot for snapshot in self._snapshots.values() if snapshot.begun), None)
        if snapshot is not None and (self._snapshot_next or not len(self._folding)):
            self._snapshot_next = False
            return self._piece(snapshot, source)
        taken = self._folding.take(max_bytes=BATCH_BYTES, max_changes=BATCH_CHANGES)
        if taken is None:
            return ()
        if isinstance(taken, tuple):
            self._snapshot_next = True
            return (Batch(changes=taken),)
        return self._passed(taken, source)

    def _piece(self, snapshot: _Snapshot, source: Source) -> tuple[Event, ...]:
        changes: list[Change] = []
        size = 0
        while snapshot.remaining and len(changes) < BATCH_CHANGES:
            copy = source.copy_of(snapshot.remaining[0])
            size += len(copy.content) + OVERHEAD_BYTES if copy else 0
            if changes and size > BATCH_BYTES:
                break
            snapshot.remaining.popleft()
            if copy is not None:
                changes.append(Change(verb=Verb.LISTED, copy=copy, revision=copy.revision))
        if not snapshot.remaining:
            del self._snapshots[snapshot.kind]
            # Behind the live changes that belong to it.
            self._folding.mark(SnapshotEnded(kind=snapshot.kind, revision=source.revision_of(snapshot.kind)))
        return (Batch(changes=tuple(changes)),) if changes else self.take(source)

    def _passed(self, marker: Marker, source: Source) -> tuple[Event, ...]:
        if isinstance(marker, Report):
            return (marker,)
        if isinstance(marker, SnapshotBegun):
            self._snapshots[marker.kind].begun = True
            return (marker,)
        kind = marker.kind
        # A later change may have come out in the place of an earlier one: say no less than was told.
        if not self._folding.waits_for(kind):
            marker = replace(marker, revision=source.revision_of(kind))
        if isinstance(marker, Progress):
            self._marked.discard(kind)
            if later := self._later.pop(kind, None):
                self.progress(later)
            return (marker,)
        self._unfinished.discard(kind)
        report = self._reports.get(kind)
        return (marker, report) if report is not None and report.state is KindState.SYNCED else (marker,)

    def _told_as(self, report: Report) -> Report:
        if report.state is KindState.SYNCED and report.kind in self._unfinished:
            return replace(report, state=KindState.SYNCING)
        return report
