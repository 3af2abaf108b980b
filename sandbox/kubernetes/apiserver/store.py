"""The objects and their history in memory: what etcd and the watch cache are to a real API server.

Pure and synchronous. One counter numbers every write; each storage keeps a bounded window of its latest
events, from which watches are served and earlier list states are rebuilt.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from sandbox.kubernetes.apiserver.objects import JsonObject

Key = tuple[str, str]
"""Namespace (empty for cluster-scoped objects) and name."""
Revision = NewType("Revision", int)

DEFAULT_WINDOW = 16384


class Change(StrEnum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


class HistoryGone(Exception):  # noqa: N818 - named after the answer it becomes, 410 Gone
    """The window no longer holds the asked revision; `oldest` is the first one that it can still serve from."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"history before revision {oldest} is gone")
        self.oldest = oldest


class Record:
    """One stored version of an object, with its encoding made at most once."""

    __slots__ = ("_encoded", "key", "object", "revision")

    def __init__(self, *, key: Key, obj: JsonObject, revision: Revision) -> None:
        self.key = key
        self.object = obj
        self.revision = revision
        self._encoded: bytes | None = None

    def encoded(self) -> bytes:
        """The object as JSON; kept, so that lists and watches share one encoding."""
        if self._encoded is None:
            self._encoded = encode(self.object)
        return self._encoded


def encode(obj: JsonObject) -> bytes:
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One write. `record` is the state after it (for a deletion: the last state, with the deletion's revision)."""

    change: Change
    record: Record
    previous: Record | None

    @property
    def revision(self) -> Revision:
        return self.record.revision


class Shelf:
    """The objects of one storage, in key order, and the window of their latest events."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._records: dict[Key, Record] = {}
        self._keys: list[Key] = []
        self._events: list[Event] = []
        self._complete_from = Revision(0)
        self._listeners: set[Callable[[], None]] = set()

    def get(self, key: Key) -> Record | None:
        return self._records.get(key)

    def __len__(self) -> int:
        return len(self._records)

    def records(self, namespace: str) -> Iterator[Record]:
        """All records in key order, of one namespace if it is not empty."""
        if not namespace:
            yield from (self._records[key] for key in self._keys)
            return
        start = bisect_left(self._keys, (namespace, ""))
        for key in self._keys[start:]:
            if key[0] != namespace:
                return
            yield self._records[key]

    def records_at(self, namespace: str, revision: int) -> Iterator[Record]:
        """The records as they were at an earlier revision, in key order.

        Raises HistoryGone when the window has lost a change after it.
        """
        undone: dict[Key, Record | None] = {}
        for event in self.events_after(revision):
            undone.setdefault(event.record.key, event.previous)
        if not undone:
            yield from self.records(namespace)
            return
        for key in sorted(set(self._keys) | set(undone)):
            record = undone[key] if key in undone else self._records[key]
            if record is not None and (not namespace or key[0] == namespace):
                yield record

    def events_after(self, revision: int) -> list[Event]:
        """The events that follow a revision, oldest first; raises HistoryGone when some are lost."""
        if revision < self._complete_from:
            raise HistoryGone(self._complete_from + 1)
        start = bisect_right(self._events, revision, key=lambda event: event.revision)
        return self._events[start:]

    def forget(self, revision: Revision) -> None:
        """Compacts: no watch can start, and no list can be rebuilt, before this revision."""
        self._events = []
        self._complete_from = revision

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls back after every write to this shelf; the result ends that."""
        self._listeners.add(callback)
        return lambda: self._listeners.discard(callback)

    def commit(self, event: Event) -> None:
        key = event.record.key
        if event.change is Change.DELETED:
            del self._records[key]
            del self._keys[bisect_left(self._keys, key)]
        else:
            if key not in self._records:
                insort(self._keys, key)
            self._records[key] = event.record
        self._events.append(event)
        if len(self._events) > 2 * self._window:
            lost = len(self._events) - self._window
            self._complete_from = self._events[lost - 1].revision
            del self._events[:lost]
        for callback in tuple(self._listeners):
            callback()


class Store:
    """All shelves under one revision counter. The caller has made sure that each write is allowed."""

    def __init__(self, *, window: int = DEFAULT_WINDOW) -> None:
        self._window = window
        self._shelves: dict[str, Shelf] = {}
        self._revision = Revision(1)

    @property
    def revision(self) -> Revision:
        """The revision of the latest write to any shelf."""
        return self._revision

    def shelf(self, storage: str) -> Shelf:
        if storage not in self._shelves:
            self._shelves[storage] = Shelf(self._window)
        return self._shelves[storage]

    def forget_history(self) -> None:
        for shelf in self._shelves.values():
            shelf.forget(self._revision)

    def put(self, storage: str, key: Key, obj: JsonObject) -> Record:
        """Creates or replaces. The object becomes the store's and gets its new resourceVersion."""
        shelf = self.shelf(storage)
        previous = shelf.get(key)
        record = self._stamp(key, obj)
        change = Change.ADDED if previous is None else Change.MODIFIED
        shelf.commit(Event(change=change, record=record, previous=previous))
        return record

    def delete(self, storage: str, key: Key) -> Record:
        """Removes; the result is the last state with the revision of its removal. KeyError when it is not there."""
        shelf = self.shelf(storage)
        previous = shelf.get(key)
        if previous is None:
            raise KeyError(key)
        last = {**previous.object, "metadata": dict(previous.object["metadata"])}
        record = self._stamp(key, last)
        shelf.commit(Event(change=Change.DELETED, record=record, previous=previous))
        return record

    def _stamp(self, key: Key, obj: JsonObject) -> Record:
        self._revision = Revision(self._revision + 1)
        obj["metadata"]["resourceVersion"] = str(self._revision)
        return Record(key=key, obj=obj, revision=self._revision)
