"""Where the list/watch threads and the Watch streams meet.

The threads tell it what they see; it keeps the newest copy of every object and folds what changed into the outbox of
each receiver, which its stream empties on the event loop. That map is the only thing handed over: memory grows with
the number of objects, never with the number of changes.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from services.runtime import telemetry
from services.watcher.core.comparing import after_gone, after_list, after_seen
from services.watcher.core.events import Event, KindState, Progress, Report
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, Copy, ObjectKey, Verb
from services.watcher.core.outbox import Outbox


@dataclass(slots=True, kw_only=True)
class _Shelf:
    """What is known of one kind. Only its own list/watch thread writes it, with the feed's lock held."""

    report: Report
    objects: dict[ObjectKey, Copy] = field(default_factory=dict)
    revision: int = 0
    listed: bool = False


class Receiver:
    """One stream's end of the feed, for use on the event loop that made it."""

    def __init__(self, feed: "Feed") -> None:
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._woken = False
        self.outbox = Outbox()

    async def next(self) -> Sequence[Event]:
        """The next events, as soon as there are any; empty when the feed has been closed."""
        while True:
            self._something.clear()
            events, closed = self._feed.take(self)
            if events or closed:
                return events
            await self._something.wait()

    def wake(self) -> None:
        """Called from any thread, with the feed's lock held: however much arrives, one callback waits in the loop."""
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._something.set)

    def awake(self) -> None:
        """Called with the feed's lock held, when all that is pending is about to be looked at."""
        self._woken = False


class Feed:
    """The cache of all kinds and its receivers. Every method may be called from any thread; those about a kind from
    one thread per kind.
    """

    def __init__(self, kinds: Iterable[Kind] = tuple(Kind)) -> None:
        self._lock = threading.Lock()
        self._shelves = {kind: _Shelf(report=Report(kind=kind, state=KindState.SYNCING)) for kind in kinds}
        self._receivers: set[Receiver] = set()
        self._closed = False

    # What the list/watch threads tell.

    def report(self, report: Report) -> None:
        """A kind stands like this now. Its objects stay, whatever it says."""
        with self._lock:
            self._shelves[report.kind].report = report
            for receiver in self._receivers:
                receiver.outbox.report(report)
                receiver.wake()

    def listed(self, kind: Kind, copies: Mapping[ObjectKey, Copy], revision: int) -> None:
        """The kind's complete list, as of a revision. The first one begins snapshots; a later one is told as the
        changes that were missed, deletions among them.
        """
        shelf = self._shelves[kind]
        if shelf.listed:
            self._tell(kind, after_list(shelf.objects, copies, revision), revision, progress=True)
            return
        with self._lock:
            shelf.objects.update(copies)
            shelf.revision, shelf.listed = revision, True
            for receiver in self._receivers:
                receiver.outbox.begin_snapshot(kind, shelf.objects.keys())
                receiver.wake()

    def seen(self, copy: Copy) -> None:
        """An object was added or modified."""
        kind = copy.key.kind
        self._tell(kind, after_seen(self._shelves[kind].objects.get(copy.key), copy), copy.revision)

    def gone(self, last: Copy) -> None:
        """An object was deleted; `last` is its last state, at the revision of the deletion."""
        kind = last.key.kind
        self._tell(kind, after_gone(self._shelves[kind].objects.get(last.key), last), last.revision)

    def progress(self, kind: Kind, revision: int) -> None:
        """Nothing else has happened to the kind up to a revision."""
        self._tell(kind, (), revision, progress=True)

    # What the event loop does.

    @contextmanager
    def receiver(self) -> Iterator[Receiver]:
        """A new receiver, who is told everything from the start, for as long as the block lasts."""
        receiver = Receiver(self)
        with self._lock:
            for kind, shelf in self._shelves.items():
                if shelf.listed:
                    receiver.outbox.report(_without_snapshot(shelf.report))
                    receiver.outbox.begin_snapshot(kind, shelf.objects.keys())
                receiver.outbox.report(shelf.report)
            self._receivers.add(receiver)
        try:
            yield receiver
        finally:
            with self._lock:
                self._receivers.discard(receiver)

    def take(self, receiver: Receiver) -> tuple[Sequence[Event], bool]:
        """The next events of a receiver, and whether the feed is closed."""
        with self._lock:
            receiver.awake()
            if self._closed:
                return (), True
            return receiver.outbox.take(self), False

    def close(self) -> None:
        """Ends every receiver. What is still pending is not told: it will be in the next snapshot."""
        with self._lock:
            self._closed = True
            for receiver in self._receivers:
                receiver.wake()

    # What an outbox asks while the lock is held.

    def copy_of(self, key: ObjectKey) -> Copy | None:
        """The newest copy of an object, None when it is gone."""
        return self._shelves[key.kind].objects.get(key)

    def revision_of(self, kind: Kind) -> int:
        """The revision up to which a kind is known."""
        return self._shelves[kind].revision

    def _tell(self, kind: Kind, changes: Sequence[Change], revision: int, *, progress: bool = False) -> None:
        # Spans outside the lock: nobody else writes this shelf, so the changes stay what they are. A change that
        # nobody is there to follow starts no trace.
        traced = [_traced(change) for change in changes] if self._receivers else changes
        shelf = self._shelves[kind]
        with self._lock:
            shelf.revision = revision
            for change in traced:
                _put(shelf.objects, change)
            for receiver in self._receivers:
                for change in traced:
                    receiver.outbox.change(change)
                if progress:
                    receiver.outbox.progress(Progress(kind=kind, revision=revision))
                receiver.wake()


def _put(objects: dict[ObjectKey, Copy], change: Change) -> None:
    if change.deleted:
        objects.pop(change.copy.key, None)
    else:
        objects[change.copy.key] = change.copy


def _without_snapshot(report: Report) -> Report:
    return replace(report, state=KindState.SYNCING) if report.state is KindState.SYNCED else report


def _traced(change: Change) -> Change:
    if change.verb is Verb.RENEWED:
        return change
    attributes = {
        "elbow.kind": str(change.copy.key.kind),
        "elbow.object": str(change.copy.key),
        "elbow.revision": str(change.revision),
        "elbow.verb": str(change.verb),
    }
    with telemetry.start_span("observe change", attributes=attributes):
        return replace(change, traceparent=telemetry.traceparent())
