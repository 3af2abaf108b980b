"""An HTTP/1.1 connection that hides nothing: no retries, no reuse that the caller did not ask for, errors by kind.

A general client sends an idempotent request again when a kept connection turns out to be closed. That is what is
measured here, so it must be seen.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

_LINE_BYTES = 65536


class ExchangeError(Exception):
    """A request without a whole answer. `kind`: refused, reset, closed (before an answer began), cut (within it)."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. Header names are in lower case; of a repeated header the last one is kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. `host`: the Host header, and the name in the TLS handshake."""

    host: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str]
    body: bytes = b""

    def encoded(self, *, keep: bool) -> bytes:
        """As bytes. `keep`: whether the connection is to be used again."""
        connection = "keep-alive" if keep else "close"
        fields = {"Host": self.host, "Connection": connection, "User-Agent": "elbow-lab", **self.headers}
        if self.body:
            fields["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def unverified_tls() -> ssl.SSLContext:
    """A TLS client that takes any certificate: those of the sandbox are signed by nobody that is known."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Connection:
    """One connection; one exchange at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._used_up = False

    @classmethod
    async def to(cls, address: tuple[str, int], *, tls: ssl.SSLContext | None, name: str) -> "Connection":
        """Opens one. Raises ExchangeError."""
        try:
            reader, writer = await asyncio.open_connection(
                *address, ssl=tls, server_hostname=name if tls else None, limit=_LINE_BYTES
            )
        except ConnectionRefusedError as error:
            raise ExchangeError("refused") from error
        except ssl.SSLError as error:
            raise ExchangeError("tls") from error
        except OSError as error:
            raise ExchangeError("reset") from error
        return cls(reader, writer)

    @property
    def local(self) -> tuple[str, int]:
        """Address and port of this end."""
        host, port = self._writer.get_extra_info("sockname")[:2]
        return str(host), int(port)

    @property
    def is_open(self) -> bool:
        """Whether another request may be sent, as far as is known on this side."""
        return not (self._used_up or self._reader.at_eof() or self._writer.is_closing())

    def close(self) -> None:
        self._writer.close()

    async def exchange(self, request: Request, *, keep: bool) -> Answer:
        """Sends a request and reads its whole answer. Raises ExchangeError."""
        began = False
        try:
            self._writer.write(request.encoded(keep=keep))
            await self._writer.drain()
            status_line = await self._reader.readline()
            if not status_line:
                raise ExchangeError("closed")
            began = True
            return await self._read(request, status_line, keep=keep)
        except (asyncio.IncompleteReadError, ValueError) as error:
            self._used_up = True
            raise ExchangeError("cut") from error
        except OSError as error:
            self._used_up = True
            raise ExchangeError("cut" if began else "reset") from error
        except BaseException:
            self._used_up = True
            raise

    async def _read(self, request: Request, status_line: bytes, *, keep: bool) -> Answer:
        version, status = status_line.split(None, 2)[:2]
        headers = await self._headers()
        body, is_framed = await self._body(request.method, int(status), headers)
        wants_close = headers.get("connection", "").lower() == "close" or version == b"HTTP/1.0"
        self._used_up = not keep or wants_close or not is_framed
        return Answer(status=int(status), headers=headers, body=body)

    async def _headers(self) -> Mapping[str, str]:
        headers = {}
        while (line := await self._reader.readline()) not in (b"\r\n", b"\n"):
            if not line:
                raise asyncio.IncompleteReadError(b"", None)
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    async def _body(self, method: str, status: int, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        """The body, and whether its end did not need the connection's (RFC 9112, section 6)."""
        if method == "HEAD" or status in (204, 304):
            return b"", True
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return await self._chunks(), True
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"])), True
        return await self._reader.read(), False

    async def _chunks(self) -> bytes:
        parts = []
        while size := int((await self._reader.readline()).split(b";")[0], 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readline()
        await self._headers()
        return b"".join(parts)
