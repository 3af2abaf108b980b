"""HTTP/1 messages between bytes and values. The parser is llhttp (httptools); what it tells is queued as events."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import httptools

from sandbox.traffic.core.answers import reason
from sandbox.traffic.core.request_checks import HEAD_BYTES, LINE_BYTES, RESPONSE_HEAD_BYTES
from sandbox.traffic.core.requests import HeaderList

LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """Start of a request."""

    method: str
    target: str
    headers: HeaderList
    version: str
    keeps_alive: bool
    upgrades: bool
    """Whether the client wants to go on in another protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """Start of a response."""

    status: int
    headers: HeaderList
    keeps_alive: bool
    has_length: bool
    """Whether its end can be told from its framing; else the connection's end is its end."""
    length: int | None = None


class End:
    """End of a message."""


END = End()
RequestEvent = RequestHead | bytes | End
ResponseEvent = ResponseHead | bytes | End


class MalformedError(Exception):
    """What came is no HTTP."""


class _Reader:
    """What both directions have in common: the callbacks of the parser."""

    def __init__(self) -> None:
        self.rest = b""
        """What came after a message that ended HTTP on this connection."""
        self._upgraded = False
        self._headers: list[tuple[str, str]] = []
        self._head_bytes = 0
        self._header_bytes = 0
        self._in_head = True

    def on_message_begin(self) -> None:
        self._headers = []
        self._header_bytes = 0
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value) + 4
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def _feed(self, parser: httptools.HttpRequestParser | httptools.HttpResponseParser, data: bytes) -> None:
        if self._upgraded:
            self.rest += data
            return
        self._head_bytes = self._head_bytes + len(data) if self._in_head else 0
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgraded = True
            self.rest = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            raise MalformedError(str(error)) from error


class RequestReader(_Reader):
    """Requests of one connection, one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.events: deque[RequestEvent] = deque()
        self._target = b""
        self._new_parser()

    def feed(self, data: bytes) -> None:
        """Take bytes in. Raises MalformedError where they are no HTTP, or too much of a head."""
        self._feed(self._parser, data)
        if self._in_head and self._head_bytes > HEAD_BYTES + LINE_BYTES:
            raise MalformedError("the head is too large")

    def go_on(self) -> None:
        """Go on with HTTP after a request whose upgrade was not granted."""
        rest, self.rest, self._upgraded = self.rest, b"", False
        self._new_parser()
        if rest:
            self.feed(rest)

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_headers_complete(self) -> None:
        self._in_head = False
        target, self._target = self._target.decode("latin-1"), b""
        self.events.append(
            RequestHead(
                method=self._parser.get_method().decode("latin-1"),
                target=target,
                headers=self._headers,
                version=self._parser.get_http_version(),
                keeps_alive=self._parser.should_keep_alive(),
                upgrades=self._parser.should_upgrade(),
            )
        )

    def on_body(self, body: bytes) -> None:
        self.events.append(body)

    def on_message_complete(self) -> None:
        self.events.append(END)
        self._in_head = True
        self._head_bytes = 0

    def _new_parser(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        # Both framings in one request is for desync mitigation to judge; the chunked one holds.
        self._parser.set_dangerous_leniencies(lenient_chunked_length=True)


class ResponseReader(_Reader):
    """The response to one request; informational ones before it are passed over."""

    def __init__(self, *, to_head: bool) -> None:
        super().__init__()
        self.events: deque[ResponseEvent] = deque()
        self.is_over = False
        """Whether the whole response is there."""
        self._to_head = to_head
        self._head: ResponseHead | None = None
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take bytes in. Raises MalformedError where they are no HTTP; what comes after the end is not looked at."""
        if self.is_over and not self._upgraded:
            return
        self._feed(self._parser, data)
        if self._header_bytes > RESPONSE_HEAD_BYTES:
            self.events.clear()
            raise MalformedError("its headers are too large")

    def ended(self) -> None:
        """The target sends no more. Raises MalformedError where something of the response is missing."""
        if self.is_over:
            return
        if self._head is None or self._head.has_length:
            raise MalformedError("the response broke off")
        self._finish()

    def on_headers_complete(self) -> None:
        self._in_head = False
        status = self._parser.get_status_code()
        if self.is_over or (status < 200 and status != 101):
            return
        named = {name.lower(): value for name, value in self._headers}
        bodiless = self._to_head or status in (101, 204, 304)
        length = named.get("content-length")
        self._head = ResponseHead(
            status=status,
            headers=self._headers,
            keeps_alive=self._parser.should_keep_alive(),
            has_length=bodiless or "transfer-encoding" in named or length is not None,
            length=int(length) if length is not None and length.isdecimal() else None,
        )
        self.events.append(self._head)
        if bodiless:
            self._finish()

    def on_body(self, body: bytes) -> None:
        if not self.is_over and self._head is not None:
            self.events.append(body)

    def on_message_complete(self) -> None:
        if self._head is not None and not self.is_over:
            self._finish()

    def _finish(self) -> None:
        self.is_over = True
        self.events.append(END)


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The first bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def response_head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """The first bytes of a response."""
    lines = [f"HTTP/1.1 {status} {reason(status)}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def chunk(data: bytes) -> bytes:
    """A piece of a body of unknown length."""
    return b"%x\r\n%b\r\n" % (len(data), data)
