"""Single requests, each on a connection of its own, and what the pod says about how it was reached."""

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.lab.client.addresses import Addresses
from sandbox.lab.client.http import Answer, Connection, ExchangeError, Request, unverified_tls

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A whole answer and the address and port that it was asked from."""

    answer: Answer
    client: tuple[str, int]

    @property
    def echo(self) -> Mapping[str, Any]:
        """What the pod saw; empty where it was no pod that answered."""
        try:
            said = json.loads(self.answer.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    def header_seen(self, name: str) -> Sequence[str]:
        """Values of a request header as they came to the pod."""
        pairs = self.echo.get("headers", [])
        return [value for key, value in pairs if key.lower() == name.lower()]


async def ask(url: str, addresses: Addresses) -> Asked:
    """Raises ExchangeError without a whole answer."""
    parts = urlsplit(url)
    tls = unverified_tls() if parts.scheme == "https" else None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = Request(host=parts.netloc, path=path, headers={"Accept": "application/json"})
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            connection = await Connection.to(addresses.of_url(url), tls=tls, name=parts.hostname or "")
            try:
                answer = await connection.exchange(request, keep=False)
                return Asked(answer=answer, client=connection.local)
            finally:
                connection.close()
    except TimeoutError as error:
        raise ExchangeError("late") from error


async def handshake(address: tuple[str, int], name: str) -> str:
    """Version of the TLS that a server speaks: `TLSv1.3`. Raises ExchangeError when it speaks none."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(*address, ssl=unverified_tls(), server_hostname=name)
    except (OSError, ssl.SSLError, TimeoutError) as error:
        raise ExchangeError("tls") from error
    version = writer.get_extra_info("ssl_object").version()
    writer.close()
    return str(version)
