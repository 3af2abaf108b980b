"""What a load balancer refuses in the head of a request before it looks at its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from sandbox.traffic.core.answers import Answer, ElbStatus, error
from sandbox.traffic.core.requests import HeaderList

LINE_BYTES = 16 * 1024
"""The most of a request line, and of one header."""
HEAD_BYTES = 64 * 1024
"""The most of all headers of a request."""
RESPONSE_HEAD_BYTES = 32 * 1024
"""The most of all headers of a response; a target that sends more gives a 502."""
MOST_FORWARDED = 30
"""Addresses that X-Forwarded-For may hold."""

_VALID_NAME = re.compile(r"[-A-Za-z0-9]+")
_DIGITS = re.compile(r"[0-9]+")


class Ambiguity(IntEnum):
    """How differently two parsers may read a request (desync mitigation), the worst last."""

    COMPLIANT = 0
    ACCEPTABLE = 1
    AMBIGUOUS = 2
    SEVERE = 3


_BLOCKED_FROM: Mapping[str, Ambiguity | None] = {
    "monitor": None,
    "defensive": Ambiguity.SEVERE,
    "strictest": Ambiguity.ACCEPTABLE,
}


def refused(method: str, target: str, headers: HeaderList) -> Answer | None:
    """The answer to a request that goes no further; None for one that does."""
    if method in ("TRACE", "CONNECT"):
        return error(405, f"method {method}")
    if len(method) + len(target) + 10 > LINE_BYTES:
        return error(414, "the request line is too long", close=True)
    sizes = [len(name) + len(value) + 4 for name, value in headers]
    if sum(sizes) > HEAD_BYTES or any(size > LINE_BYTES for size in sizes):
        return error(400, "the headers are too large", close=True)
    hosts = [value for name, value in headers if name.lower() == "host"]
    if len(hosts) != 1 or not _is_host(hosts[0]):
        return error(400, "not one valid Host header", close=True)
    codings = [value.strip().lower() for name, value in headers if name.lower() == "transfer-encoding"]
    if any(coding not in ("chunked", "identity") for coding in codings):
        return error(501, "unknown transfer coding", close=True)
    forwarded = [part for name, value in headers if name.lower() == "x-forwarded-for" for part in value.split(",")]
    if len(forwarded) > MOST_FORWARDED:
        return error(ElbStatus.TOO_MANY_FORWARDED, "too many addresses in X-Forwarded-For")
    return None


def _is_host(text: str) -> bool:
    return bool(text) and not any(character in text for character in " \t/?#@\\")


def ambiguity(headers: HeaderList) -> Ambiguity:
    """The class of a request's head as far as its framing goes."""
    lengths = [value.strip() for name, value in headers if name.lower() == "content-length"]
    codings = [value for name, value in headers if name.lower() == "transfer-encoding"]
    if any(not _DIGITS.fullmatch(length) for length in lengths) or len(set(lengths)) > 1 or len(codings) > 1:
        return Ambiguity.SEVERE
    if lengths and codings:
        return Ambiguity.AMBIGUOUS
    if any("_" in name and name.lower().replace("_", "-") in _FRAMING for name, _ in headers):
        return Ambiguity.AMBIGUOUS
    if len(lengths) > 1:
        return Ambiguity.ACCEPTABLE
    return Ambiguity.COMPLIANT


_FRAMING = ("content-length", "transfer-encoding")


def blocked(found: Ambiguity, mode: str) -> bool:
    """Whether a request of this class is answered 400 in a desync mitigation mode."""
    limit = _BLOCKED_FROM.get(mode, Ambiguity.SEVERE)
    return limit is not None and found >= limit


def closes_after(found: Ambiguity, mode: str) -> bool:
    """Whether both connections are closed after a request of this class that was let through."""
    return found >= Ambiguity.AMBIGUOUS and mode != "monitor"


def only_valid(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers that remain where invalid ones are dropped: letters, digits and hyphens make a name."""
    return [(name, value) for name, value in headers if _VALID_NAME.fullmatch(name)]
