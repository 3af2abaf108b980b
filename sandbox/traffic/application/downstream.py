"""A client's request and the way its answer goes, whatever version of HTTP it came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sandbox.traffic.core.requests import HeaderList, Request
from sandbox.traffic.wire import Wire


class ClientGoneError(Exception):
    """The client closed its connection."""


class ClientSilentError(Exception):
    """The client sent nothing for the idle timeout in the middle of a request."""


class MalformedBodyError(Exception):
    """The client's body is no HTTP."""


class Downstream(Protocol):
    """One request; exactly one answer goes to it."""

    request: Request
    length: int | None
    """Of the body; None where that is not known before its end."""
    has_body: bool
    is_http2: bool
    when_gone: Callable[[], None] | None
    """Called when the client goes before its answer is complete."""

    @property
    def is_gone(self) -> bool:
        """Whether the client has gone."""

    @property
    def wants_tunnel(self) -> bool:
        """Whether the client asked to go on in another protocol."""

    async def read(self) -> bytes | None:
        """The next piece of the body, None after the last.

        Raises ClientGoneError, ClientSilentError, MalformedBodyError.
        """

    def start(self, status: int, headers: HeaderList, length: int | None, *, close: bool = False) -> None:
        """Begin the answer. `length` is that of its body, None where it is not known; `close`: the connection ends."""

    async def send(self, data: bytes) -> None:
        """A piece of the answer's body."""

    def finish(self) -> None:
        """The answer is complete."""

    def break_off(self) -> None:
        """The answer cannot be completed, and the client must see it."""

    def become_tunnel(self, upstream: Wire, headers: HeaderList, idle_seconds: float) -> Callable[[bytes], None]:
        """Answer 101 and hand every further byte to the target; what takes the target's bytes."""
