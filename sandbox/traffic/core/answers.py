"""Answers that a load balancer gives by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from html import escape
from http import HTTPStatus

SERVER = "awselb/2.0"


class ElbStatus(IntEnum):
    """Codes beyond HTTP's own (AWS: troubleshooting an Application Load Balancer)."""

    CLIENT_CLOSED = 460
    TOO_MANY_FORWARDED = 463
    WRONG_PROTOCOL_VERSION = 464


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    close: bool = False
    """Whether the connection ends with it."""
    ended_in: str = ""
    """Why it is answered, for the figures and the log; never sent."""


def error(status: int, why: str = "", *, close: bool = False) -> Answer:
    """The page that a load balancer answers when something went wrong."""
    return Answer(
        status=status,
        headers=(("Server", SERVER), ("Content-Type", "text/html")),
        body=page(status),
        close=close,
        ended_in=why,
    )


def note(status: int, text: str) -> Answer:
    """An answer that says in plain text what the sandbox cannot do."""
    return Answer(
        status=status,
        headers=(("Server", SERVER), ("Content-Type", "text/plain")),
        body=f"{text}\n".encode(),
        ended_in=text,
    )


def page(status: int) -> bytes:
    """The page that says a status."""
    title = escape(f"{status} {reason(status)}".strip())
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        f"<body><center><h1>{title}</h1></center></body>",
        "</html>",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def reason(status: int) -> str:
    """The reason phrase of a status; empty for one of the load balancer's own."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
