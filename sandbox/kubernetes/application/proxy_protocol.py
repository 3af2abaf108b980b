"""Reads the header of proxy protocol version 2 (HAProxy, "The PROXY protocol", section 2.2). Pure."""

import ipaddress
import struct
from dataclasses import dataclass
from enum import Enum, auto

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
FIXED = 16
"""Bytes of the part that every header has: signature, version and command, family, length of the rest."""
_LENGTH = struct.Struct("!H")
_ADDRESSES = {0x1: (4, ipaddress.IPv4Address), 0x2: (16, ipaddress.IPv6Address)}
"""Size and type of an address, by address family."""
_PROTOCOLS = {0x1: "tcp", 0x2: "udp"}
_AWS = 0xEA
_AWS_VPC_ENDPOINT = 0x01


class Absence(Enum):
    """Why there is no header to be had from the bytes so far."""

    INCOMPLETE = auto()
    """They may become one."""
    NONE = auto()
    """They are the first bytes of something else."""
    MALFORMED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a proxy said about the connection that it passes on."""

    size: int
    """Bytes that the header takes."""
    local: bool
    """The proxy's own connection, such as a health check: the addresses mean nothing."""
    protocol: str = ""
    """`tcp` or `udp`; empty where it is not said."""
    source: tuple[str, int] | None = None
    destination: tuple[str, int] | None = None
    vpc_endpoint: str | None = None
    """The endpoint through which a connection by PrivateLink came (ELB guide, "Proxy protocol")."""


def read_header(data: bytes) -> Header | Absence:
    """The header at the beginning of a connection or datagram."""
    if data[: len(SIGNATURE)] != SIGNATURE[: len(data)]:
        return Absence.NONE
    if len(data) < FIXED:
        return Absence.INCOMPLETE
    version, command, kind = data[12] >> 4, data[12] & 0xF, data[13]
    if version != 2 or command > 1:
        return Absence.MALFORMED
    size = FIXED + rest_of(data)
    if len(data) < size:
        return Absence.INCOMPLETE
    if command == 0:
        return Header(size=size, local=True)
    return _proxied(kind, data[FIXED:size], size)


def rest_of(fixed: bytes) -> int:
    """How many bytes follow the fixed part."""
    length: int = _LENGTH.unpack_from(fixed, 14)[0]
    return length


def _proxied(kind: int, body: bytes, size: int) -> Header | Absence:
    if kind >> 4 not in _ADDRESSES:
        return Header(size=size, local=False)
    width, address = _ADDRESSES[kind >> 4]
    if len(body) < 2 * width + 4:
        return Absence.MALFORMED
    source_port, destination_port = struct.unpack_from("!HH", body, 2 * width)
    return Header(
        size=size,
        local=False,
        protocol=_PROTOCOLS.get(kind & 0xF, ""),
        source=(str(address(body[:width])), source_port),
        destination=(str(address(body[width : 2 * width])), destination_port),
        vpc_endpoint=_vpc_endpoint(body[2 * width + 4 :]),
    )


def _vpc_endpoint(fields: bytes) -> str | None:
    while len(fields) >= 3:
        kind, length = fields[0], _LENGTH.unpack_from(fields, 1)[0]
        value, fields = fields[3 : 3 + length], fields[3 + length :]
        if kind == _AWS and value[:1] == bytes([_AWS_VPC_ENDPOINT]):
            return value[1:].decode(errors="replace")
    return None
