"""One kind, kept up to date: list it whole, then watch it, and begin again when that is the only way.

Runs in a thread per kind, started by `threads`. It tells what it sees to the feed, in the API server's order.
"""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, Protocol

from services.watcher.core.events import KindState, Report
from services.watcher.core.fields import UnreadableObjectError
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Copy, ObjectKey, revision_of
from services.watcher.core.projection import name_of
from services.watcher.kube.api import KindApi, Raw, RefusalError, UnreachableError, WatchEvent
from services.watcher.kube.backoff import LIMIT_SECONDS, Backoff

STEADY_SECONDS: Final = 10.0
"""A watch that stood for so long has worked, even if nothing happened meanwhile."""

PROGRESS_SECONDS: Final = 1.0
"""Bookmarks are passed on no more often than this: they tell how far the view is, not that something happened."""

_BUSY: Final = frozenset({429, 502, 503})
"""Answers that say nothing about the revision: the same watch is asked for again."""

_LOGGER = logging.getLogger(__name__)


class Sink(Protocol):
    """Where it goes: the feed."""

    def report(self, report: Report) -> None: ...
    def listed(self, kind: Kind, copies: Mapping[ObjectKey, Copy], revision: int) -> None: ...
    def seen(self, copy: Copy) -> None: ...
    def gone(self, last: Copy) -> None: ...
    def progress(self, kind: Kind, revision: int) -> None: ...


class Pause(Protocol):
    """Waiting that the end of the process cuts short; a threading.Event is one."""

    def wait(self, timeout: float) -> bool:
        """Waits for so many seconds. True when it is time to end."""

    def is_set(self) -> bool:
        """Whether it is time to end."""


class ListWatch:
    """The list and watch of one kind. What was told stands through every failure: only the API server's word that an
    object is deleted, or a later complete list without it, is a deletion.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        api: KindApi,
        sink: Sink,
        read: Callable[[Kind, object], Copy],
        stopped: Pause,
        now: Callable[[], float],
        backoff: Backoff,
        retry_seconds: float,
    ) -> None:
        """`read` makes the copy of a raw object, `now` is a monotonic clock in seconds, `retry_seconds` is the wait for
        a kind that is missing or refused.
        """
        self._kind = kind
        self._api = api
        self._sink = sink
        self._read = read
        self._stopped = stopped
        self._now = now
        self._backoff = backoff
        self._retry_seconds = retry_seconds
        self._revision: int | None = None  # without one, a list comes first
        self._proven = False  # whether a watch has worked since the last list
        self._doubted = False  # whether this may be another API server than the one the revision came from
        self._told = Report(kind=kind, state=KindState.SYNCING)
        self._progress_at = float("-inf")

    def run(self) -> None:
        """Lists and watches until it is time to end."""
        while not self._stopped.is_set():
            seconds = self._attempt()
            if seconds > 0 and self._stopped.wait(seconds):
                return

    def _attempt(self) -> float:
        """One list where it is needed, and one watch. Returns the seconds to wait before the next attempt."""
        try:
            if self._doubted and self._revision is not None and self._api.revision() < self._revision:
                raise RefusalError(HTTPStatus.GONE, "the cluster's history is behind what was seen of it")
            self._doubted = False
            if self._revision is None:
                self._revision = self._list()
            return self._watch(self._revision)
        except RefusalError as refusal:
            return self._refused(refusal)
        except UnreachableError as error:
            self._doubted = True
            return self._lost(str(error))
        except UnreadableObjectError as error:
            # Leaving the object out would say that it is gone: the whole kind waits, with this report.
            self._revision = None
            return self._lost(str(error))

    def _list(self) -> int:
        page = self._api.page("")
        revision = page.revision
        if self._told.state is not KindState.SYNCED:
            self._stand(KindState.SYNCING)
        self._proven = False
        copies = self._copies(page.items)
        while page.next_page:
            page = self._api.page(page.next_page)
            copies |= self._copies(page.items)
        self._sink.listed(self._kind, copies, revision)
        return revision

    def _watch(self, revision: int) -> float:
        """Returns when the watch has ended, or was cut after it had worked: then the next one resumes it at once."""
        opened_at: float | None = None
        heard = False

        def worked() -> bool:
            return opened_at is not None and (heard or self._now() - opened_at >= STEADY_SECONDS)

        try:
            with self._api.watch(revision) as events:
                opened_at = self._now()
                self._stand(KindState.SYNCED)
                for event in events:
                    self._take(event)
                    heard = True
        except UnreachableError as error:
            if self._stopped.is_set():
                return 0.0
            if not worked():
                raise
            _LOGGER.info("watch was cut", extra={"kind": str(self._kind), "detail": str(error)})
        finally:
            if worked():
                self._proven = True
                self._backoff.reset()
        return 0.0 if worked() else self._backoff.next_seconds()

    def _take(self, event: WatchEvent) -> None:
        match event.type:
            case "ADDED" | "MODIFIED":
                copy = self._copy(event.object)
                self._sink.seen(copy)
                self._revision = copy.revision
            case "DELETED":
                last = self._copy(event.object)
                self._sink.gone(last)
                self._revision = last.revision
            case "BOOKMARK":
                revision = bookmarked(event.object)
                if self._revision is not None and revision < self._revision:
                    # A cluster restored from a backup would say nothing until it has caught up with the old one.
                    raise RefusalError(HTTPStatus.GONE, "the watch is behind what was seen of the cluster")
                self._revision = revision
                self._progress(revision)
            case other:
                raise UnreachableError(f"the watch sent an event of type {other!r}, which is none of the API's")

    def _progress(self, revision: int) -> None:
        now = self._now()
        if now - self._progress_at >= PROGRESS_SECONDS:
            self._progress_at = now
            self._sink.progress(self._kind, revision)

    def _copies(self, items: tuple[Raw, ...]) -> dict[ObjectKey, Copy]:
        return {copy.key: copy for copy in map(self._copy, items)}

    def _copy(self, raw: Raw) -> Copy:
        try:
            return self._read(self._kind, raw)
        except UnreadableObjectError as error:
            place = f"{self._kind} {name_of(raw)}: {error.path or 'the object'}"
            raise UnreadableObjectError(place, error.problem) from error

    def _refused(self, refusal: RefusalError) -> float:
        match refusal.status:
            case HTTPStatus.GONE:
                self._revision = None
                _LOGGER.info("history expired, listing again", extra={"kind": str(self._kind), "detail": str(refusal)})
                # At once, unless a list is all that works: then its end expires before it can be watched from.
                return 0.0 if self._proven else self._backoff.next_seconds()
            case HTTPStatus.NOT_FOUND:
                # Whatever comes back under this name is another resource: its history is not this one's.
                self._revision = None
                self._stand(KindState.MISSING, refusal.message, self._retry_seconds)
                return self._retry_seconds
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                self._stand(KindState.REFUSED, refusal.message, self._retry_seconds)
                return self._retry_seconds
            case status:
                if status not in _BUSY:
                    self._revision = None
                return self._lost(str(refusal), at_least=refusal.retry_after_seconds)

    def _lost(self, message: str, *, at_least: float = 0.0) -> float:
        seconds = max(self._backoff.next_seconds(), min(at_least, LIMIT_SECONDS))
        self._stand(KindState.LOST, message, seconds)
        return seconds

    def _stand(self, state: KindState, message: str = "", retry_seconds: float | None = None) -> None:
        """Tells where the kind stands, if that is news."""
        report = Report(kind=self._kind, state=state, message=message)
        news = report != self._told
        self._log(report, retry_seconds, news=news)
        if news:
            self._told = report
            self._sink.report(report)

    def _log(self, report: Report, retry_seconds: float | None, *, news: bool) -> None:
        fields = {"kind": str(report.kind), "state": str(report.state)}
        if retry_seconds is None:
            _LOGGER.log(logging.INFO if news else logging.DEBUG, "kind is %s", report.state, extra=fields)
            return
        fields |= {"detail": report.message, "retry_seconds": f"{retry_seconds:.1f}"}
        _LOGGER.log(logging.WARNING if news else logging.DEBUG, "kind cannot be watched", extra=fields)


def bookmarked(raw: Raw) -> int:
    """The revision of a bookmark. Raises UnreachableError when there is none: nothing can be resumed from it."""
    metadata = raw.get("metadata")
    try:
        return revision_of(str(metadata.get("resourceVersion") if isinstance(metadata, dict) else None))
    except ValueError as error:
        raise UnreachableError(f"a bookmark cannot be read: {error}") from error
