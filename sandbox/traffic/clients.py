"""Who a client is, and how one that connects over loopback says who it stands for."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from sandbox.traffic.core.proxy_protocol import PREFIX_BYTES, ProxyHeader, parsed, rest_bytes

ASKED_PLACE = 0xE1
"""Type of the field in which a claim says which load balancer it wants: `host:port`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Address and port of a client as the load balancer sees it."""

    address: str
    port: int


async def claimed(connection: socket.socket) -> tuple[Client, str]:
    """What a connection at the door claims: its client, and the place that it wants.

    Raises ValueError or OSError where it claims nothing that makes sense.
    """
    prefix = await _exactly(connection, PREFIX_BYTES)
    header: ProxyHeader = parsed(prefix + await _exactly(connection, rest_bytes(prefix)))
    place = header.fields.get(ASKED_PLACE)
    if header.source is None or place is None:
        raise ValueError("the claim lacks a client or a place")
    return Client(address=header.source[0], port=header.source[1]), place.decode("ascii", "replace").lower()


async def _exactly(connection: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < size:
        more = await loop.sock_recv(connection, size - len(data))
        if not more:
            raise ValueError("the claim broke off")
        data += more
    return data
