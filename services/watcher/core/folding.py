"""Pending changes of one receiver, at most two per object, however slowly it reads.

Used by the outbox. A first-in first-out queue in which a new change of an object takes the place of the pending one.
"""

from collections import Counter, OrderedDict
from dataclasses import replace
from itertools import count

from services.watcher.core.events import Marker
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, ObjectKey, Verb

OVERHEAD_BYTES = 200
"""What a change takes in a message beside its content, at most: revisions, a trace context, lengths."""


class Folding:
    """The queue.

    An object keeps the place of its oldest pending change, so one that changes all the time is not put off. Its merged
    change carries the newest state and the oldest trace. A deletion and the making of another object of that name stay
    two changes. Markers keep their place: what was added before a marker comes out before it.
    """

    def __init__(self) -> None:
        self._queue: OrderedDict[ObjectKey | int, tuple[Change, ...] | Marker] = OrderedDict()
        self._pending: Counter[Kind] = Counter()
        self._places = count()

    def __len__(self) -> int:
        """Objects and markers that wait."""
        return len(self._queue)

    def waits_for(self, kind: Kind) -> bool:
        """Whether changes of the kind are pending."""
        return self._pending[kind] > 0

    def add(self, change: Change) -> None:
        """Merges a change with what is pending of its object."""
        key = change.copy.key
        pending = self._queue.get(key, ())
        if not isinstance(pending, tuple):
            raise TypeError(f"{key} is a marker's place")
        if not pending:
            self._pending[key.kind] += 1
        self._queue[key] = folded(pending, change)

    def mark(self, marker: Marker) -> None:
        """Adds a marker behind all that is pending."""
        self._queue[next(self._places)] = marker

    def take(self, *, max_bytes: int, max_changes: int) -> tuple[Change, ...] | Marker | None:
        """The next marker, or the changes before it that fit into one message (at least one); None when empty."""
        taken: list[Change] = []
        size = 0
        while self._queue:
            place, head = next(iter(self._queue.items()))
            if not isinstance(head, tuple):
                if taken:
                    break
                del self._queue[place]
                return head
            size += sum(len(change.copy.content) + OVERHEAD_BYTES for change in head)
            if taken and (size > max_bytes or len(taken) + len(head) > max_changes):
                break
            del self._queue[place]
            self._pending[head[0].copy.key.kind] -= 1
            taken.extend(head)
        return tuple(taken) or None


def folded(pending: tuple[Change, ...], change: Change) -> tuple[Change, ...]:
    """What is left to tell of one object when `change` follows `pending`: nothing, one change, or a deletion and a
    change of another object of that name.
    """
    if not pending:
        return (change,)
    last = pending[-1]
    if last.copy.uid == change.copy.uid:
        if len(pending) == 1 or not change.deleted:
            return (*pending[:-1], replace(change, traceparent=last.traceparent or change.traceparent))
        # Made and deleted while it was pending: nobody has heard of it, only how far things are is news.
        return (replace(pending[0], revision=change.revision),)
    first = pending[0]
    # A deletion that nobody saw is told all the same: the receiver may know the object that is gone.
    gone = first if first.deleted else replace(first, verb=Verb.DELETED, revision=change.revision)
    return (gone, change)
