"""The load and its connections, against small servers that misbehave in one way each."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.address_table import Place, write_table
from sandbox.lab.client.addresses import Addresses
from sandbox.lab.client.asking import ask
from sandbox.lab.client.http import Connection, ExchangeError, Request
from sandbox.lab.client.load import Load, LoadGenerator
from sandbox.lab.timeline import Sample

HOST = "lab-1.elb.us-west-2.amazonaws.com"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Pod: web-1\r\n\r\nok"
REQUEST = Request(host=HOST, headers={})

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    """The port of a server inside the block."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def answering(*answers: bytes) -> Serve:
    """Gives these answers on a connection, one after the other, and closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return serve


def table(folder: Path, port: int) -> Addresses:
    write_table(folder / "load-balancers.json", {Place(host=HOST, port=80): ("127.0.0.1", port)})
    return Addresses(folder)


@pytest.mark.parametrize(
    ("answer", "body", "stays_open"),
    [
        pytest.param(OK, b"ok", True, id="a length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            b"abc",
            True,
            id="chunks",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nall", b"all", False, id="until the connection ends"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", True, id="no body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            b"x",
            False,
            id="a server that closes",
        ),
    ],
)
async def test_whole_answers_are_read(answer: bytes, body: bytes, stays_open: bool) -> None:
    closing = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(answer)(reader, writer)
        if stays_open:
            await closing.wait()

    async with served(serve) as port:
        connection = await Connection.to(("127.0.0.1", port), tls=None, name=HOST)
        got = await connection.exchange(REQUEST, keep=True)
        assert got.body == body
        assert connection.is_open == stays_open
        closing.set()
        connection.close()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(b"", "closed", id="the connection is closed without an answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "cut", id="the body is cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", "cut", id="the headers are cut"),
        pytest.param(b"nonsense\r\n\r\n", "cut", id="it is no HTTP"),
    ],
)
async def test_half_answers_are_errors_by_kind(answer: bytes, kind: str) -> None:
    async with served(answering(answer)) as port:
        connection = await Connection.to(("127.0.0.1", port), tls=None, name=HOST)
        with pytest.raises(ExchangeError) as caught:
            await connection.exchange(REQUEST, keep=True)
        assert caught.value.kind == kind
        connection.close()


async def test_a_name_that_nothing_serves_is_a_refused_connection(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError) as caught:
        await ask(f"http://{HOST}/", Addresses(tmp_path))
    assert caught.value.kind == "refused"


async def test_a_port_that_nobody_listens_on_is_a_refused_connection(tmp_path: Path) -> None:
    async with served(answering()) as port:
        pass
    with pytest.raises(ExchangeError) as caught:
        await ask(f"http://{HOST}/", table(tmp_path, port))
    assert caught.value.kind == "refused"


async def sent(load: Load, addresses: Addresses, seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    await LoadGenerator(load, addresses, samples.append, time.monotonic).run(seconds)
    return samples


async def test_a_load_has_its_rate_and_knows_who_answered(tmp_path: Path) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(*[OK] * 100)(reader, writer)

    async with served(serve) as port:
        samples = await sent(Load(url=f"http://{HOST}/", rps=100), table(tmp_path, port), 0.2)
    assert [sample.status for sample in samples] == [200] * 20
    assert {sample.pod for sample in samples} == {"web-1"}
    assert connections < 20


async def test_without_keep_alive_every_request_has_a_connection(tmp_path: Path) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(OK)(reader, writer)

    async with served(serve) as port:
        load = Load(url=f"http://{HOST}/", rps=100, keep_alive=False)
        samples = await sent(load, table(tmp_path, port), 0.1)
    assert len(samples) == connections == 10


async def test_a_connection_that_was_closed_while_idle_is_not_used_and_no_error(tmp_path: Path) -> None:
    async with served(answering(OK)) as port:
        samples = await sent(Load(url=f"http://{HOST}/", rps=20), table(tmp_path, port), 0.25)
    assert [sample.status for sample in samples] == [200] * 5


async def test_requests_leave_on_time_although_none_is_answered(tmp_path: Path) -> None:
    """An open loop: the last one is due when it would be with a quick server, and its wait counts from then."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with served(serve) as port:
        load = Load(url=f"http://{HOST}/", rps=50, patience_seconds=0.3)
        samples = await sent(load, table(tmp_path, port), 0.2)
    assert [sample.error for sample in samples] == ["late"] * 10
    assert max(sample.at for sample in samples) - samples[0].at == pytest.approx(0.18, abs=0.001)
    assert min(sample.seconds for sample in samples) >= 0.29
