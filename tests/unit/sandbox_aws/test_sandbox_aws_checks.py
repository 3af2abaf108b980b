"""Health checks: how an answer is judged, when the next is due, and what is seen over a real connection."""

from __future__ import annotations

import asyncio
import math
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from sandbox.aws.elbv2.checks import Check, judge, matches, next_check
from sandbox.aws.elbv2.health import (
    FAILED,
    TIMED_OUT,
    Course,
    Health,
    Standing,
    Thresholds,
    attached,
    mismatched,
    probed,
)
from sandbox.aws.elbv2.prober import Prober
from sandbox.aws.elbv2.probing import LOCAL_HEADER, USER_AGENT, probe
from sandbox.clock import Clock
from tests.unit.sandbox_aws.self_signed import self_signed

PATIENCE_SECONDS = 20.0
THRESHOLDS = Thresholds(healthy=3, unhealthy=2)
STANDING = Standing(network=False, register_seconds=5)


def check(**settings: Any) -> Check:
    wanted = {"protocol": "HTTP", "host": "10.0.0.1", "port": 80, "interval": 30.0, "timeout": 5.0}
    return Check(**{**wanted, "thresholds": THRESHOLDS, "host_header": "10.0.0.1", **settings})


@pytest.mark.parametrize(
    ("codes", "good", "bad"),
    [
        pytest.param("200", [200], [201, 404], id="one code"),
        pytest.param("200,301", [200, 301], [300], id="several codes"),
        pytest.param("200-299", [200, 250, 299], [199, 300], id="a range"),
        pytest.param("200-299, 404", [204, 404], [403], id="both, with a space"),
        pytest.param("0-99", [0, 12, 99], [100], id="codes of gRPC"),
    ],
)
def test_matchers(codes: str, good: list[int], bad: list[int]) -> None:
    assert all(matches(codes, code) for code in good)
    assert not any(matches(codes, code) for code in bad)


def test_the_wrong_code_is_told() -> None:
    assert judge(check(codes="200-299"), 503) == mismatched(503)
    assert judge(check(codes="200-299"), 204) is None


def course(*results: bool) -> Course:
    one = attached(Course(registered_at=0), 0)
    for number, good in enumerate(results):
        one = probed(one, None if good else FAILED, THRESHOLDS, number)
    return one


@pytest.mark.parametrize(
    ("of", "now", "eager", "expected"),
    [
        pytest.param(Course(registered_at=0), 0, False, math.inf, id="what is unused is not checked"),
        pytest.param(course(), 1, False, 5, id="the first check comes when the registration is through"),
        pytest.param(course(), 9, False, 9, id="or at once when that is over"),
        pytest.param(course(False), 10, False, 40, id="AWS waits for the interval after a failure"),
        pytest.param(course(True, True), 10, False, 40, id="and after a success"),
        pytest.param(course(True), 10, False, 32.5, id="the first interval is cut, so that targets part"),
        pytest.param(course(False), 10, True, 10.2, id="who is in a hurry checks a new target soon again"),
        pytest.param(course(False, False, False), 10, True, 10.8, id="and later with each failure"),
        pytest.param(course(*[False] * 50), 10, True, 40, id="but never later than AWS"),
        pytest.param(course(False, False, True), 10, True, 10.1, id="what recovers is checked soon again"),
        pytest.param(course(True, True, False), 10, True, 10.2, id="and what begins to fail"),
        pytest.param(course(True, True), 10, True, 40, id="but what is healthy only as AWS does"),
    ],
)
def test_when_the_next_check_is_due(of: Course, now: float, eager: bool, expected: float) -> None:
    assert next_check(of, check(), STANDING, now, eager=eager, phase=0.5) == pytest.approx(expected)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, int]]:
    """A server that leaves no connection behind, whatever became of it."""
    ends: list[tuple[asyncio.Task[Any], asyncio.StreamWriter]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ends.append((task, writer))
        with suppress(OSError, EOFError):
            await serve(reader, writer)

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()
    for task, writer in ends:
        writer.transport.abort()
        await asyncio.wait({task})
        with suppress(OSError):
            await writer.wait_closed()


def answering(answer: bytes, heard: list[bytes] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(request)
        writer.write(answer)
        writer.close()

    return serve


async def saying_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def closing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def jabbering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("serve", "settings", "expected"),
    [
        pytest.param(answering(b"HTTP/1.1 200 OK\r\n\r\n"), {}, None, id="a good answer"),
        pytest.param(answering(b"HTTP/1.0 204\r\n\r\n"), {"codes": "204"}, None, id="a good answer without a phrase"),
        pytest.param(answering(b"HTTP/1.1 503 No\r\n\r\n"), {}, mismatched(503), id="a wrong status"),
        pytest.param(answering(b"SSH-2.0-x\r\n"), {}, FAILED, id="an answer that is none of HTTP"),
        pytest.param(answering(b"HTTP/1.1 fine\r\n"), {}, FAILED, id="a status that is no number"),
        pytest.param(answering(b"HTTP/1.1 " + b"2" * 70000), {}, FAILED, id="a line without end"),
        pytest.param(answering(b""), {}, FAILED, id="no answer"),
        pytest.param(closing, {}, FAILED, id="a connection that is closed at once"),
        pytest.param(saying_nothing, {"protocol": "TCP"}, None, id="a connection is all that TCP asks for"),
        pytest.param(saying_nothing, {"protocol": "HTTPS"}, TIMED_OUT, id="a handshake that does not begin"),
        pytest.param(jabbering, {"protocol": "HTTPS"}, FAILED, id="a handshake that is not understood"),
    ],
)
async def test_what_a_check_finds(serve: Serve, settings: dict[str, Any], expected: Health | None) -> None:
    async with serving(serve) as address:
        timeout = 0.2 if expected == TIMED_OUT else PATIENCE_SECONDS
        assert await probe(check(**settings), address, timeout) == expected


async def test_what_does_not_answer_in_time() -> None:
    async with serving(saying_nothing) as address:
        assert await probe(check(), address, 0.05) == TIMED_OUT


async def test_what_does_not_listen() -> None:
    async with serving(closing) as address:
        pass
    assert await probe(check(), address, PATIENCE_SECONDS) == FAILED
    assert await probe(check(), None, PATIENCE_SECONDS) == FAILED


async def test_the_request_says_who_asks() -> None:
    heard: list[bytes] = []
    async with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n", heard)) as address:
        await probe(check(path="/live?x=1", host_header="10.0.0.1:8080"), address, PATIENCE_SECONDS)
    lines = heard[0].decode().splitlines()
    assert lines[0] == "GET /live?x=1 HTTP/1.1"
    assert {"Host: 10.0.0.1:8080", f"User-Agent: {USER_AGENT}", "Connection: close"} <= set(lines)


async def test_the_proxy_protocol_comes_before_the_request() -> None:
    heard: list[bytes] = []
    async with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n", heard)) as address:
        # The test's server takes the header's line breaks for the end of a request; so it hears the header alone.
        await probe(check(proxy_protocol=True), address, PATIENCE_SECONDS)
    assert heard[0] == LOCAL_HEADER[:4]


@pytest.mark.parametrize(
    ("network", "minimum", "expected"),
    [
        pytest.param(False, ssl.TLSVersion.TLSv1_3, None, id="an application load balancer checks over TLS 1.3"),
        pytest.param(True, ssl.TLSVersion.TLSv1_2, None, id="a network load balancer over TLS 1.2"),
        pytest.param(True, ssl.TLSVersion.TLSv1_3, FAILED, id="and fails where there is only 1.3"),
    ],
)
async def test_certificates_of_targets_are_not_validated(
    tmp_path: Path, network: bool, minimum: ssl.TLSVersion, expected: Health | None
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    context.minimum_version = minimum
    async with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n"), context) as address:
        assert await probe(check(protocol="HTTPS", network=network), address, PATIENCE_SECONDS) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        pytest.param("12", None, id="a server that does not know the method has the default code"),
        pytest.param("0", mismatched(12), id="which another matcher does not take"),
    ],
)
async def test_a_grpc_check_goes_by_the_status_of_the_call(codes: str, expected: Health | None) -> None:
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    wanted = check(grpc=True, path="/AWS.ALB/healthcheck", codes=codes)
    assert await probe(wanted, ("127.0.0.1", port), PATIENCE_SECONDS) == expected
    server.stop(None).wait()


async def test_a_grpc_check_of_what_speaks_no_http_2() -> None:
    async with serving(closing) as address:
        assert await probe(check(grpc=True, codes="0-99"), address, PATIENCE_SECONDS) == FAILED


class Targets:
    """Checks as many as it is told, each once more after a success."""

    def __init__(self, wanted: int) -> None:
        self.results: dict[str, list[Health | None]] = {}
        self.done = threading.Event()
        self._wanted = wanted

    def check_of(self, key: str) -> Check | None:
        return None if key == "gone" else check(port=int(key))

    def checked(self, key: str, failure: Health | None) -> float | None:
        results = self.results.setdefault(key, [])
        results.append(failure)
        if sum(map(len, self.results.values())) == self._wanted:
            self.done.set()
        return 0.0 if failure is None and len(results) == 1 else None


async def test_the_prober_checks_each_target_at_its_time() -> None:
    targets = Targets(wanted=400)
    async with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as address:
        prober = Prober(Clock(), lambda one: address if one.port < 200 else None, targets)
        prober.start()
        prober.schedule("gone", 0)
        prober.schedule("150", math.inf)
        prober.schedule("forgotten", 0.0)
        prober.forget("forgotten")
        for port in range(1, 151):
            prober.schedule(str(port), 0)
        for port in range(200, 300):
            prober.schedule(str(port), 0)
        assert await asyncio.to_thread(targets.done.wait, PATIENCE_SECONDS)
        await asyncio.to_thread(prober.stop)
    assert {tuple(results) for key, results in targets.results.items() if int(key) < 200} == {(None, None)}
    assert {tuple(results) for key, results in targets.results.items() if int(key) >= 200} == {(FAILED,)}


def test_a_prober_that_waits_stops_at_once() -> None:
    prober = Prober(Clock(), lambda _: None, Targets(wanted=1))
    prober.schedule("1", math.inf)
    prober.start()
    prober.stop()
