"""A pod's UDP port: every datagram is answered with the pod's name and what came in."""

import asyncio
import json
from typing import Any, cast

from sandbox.kubernetes.application.answers import Identity, proxied_as_json
from sandbox.kubernetes.application.proxy_protocol import Header, read_header


class Datagrams(asyncio.DatagramProtocol):
    """Answers in JSON; a proxy protocol header at the beginning of a datagram is taken off."""

    def __init__(self, identity: Identity, port: int) -> None:
        self._identity = identity
        self._port = port
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        found = read_header(data)
        header = found if isinstance(found, Header) else None
        payload = data[header.size :] if header else data
        seen = {
            **self._identity.as_json(),
            "port": self._port,
            "protocol": "UDP",
            "data": payload.decode(errors="replace"),
            "proxyProtocol": proxied_as_json(header),
        }
        if self._transport is not None:
            self._transport.sendto(json.dumps(seen).encode(), address)
