"""The PROXY protocol, version 2: who the client is, said before a connection's first byte or in front of a datagram."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
PREFIX_BYTES = 16
"""Of a header up to its length field, included."""

_LOCAL, _PROXY = 0x20, 0x21
_STREAM, _DATAGRAM = 1, 2
_IPV4, _IPV6 = 1, 2

Endpoint = tuple[str, int]
"""Address and port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyHeader:
    """One header. Source and destination are None in one that speaks for nobody (LOCAL)."""

    source: Endpoint | None
    destination: Endpoint | None
    datagram: bool = False
    fields: Mapping[int, bytes] = field(default_factory=dict)
    """Further fields by type."""


def built(header: ProxyHeader) -> bytes:
    """The bytes of a header. Raises ValueError where its addresses are not of one family."""
    tail = b"".join(struct.pack("!BH", kind, len(value)) + value for kind, value in header.fields.items())
    if header.source is None or header.destination is None:
        return SIGNATURE + struct.pack("!BBH", _LOCAL, 0, len(tail)) + tail
    source, destination = (ipaddress.ip_address(end[0]) for end in (header.source, header.destination))
    if source.version != destination.version:
        raise ValueError(f"{source} and {destination} are not of one family")
    family = (_IPV4 if source.version == 4 else _IPV6) << 4 | (_DATAGRAM if header.datagram else _STREAM)
    ports = struct.pack("!HH", header.source[1], header.destination[1])
    body = source.packed + destination.packed + ports + tail
    return SIGNATURE + struct.pack("!BBH", _PROXY, family, len(body)) + body


def rest_bytes(prefix: bytes) -> int:
    """How many bytes follow the first 16 of a header. Raises ValueError where these begin none."""
    if len(prefix) < PREFIX_BYTES or prefix[:12] != SIGNATURE or prefix[12] not in (_LOCAL, _PROXY):
        raise ValueError("no PROXY protocol header of version 2")
    return int.from_bytes(prefix[14:16], "big")


def parsed(data: bytes) -> ProxyHeader:
    """The header at the start of these bytes. Raises ValueError where there is none, or not the whole of it."""
    size = rest_bytes(data[:PREFIX_BYTES])
    body = data[PREFIX_BYTES : PREFIX_BYTES + size]
    if len(body) < size:
        raise ValueError("the PROXY protocol header is cut off")
    if data[12] == _LOCAL:
        return ProxyHeader(source=None, destination=None)
    family, transport = data[13] >> 4, data[13] & 0x0F
    width = {_IPV4: 4, _IPV6: 16}.get(family)
    if width is None or len(body) < 2 * width + 4:
        raise ValueError(f"addresses of family {family} in a PROXY protocol header")
    source, destination = ipaddress.ip_address(body[:width]), ipaddress.ip_address(body[width : 2 * width])
    ports = struct.unpack("!HH", body[2 * width : 2 * width + 4])
    return ProxyHeader(
        source=(str(source), ports[0]),
        destination=(str(destination), ports[1]),
        datagram=transport == _DATAGRAM,
        fields=_fields(body[2 * width + 4 :]),
    )


def _fields(data: bytes) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= 3:
        kind, size = struct.unpack("!BH", data[:3])
        found[kind] = data[3 : 3 + size]
        data = data[3 + size :]
    return found
