"""List and watch as the Kubernetes API offers them, as raw JSON.

Used by `list_watch`, one thread per kind. Requests go through the `kubernetes` package's client for its credentials,
TLS and proxies; its typed models are not built, they would cost more than all else that the watcher does.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException

from services.watcher.core.objects import revision_of

Raw = dict[str, Any]

CONNECT_SECONDS: Final = 5.0
LIST_SECONDS: Final = 60.0
"""Longest silence inside one page of a list; API servers end a request after a minute themselves."""

WATCH_SECONDS: Final = 300
"""Seconds after which the server is asked to end a watch, so that connections move to other servers now and then."""

SILENCE_SECONDS: Final = 100.0
"""A watch that says nothing for so long is opened again: a connection that died without a word looks the same as an
idle one, and API servers send a bookmark about every minute (Kubernetes API concepts, "Watch bookmarks").
"""

_WORDS: Final = 300  # of a server's message; a proxy's error page is longer than anybody reads


class RefusalError(Exception):
    """The API server answered, but not with what was asked: an HTTP status, or an ERROR event of a watch."""

    def __init__(self, status: int, message: str, *, retry_after_seconds: float = 0.0) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        return f"{self.message} (HTTP status {self.status})"


class UnreachableError(Exception):
    """There is no answer, or it broke off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    items: tuple[Raw, ...]
    revision: int
    next_page: str
    """Continuation for the next page, empty on the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEvent:
    """One line of a watch: ADDED, MODIFIED, DELETED or BOOKMARK."""

    type: str
    object: Raw


class KindApi:
    """One resource of one API server, used from one thread; `interrupt` from any."""

    def __init__(self, client: ApiClient, path: str, *, page_size: int, labels: str = "", name: str = "") -> None:
        """`path` of the list; `labels`: a selector of what is read of it, `name`: of the only object that is; empty:
        all."""
        self._client = client
        self._path = path
        self._selected = [("labelSelector", labels)] if labels else []
        self._page_size = page_size
        self._selected += [("fieldSelector", f"metadata.name={name}")] if name else []
        self._lock = threading.Lock()
        self._open: urllib3.BaseHTTPResponse | None = None
        self._interrupted = False

    def page(self, next_page: str) -> Page:
        """A page of the list. The first is a consistent read, the others continue it.

        Raises RefusalError (410: the continuation has expired) and UnreachableError.
        """
        query = [*self._selected, ("limit", str(self._page_size))]
        if next_page:
            query.append(("continue", next_page))
        with self._get(query, LIST_SECONDS) as response:
            answer = _decoded(_whole(response))
        metadata = answer.get("metadata") or {}
        return Page(
            items=tuple(answer.get("items") or ()),
            revision=_revision(metadata),
            next_page=str(metadata.get("continue") or ""),
        )

    def revision(self) -> int:
        """How far the resource is now, by a consistent read of as little as there is. Raises as `page` does."""
        with self._get([*self._selected, ("limit", "1")], LIST_SECONDS) as response:
            return _revision(_decoded(_whole(response)).get("metadata") or {})

    @contextmanager
    def watch(self, revision: int) -> Iterator[Iterator[WatchEvent]]:
        """The events after a revision, while the block lasts; they end when the server ends the watch or falls silent.

        Entering raises as `page` does; reading raises RefusalError for an ERROR event (410: the revision is too old),
        and UnreachableError when the connection breaks.
        """
        query = [
            *self._selected,
            ("watch", "true"),
            ("resourceVersion", str(revision)),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(WATCH_SECONDS)),
        ]
        with self._get(query, SILENCE_SECONDS) as response:
            yield _events(response)

    def interrupt(self) -> None:
        """Ends what is being read, now and from now on, so that its thread can end."""
        with self._lock:
            self._interrupted = True
            if self._open is not None:
                # It may have ended by itself since.
                with suppress(ValueError, RuntimeError, OSError):
                    self._open.shutdown()

    @contextmanager
    def _get(self, query: list[tuple[str, str]], silence_seconds: float) -> Iterator[urllib3.BaseHTTPResponse]:
        request = self._client.param_serialize(
            "GET",
            self._path,
            query_params=query,
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        with _translated():
            answer = self._client.call_api(*request, _request_timeout=(CONNECT_SECONDS, silence_seconds))
            response: urllib3.BaseHTTPResponse = answer.response
            try:
                self._reading(response)
                if response.status != 200:
                    raise _refusal(self._path, response)
                yield response
            finally:
                self._reading(None)
                # A connection with unread events on it is of no further use.
                response.close()
                response.release_conn()

    def _reading(self, response: urllib3.BaseHTTPResponse | None) -> None:
        with self._lock:
            self._open = response
            if self._interrupted and response is not None:
                raise UnreachableError("interrupted")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
        raise UnreachableError(_cause(error)) from error


def _cause(error: Exception) -> str:
    reason = error.reason if isinstance(error, ApiException) else str(error)
    return f"{type(error).__name__}: {reason}"[:_WORDS]


def _whole(response: urllib3.BaseHTTPResponse) -> bytes:
    return response.read()


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[WatchEvent]:
    with suppress(urllib3.exceptions.ReadTimeoutError):
        for line in _lines(response):
            event = _decoded(line)
            if event.get("type") == "ERROR":
                status = event.get("object") or {}
                raise RefusalError(_code(status), _message(status))
            yield WatchEvent(type=str(event.get("type") or ""), object=event.get("object") or {})


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Whole lines only: what a broken connection left of one is not an event."""
    pending = b""
    for chunk in response.stream(amt=None):
        *lines, pending = (pending + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())


def _decoded(text: bytes) -> Raw:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UnreachableError("the answer is not JSON: is this an API server?") from error
    if not isinstance(value, dict):
        raise UnreachableError("the answer is not a JSON object: is this an API server?")
    return value


def _revision(metadata: Mapping[str, Any]) -> int:
    try:
        return revision_of(str(metadata.get("resourceVersion")))
    except ValueError as error:
        raise UnreachableError(f"the list cannot be watched from: {error}") from error


def _refusal(path: str, response: urllib3.BaseHTTPResponse) -> RefusalError:
    text = _whole(response)
    try:
        message = _message(json.loads(text))
    except (ValueError, AttributeError):
        message = text.decode(errors="replace").strip()[:_WORDS]
    after = response.headers.get("Retry-After", "")
    return RefusalError(
        response.status,
        f"{path}: {message or response.reason}",
        retry_after_seconds=float(after) if after.isascii() and after.isdigit() else 0.0,
    )


def _code(status: Mapping[str, Any]) -> int:
    code = status.get("code")
    return code if isinstance(code, int) else 500


def _message(status: Mapping[str, Any]) -> str:
    return str(status.get("message") or status.get("reason") or "")[:_WORDS]
