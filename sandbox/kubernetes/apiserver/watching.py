"""WATCH: turns the history of a storage into the events of one watcher.

A watcher keeps no queue: it remembers the revision up to which it has seen everything and reads on from the shared
history, so that a slow one costs no memory and an event is encoded once for all.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from sandbox.kubernetes.apiserver.conversion import shown
from sandbox.kubernetes.apiserver.errors import ApiError, expired, forbidden_field, invalid
from sandbox.kubernetes.apiserver.listing import revision_of
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.requests import is_true
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.selectors import Selection
from sandbox.kubernetes.apiserver.store import Change, Event, HistoryGone, Record, Shelf, Store, encode

BOOKMARK_SECONDS = 30.0
"""How long a watcher hears nothing before it gets a bookmark."""
_MIN_TIMEOUT_SECONDS = 1800
INITIAL_EVENTS_END = "k8s.io/initial-events-end"

Render = Callable[[JsonObject], JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchQuery:
    """What one watcher wants to see."""

    resource: Resource
    namespace: str
    selection: Selection
    start: int | None
    """The revision after which to go on; None to begin with the objects that are there now."""
    not_older_than: int = 0
    bookmarks: bool = False
    initial_events_end: bool = False
    """Whether the initial objects end with a marked bookmark (streaming lists)."""
    timeout_seconds: float = _MIN_TIMEOUT_SECONDS


def read_watch(query: Mapping[str, str], resource: Resource, namespace: str, selection: Selection) -> WatchQuery:
    """Reads the watch parameters; 422 for combinations that a real server refuses."""
    version = query.get("resourceVersion", "")
    bookmarks = is_true(query.get("allowWatchBookmarks", ""))
    send_initial = query.get("sendInitialEvents", "")
    if send_initial:
        _check_initial(query)
    elif query.get("resourceVersionMatch"):
        raise _options_error(
            "resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        )
    asked = revision_of(version)
    initial = is_true(send_initial) if send_initial else version in {"", "0"}
    timeout = query.get("timeoutSeconds", "")
    return WatchQuery(
        resource=resource,
        namespace=namespace,
        selection=selection,
        start=None if initial else asked,
        not_older_than=asked,
        bookmarks=bookmarks,
        initial_events_end=bool(send_initial) and is_true(send_initial) and bookmarks,
        timeout_seconds=float(timeout) if timeout.isdigit() and int(timeout) else _MIN_TIMEOUT_SECONDS,
    )


def _check_initial(query: Mapping[str, str]) -> None:
    if query.get("resourceVersionMatch") != "NotOlderThan":
        raise _options_error(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )


def _options_error(field: str, detail: str) -> ApiError:
    return invalid(kind="ListOptions", group="meta.k8s.io", name="", errors=[forbidden_field(field, detail)])


class WatchGate:
    """Switches over open watches: they can be frozen, cut, or ended in good order.

    Freezing and cutting are for the watches of whoever uses the cluster; the sandbox's own parts watch on.
    """

    def __init__(self) -> None:
        self._wakes: set[asyncio.Event] = set()
        self._ended: Counter[str] = Counter()
        self._cut: Counter[str | None] = Counter()
        self._frozen: Counter[str | None] = Counter()
        self._closed = 0

    def freeze(self, storage: str | None) -> None:
        """Keeps the watches of one storage, or all, open without delivering anything."""
        self._frozen[storage] += 1

    def thaw(self, storage: str | None) -> None:
        """Takes one freezing back."""
        self._frozen[storage] -= 1
        self._wake()

    def cut(self, storage: str | None = None) -> None:
        """Breaks the connections of the open watches of one storage, or of all."""
        self._cut[storage] += 1
        self._wake()

    def close(self) -> None:
        """Breaks the connections of all open watches, those of the sandbox's own parts too."""
        self._closed += 1
        self._wake()

    def end(self, storage: str) -> None:
        """Ends the open watches of one storage."""
        self._ended[storage] += 1
        self._wake()

    def is_frozen(self, storage: str) -> bool:
        return bool(self._frozen[None] or self._frozen[storage])

    def cuts(self, storage: str, *, of_part: bool) -> tuple[int, int]:
        """Changes when such a watch is to break."""
        return self._closed, 0 if of_part else self._cut[None] + self._cut[storage]

    def endings(self, storage: str) -> int:
        """Changes when the watches of the storage are to end."""
        return self._ended[storage]

    def join(self, wake: asyncio.Event) -> None:
        self._wakes.add(wake)

    def leave(self, wake: asyncio.Event) -> None:
        self._wakes.discard(wake)

    def _wake(self) -> None:
        for each in tuple(self._wakes):
            each.set()


class Watcher:
    """The stream of one watch, as encoded lines."""

    def __init__(
        self, *, store: Store, gate: WatchGate, query: WatchQuery, render: Render | None, of_part: bool = False
    ) -> None:
        self._store = store
        self._shelf: Shelf = store.shelf(query.resource.storage)
        self._gate = gate
        self._query = query
        self._render = render
        self._of_part = of_part
        self._seen: int = store.revision
        self._started = False
        self.cut = False
        """Whether the stream has ended because it was cut, and not in good order."""

    async def lines(self) -> AsyncIterator[bytes]:
        """Yields batches of JSON lines until the time is up, the watch is cut, or its history is gone."""
        wake = asyncio.Event()
        stop_listening = self._shelf.listen(wake.set)
        self._gate.join(wake)
        storage = self._query.resource.storage
        cuts, endings = self._gate.cuts(storage, of_part=self._of_part), self._gate.endings(storage)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._query.timeout_seconds
        try:
            while loop.time() < deadline and self._gate.endings(storage) == endings:
                if self._gate.cuts(storage, of_part=self._of_part) != cuts:
                    self.cut = True
                    return
                wake.clear()
                if not self._frozen() and (batch := self._batch()):
                    yield batch
                await self._wait(wake, deadline - loop.time())
                if not wake.is_set() and self._query.bookmarks and not self._frozen():
                    self._seen = self._store.revision
                    yield self._bookmark(initial_end=False)
        except HistoryGone as error:
            if not self._started:
                status = expired(f"too old resource version: {self._query.start} ({error.oldest})").to_status()
                yield _line("ERROR", encode(status))
        finally:
            stop_listening()
            self._gate.leave(wake)

    def _frozen(self) -> bool:
        return not self._of_part and self._gate.is_frozen(self._query.resource.storage)

    def _batch(self) -> bytes:
        if self._started:
            return self._next()
        first = self._first()
        self._started = True
        return first

    @staticmethod
    async def _wait(wake: asyncio.Event, seconds_left: float) -> None:
        try:
            await asyncio.wait_for(wake.wait(), timeout=max(0.0, min(seconds_left, BOOKMARK_SECONDS)))
        except TimeoutError:
            return

    def _first(self) -> bytes:
        if self._query.start is not None:
            self._seen = self._query.start
            return self._next()
        self._seen = self._store.revision
        lines = [
            self._encoded("ADDED", record)
            for record in self._shelf.records(self._query.namespace)
            if self._selects(record)
        ]
        if self._query.initial_events_end:
            lines.append(self._bookmark(initial_end=True))
        return b"".join(lines)

    def _next(self) -> bytes:
        now = self._store.revision
        if now <= self._seen:
            return b""
        lines = [line for event in self._shelf.events_after(self._seen) if (line := self._event(event))]
        self._seen = now
        return b"".join(lines)

    def _event(self, event: Event) -> bytes:
        if self._query.namespace and event.record.key[0] != self._query.namespace:
            return b""
        before = event.previous is not None and self._selects(event.previous)
        after = event.change is not Change.DELETED and self._selects(event.record)
        if after:
            return self._encoded("MODIFIED" if before else "ADDED", event.record)
        if not before or event.previous is None:
            return b""
        return self._encoded("DELETED", event.record if event.change is Change.DELETED else _left(event))

    def _selects(self, record: Record) -> bool:
        selection = self._query.selection
        return selection.everything or selection.matches(shown(self._query.resource, record.object))

    def _encoded(self, kind: str, record: Record) -> bytes:
        resource = self._query.resource
        if self._render is None and record.object.get("apiVersion") == resource.group_version:
            return _line(kind, record.encoded())
        obj = shown(resource, record.object)
        return _line(kind, encode(self._render(obj) if self._render else obj))

    def _bookmark(self, *, initial_end: bool) -> bytes:
        metadata: JsonObject = {"resourceVersion": str(self._seen), "creationTimestamp": None}
        if initial_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        resource = self._query.resource
        bookmark: JsonObject = {"kind": resource.kind, "apiVersion": resource.group_version, "metadata": metadata}
        return _line("BOOKMARK", encode(self._render(bookmark) if self._render else bookmark))


def _left(event: Event) -> Record:
    """The last state that a selector matched, with the revision of the change that ended the match."""
    previous = event.previous.object if event.previous is not None else event.record.object
    metadata = {**previous["metadata"], "resourceVersion": str(event.revision)}
    return Record(key=event.record.key, obj={**previous, "metadata": metadata}, revision=event.revision)


def _line(kind: str, encoded: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + encoded + b"}\n"
