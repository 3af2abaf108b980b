"""One health check of one target over a real connection. The prober runs many of them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import grpc

from sandbox.aws.elbv2.checks import Check, judge
from sandbox.aws.elbv2.health import FAILED, TIMED_OUT, Health

USER_AGENT = "ELB-HealthChecker/2.0"
LOCAL_HEADER = b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
"""Proxy protocol version 2, command LOCAL: the connection is the load balancer's own."""
_STATUS_PARTS = 2
_MAXIMUM_LINE = 16 * 1024
_GRPC_OPTIONS = (("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1))


async def probe(check: Check, address: tuple[str, int] | None, timeout_seconds: float) -> Health | None:
    """Make the check; what it found wrong, None when the target passed.

    `address` is the socket to dial; None when there is none, which is a refused connection. `timeout_seconds` are
    seconds of the wall.
    """
    if address is None:
        return FAILED
    try:
        async with asyncio.timeout(timeout_seconds):
            if check.grpc and check.protocol == "HTTP":
                return await asyncio.to_thread(_call, check, address, timeout_seconds)
            return await _connect(check, address)
    except TimeoutError:
        return TIMED_OUT
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        return FAILED


async def _connect(check: Check, address: tuple[str, int]) -> Health | None:
    reader, writer = await asyncio.open_connection(*address, limit=_MAXIMUM_LINE)
    try:
        return await _ask(check, reader, writer)
    finally:
        # Closing would wait for a target that does not answer, and TLS for its goodbye.
        writer.transport.abort()


async def _ask(check: Check, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Health | None:
    if check.proxy_protocol:
        writer.write(LOCAL_HEADER)
    if check.protocol == "TCP":
        await writer.drain()
        return None
    if check.protocol == "HTTPS":
        await writer.start_tls(_tls(check), server_hostname=check.host)
    if check.grpc:
        # The library below checks certificates, which AWS does not: a target that speaks HTTP/2 over TLS passes.
        return None
    writer.write(_request(check))
    await writer.drain()
    return judge(check, _status(await reader.readuntil(b"\r\n")))


def _request(check: Check) -> bytes:
    lines = (
        f"GET {check.path} HTTP/1.1",
        f"Host: {check.host_header}",
        f"User-Agent: {USER_AGENT}",
        "Accept-Encoding: gzip, compressed",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _status(line: bytes) -> int:
    """The status of an answer's first line. Raises ValueError for what is no answer of HTTP."""
    parts = line.split(None, _STATUS_PARTS)
    if len(parts) < _STATUS_PARTS or not parts[0].startswith(b"HTTP/"):
        raise ValueError("no status line")
    return int(parts[1])


def _tls(check: Check) -> ssl.SSLContext:
    """Load balancers do not validate the certificates of targets; Network ones do not check over TLS 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if check.network:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if check.grpc:
        context.set_alpn_protocols(["h2"])
    return context


def _call(check: Check, address: tuple[str, int], timeout_seconds: float) -> Health | None:
    host, port = address
    with grpc.insecure_channel(f"{host}:{port}", options=_GRPC_OPTIONS) as channel:
        method: Callable[..., bytes] = channel.unary_unary(check.path)
        try:
            method(b"", timeout=timeout_seconds, metadata=(("user-agent", USER_AGENT),))
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            if code is grpc.StatusCode.DEADLINE_EXCEEDED:
                return TIMED_OUT
            # The library says so of a connection that fails, too.
            if code is grpc.StatusCode.UNAVAILABLE:
                return FAILED
            return judge(check, code.value[0])
    return judge(check, 0)
