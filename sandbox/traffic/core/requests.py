"""A request as the rules see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

HeaderList = Sequence[tuple[str, str]]
"""Names as they were sent, with values, in order."""

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Head of one request at one listener."""

    method: str
    target: str
    """As in the request line: path and query, not normalised."""
    host: str
    """The Host header, lower case, with its port if it has one."""
    headers: HeaderList
    client: str
    """Address of the peer."""
    client_port: int
    scheme: str
    """`http` or `https`: that of the listener."""
    port: int
    """That of the listener."""
    version: str = "1.1"

    @cached_property
    def path(self) -> str:
        """Normalised, without the query."""
        return normalised(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @cached_property
    def host_name(self) -> str:
        """The host without a port."""
        return without_port(self.host)

    def all(self, name: str) -> list[str]:
        """The values of every header of this name."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def first(self, name: str) -> str | None:
        """The value of the first header of this name."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def cookies(self) -> Mapping[str, str]:
        """The cookies; of several of one name the first."""
        found: dict[str, str] = {}
        for header in self.all("cookie"):
            for part in header.split(";"):
                name, equals, value = part.strip().partition("=")
                if equals:
                    found.setdefault(name, value)
        return found


def without(headers: HeaderList, names: Iterable[str]) -> list[tuple[str, str]]:
    """The headers that have none of these lower-case names."""
    gone = frozenset(names)
    return [(name, value) for name, value in headers if name.lower() not in gone]


def without_port(host: str) -> str:
    """A host, which may be an IPv6 address in brackets, without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def normalised(path: str) -> str:
    """A path without dot segments and needless escapes (RFC 3986, section 6.2.2), in which conditions look."""
    if "%" in path:
        path = _ESCAPE.sub(_unescaped, path)
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept) or "/"


def _unescaped(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()
