"""HTTP/1 messages from bytes: however they are cut, whatever they are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.traffic.application.messages import (
    END,
    MalformedError,
    RequestHead,
    RequestReader,
    ResponseHead,
    ResponseReader,
)
from sandbox.traffic.core.proxy_protocol import SIGNATURE, parsed
from sandbox.traffic.core.requests import normalised
from sandbox.traffic.core.stickiness import Seal

REQUESTS = (
    b"POST /a?b HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhello"
    b"PUT /c HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    b"GET /d HTTP/1.1\r\nHost: web\r\n\r\n"
)


def summary(reader: RequestReader) -> list[tuple[str, bytes]]:
    """Target and body of each request."""
    seen: list[tuple[str, bytes]] = []
    for event in reader.events:
        if isinstance(event, RequestHead):
            seen.append((event.target, b""))
        elif isinstance(event, bytes):
            seen[-1] = (seen[-1][0], seen[-1][1] + event)
    return seen


@given(st.sets(st.integers(1, len(REQUESTS) - 1)))
def test_requests_are_the_same_however_their_bytes_are_cut(cuts: set[int]) -> None:
    reader = RequestReader()
    for begin, end in pairwise([0, *sorted(cuts), len(REQUESTS)]):
        reader.feed(REQUESTS[begin:end])
    assert summary(reader) == [("/a?b", b"hello"), ("/c", b"abcde"), ("/d", b"")]
    assert sum(event is END for event in reader.events) == 3


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_whatever_a_client_sends_is_requests_or_malformed(pieces: list[bytes]) -> None:
    reader = RequestReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except MalformedError:
        return
    assert all(isinstance(event, RequestHead | bytes) or event is END for event in reader.events)


@given(st.binary(max_size=300), st.booleans())
def test_whatever_a_target_sends_is_a_response_or_malformed(data: bytes, to_head: bool) -> None:
    reader = ResponseReader(to_head=to_head)
    try:
        reader.feed(data)
        reader.ended()
    except MalformedError:
        return
    assert isinstance(reader.events[0], ResponseHead)
    assert reader.events[-1] is END


@given(st.binary(max_size=100))
def test_bytes_are_a_proxy_header_or_a_value_error(data: bytes) -> None:
    try:
        header = parsed(data)
    except ValueError:
        return
    assert data.startswith(SIGNATURE)
    assert (header.source is None) == (header.destination is None)


@given(st.text(alphabet="/.%2eEfFaA~", max_size=30))
def test_a_normalised_path_is_normal(path: str) -> None:
    assert normalised(normalised("/" + path)) == normalised("/" + path)


@given(st.text(max_size=60), st.floats(0, 1e9))
def test_a_sealed_text_is_read_again_and_nothing_else_is(text: str, now: float) -> None:
    seal = Seal(secret=b"s" * 32)
    assert seal.opened(seal.closed(text, now), now, 1.0) == text
    assert seal.opened(text, now, 1.0) is None


def test_a_request_goes_on_as_http_where_its_upgrade_was_not_granted() -> None:
    reader = RequestReader()
    reader.feed(b"GET /a HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
    reader.feed(b"GET /b HTTP/1.1\r\nHo")
    assert summary(reader) == [("/a", b"")]
    reader.go_on()
    reader.feed(b"st: web\r\n\r\n")
    assert summary(reader) == [("/a", b""), ("/b", b"")]


def test_a_head_without_end_is_malformed() -> None:
    reader = RequestReader()
    lines = b"".join(b"X-%d: %b\r\n" % (number, b"a" * 1000) for number in range(100))
    with pytest.raises(MalformedError, match="too large"):
        reader.feed(b"GET / HTTP/1.1\r\n" + lines)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", id="in its body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="in its head"),
        pytest.param(b"", id="before its first byte"),
    ],
)
def test_a_response_that_breaks_off_is_malformed(data: bytes) -> None:
    reader = ResponseReader(to_head=False)
    reader.feed(data)
    with pytest.raises(MalformedError, match="broke off"):
        reader.ended()
