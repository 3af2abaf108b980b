"""What runs in a container: answers, faults, and how it ends. On loopback sockets."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import pytest

from sandbox.clock import Clock
from sandbox.kubernetes.application import Application, Identity, Options, Port, read_options
from sandbox.kubernetes.application.proxy_protocol import SIGNATURE

WHO = Identity(pod="web-1", namespace="shop", node="node-a", address="10.0.100.5")
HTTP, TLS, UDP = Port(number=80), Port(number=443), Port(number=53, protocol="UDP")
PROXIED = SIGNATURE + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, bytes([9, 9, 9, 9]), bytes([10, 0, 0, 1]), 4711, 80)
SAID = {
    "version": 2,
    "command": "PROXY",
    "protocol": "tcp",
    "source": {"address": "9.9.9.9", "port": 4711},
    "destination": {"address": "10.0.0.1", "port": 80},
    "vpcEndpoint": None,
}
REQUEST = b"GET /a?b=c HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"

Run = Callable[..., Awaitable[Application]]


def options(**annotations: str) -> Options:
    found, problems = read_options(
        {f"sandbox.elbow/{name.replace('_', '-')}": text for name, text in annotations.items()}
    )
    assert not problems
    return found


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Starts an application on some ports; it is gone after the test."""
    running: list[Application] = []

    async def start(*ports: Port, **annotations: str) -> Application:
        application = Application(WHO, options(**annotations), Clock(1000))
        running.append(application)
        await application.listen(ports or (HTTP,))
        return application

    yield start
    for one in running:
        one.end(137)
    # A closed transport is told so in the next turn of the loop.
    await asyncio.sleep(0)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def url(application: Application, path: str = "/") -> str:
    host, port = application.sockets[HTTP]
    return f"http://{host}:{port}{path}"


async def stream(application: Application, data: bytes, *, port: Port = HTTP, tls: bool = False) -> bytes:
    """Everything that comes back for some bytes on a connection."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(*application.sockets[port], ssl=context if tls else None)
    writer.write(data)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def body(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


async def test_a_request_is_answered_with_who_was_asked_what(run: Run, http: aiohttp.ClientSession) -> None:
    application = await run()
    async with http.post(url(application, "/cart?id=7"), data=b"abc", headers={"X-Forwarded-For": "9.9.9.9"}) as answer:
        seen = await answer.json()
        assert answer.headers["X-Pod"] == "web-1"
    headers = dict(seen.pop("headers"))
    assert headers["X-Forwarded-For"] == "9.9.9.9"
    assert seen == {
        "pod": "web-1",
        "namespace": "shop",
        "node": "node-a",
        "address": "10.0.100.5",
        "port": 80,
        "client": "127.0.0.1",
        "protocol": "HTTP/1.1",
        "tls": False,
        "method": "POST",
        "path": "/cart",
        "query": "id=7",
        "body": {"bytes": 3, "beginning": "abc"},
        "proxyProtocol": None,
    }


async def test_text_is_answered_to_those_who_ask_for_it(run: Run, http: aiohttp.ClientSession) -> None:
    async with http.get(url(await run(), "/cart?id=7"), headers={"Accept": "text/plain"}) as answer:
        lines = (await answer.text()).splitlines()
    assert lines[:8] == [
        "pod: web-1",
        "namespace: shop",
        "node: node-a",
        "address: 10.0.100.5",
        "port: 80",
        "client: 127.0.0.1",
        "",
        "GET /cart?id=7 HTTP/1.1",
    ]


async def test_what_is_not_http_is_sent_back(run: Run) -> None:
    application = await run()
    reader, writer = await asyncio.open_connection(*application.sockets[HTTP])
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    writer.write(b"GET / HTTP/1.1\r\n")
    assert await reader.readexactly(16) == b"GET / HTTP/1.1\r\n"
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_a_proxy_that_announces_itself_is_seen(run: Run) -> None:
    assert body(await stream(await run(), PROXIED + REQUEST))["proxyProtocol"] == SAID


async def test_an_announcement_may_come_byte_by_byte(run: Run) -> None:
    application = await run()
    reader, writer = await asyncio.open_connection(*application.sockets[HTTP])
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in PROXIED + REQUEST:
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    assert body(await reader.read())["proxyProtocol"] == SAID
    writer.close()
    await writer.wait_closed()


async def test_a_broken_announcement_ends_the_connection(run: Run) -> None:
    assert await stream(await run(), SIGNATURE + b"\x11\x11\x00\x00" + REQUEST) == b""


async def test_tls_is_spoken_where_it_is_asked_for(run: Run) -> None:
    application = await run(TLS, tls_ports="443")
    seen = body(await stream(application, REQUEST, port=TLS, tls=True))
    assert (seen["tls"], seen["port"], seen["proxyProtocol"]) == (True, 443, None)


async def test_a_proxy_announces_itself_before_the_handshake(run: Run) -> None:
    application = await run(TLS, tls_ports="443")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection(application.sockets[TLS])
    raw.sendall(PROXIED)
    raw.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=raw, ssl=context, server_hostname="shop")
    writer.write(REQUEST)
    assert body(await reader.read())["proxyProtocol"] == SAID
    writer.close()
    await writer.wait_closed()


async def test_datagrams_are_answered(run: Run) -> None:
    application = await run(UDP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect(application.sockets[UDP])
        client.send(PROXIED + b"ping")
        seen = json.loads(await asyncio.get_running_loop().sock_recv(client, 4096))
    assert (seen["pod"], seen["protocol"], seen["data"], seen["proxyProtocol"]) == ("web-1", "UDP", "ping", SAID)


async def test_ports_come_and_go(run: Run) -> None:
    application = await run(HTTP)
    before = application.sockets[HTTP]
    await application.listen((HTTP, Port(number=81)))
    assert application.sockets[HTTP] == before
    assert set(application.sockets) == {HTTP, Port(number=81)}
    gone = application.sockets[Port(number=81)]
    await application.listen((HTTP,))
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*gone)


async def test_a_status_can_be_had(run: Run, http: aiohttp.ClientSession) -> None:
    application = await run(answer="503", answer_paths="/api/*")
    async with http.get(url(application, "/api/cart")) as bad, http.get(url(application, "/health")) as good:
        assert (bad.status, bad.headers["X-Pod"], good.status) == (503, "web-1", 200)
    application.options = options()
    async with http.get(url(application, "/api/cart")) as answer:
        assert answer.status == 200


async def test_a_share_of_nothing_is_nothing(run: Run, http: aiohttp.ClientSession) -> None:
    async with http.get(url(await run(answer="503", answer_share="0%"))) as answer:
        assert answer.status == 200


async def test_a_connection_can_be_reset(run: Run) -> None:
    with pytest.raises(ConnectionResetError):
        await stream(await run(answer="reset"), REQUEST)


async def test_an_answer_takes_its_time(run: Run, http: aiohttp.ClientSession) -> None:
    application = await run(latency_seconds="200")
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with http.get(url(application)) as answer:
        assert answer.status == 200
    assert loop.time() - began >= 0.2


async def in_flight(application: Application) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection with a request on it that is not answered before long."""
    reader, writer = await asyncio.open_connection(*application.sockets[HTTP])
    writer.write(b"GET / HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    return reader, writer


@pytest.mark.parametrize(
    ("annotations", "code", "answered", "accepts"),
    [
        pytest.param({}, 143, False, False, id="by default it ends at once and cuts what is in flight"),
        pytest.param({"on_sigterm": "finish"}, 0, True, False, id="it may finish what is in flight"),
        pytest.param({"on_sigterm": "serve"}, 137, True, True, id="it may not care, until it is killed"),
    ],
)
async def test_the_end(run: Run, annotations: Mapping[str, str], code: int, answered: bool, accepts: bool) -> None:
    application = await run(**annotations)
    place = application.sockets[HTTP]
    reader, writer = await in_flight(application)
    idle_reader, idle_writer = await asyncio.open_connection(*place)
    application.terminate()
    if accepts:
        _, other = await asyncio.open_connection(*place)
        other.close()
    else:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*place)
        assert await idle_reader.read() == b""
    writer.write(b"x")
    answer = await reader.readuntil(b"\r\n") if answered else await reader.read()
    assert answer == (b"HTTP/1.1 200 OK\r\n" if answered else b"")
    if accepts:
        application.end(137)
    assert await application.ended == code
    for one in (writer, idle_writer):
        one.close()


async def test_a_finishing_program_says_that_the_connection_closes(run: Run) -> None:
    application = await run(on_sigterm="finish")
    reader, writer = await in_flight(application)
    application.terminate()
    writer.write(b"x")
    answer = await reader.read()
    assert b"Connection: close" in answer.partition(b"\r\n\r\n")[0]
    assert await application.ended == 0
    writer.close()


async def test_an_idle_program_finishes_at_once(run: Run, http: aiohttp.ClientSession) -> None:
    application = await run(on_sigterm="finish")
    async with http.get(url(application)) as answer:
        await answer.read()
    application.terminate()
    assert await application.ended == 0


async def test_nothing_listens_after_the_end(run: Run) -> None:
    application = await run(HTTP, UDP, TLS, tls_ports="443")
    application.end(1)
    assert application.sockets == {}
    await application.listen((HTTP,))
    assert application.sockets == {}
