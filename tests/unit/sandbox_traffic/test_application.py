"""Application load balancers over loopback: requests in, requests out, and the codes that they answer themselves."""

import asyncio
import contextlib
from typing import Any

import pytest

from sandbox.clock import Clock
from tests.unit.sandbox_traffic.snapshots import ALB, ZONES, balancer, forward, group, listener, rule, snapshot, target
from tests.unit.sandbox_traffic.stage import Stage, Talk, ask, echo, read_head, receive, staged

POD, OTHER = "10.0.100.18", "10.0.100.19"
FAST = Clock(100)


def one_pod(**further: Any) -> dict[str, Any]:
    """A listener that forwards everything to one pod."""
    return snapshot(balancer(listener(rule(forward("pods"))), **further), pods=group(target(POD)))


def saying(response: bytes, *, close: bool = True) -> Talk:
    """A target that answers a request with these bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(response)
        await writer.drain()
        if not close:
            await reader.read()

    return talk


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """A target that never answers."""
    await reader.read()


async def test_a_request_reaches_the_pod_with_the_headers_of_a_load_balancer() -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        got = await ask(stage, "GET /a?b=c HTTP/1.1\r\nHost: Web.Example.com\r\nX-Own: Yes\r\n\r\n")
    lines = got.body.decode().split("\n")
    assert (got.status, lines[1]) == (200, "GET /a?b=c HTTP/1.1")
    assert {"Host: web.example.com", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Own: Yes"} < set(lines)
    assert "X-Forwarded-Port: 80" in lines
    assert any(line.startswith("X-Amzn-Trace-Id: Root=1-") for line in lines)


async def test_connections_are_kept_on_both_sides() -> None:
    accepted: list[asyncio.StreamReader] = []

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(reader)
        await echo()(reader, writer)

    async with staged(one_pod()) as stage:
        await stage.serve(POD, counting)
        reader, writer = await stage.dial()
        for number in range(3):
            writer.write(f"GET /{number} HTTP/1.1\r\nHost: web\r\n\r\n".encode())
            assert f"GET /{number} " in (await receive(reader)).body.decode()
        writer.close()
    assert len(accepted) == 1


async def test_a_connection_to_a_target_that_idled_as_long_as_the_time_out_is_not_used_again() -> None:
    now = [100.0]
    accepted: list[asyncio.StreamReader] = []

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(reader)
        await echo()(reader, writer)

    async with staged(one_pod(), clock=Clock(1.0, wall=lambda: now[0])) as stage:
        await stage.serve(POD, counting)
        for passed in (0, 59, 61):
            now[0] += passed
            assert (await ask(stage)).status == 200
    assert len(accepted) == 2


async def test_requests_sent_in_one_go_are_answered_in_order() -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial()
        writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: web\r\n\r\n" % number for number in range(3)))
        paths = [(await receive(reader)).body.decode().split("\n")[1] for _ in range(3)]
        writer.close()
    assert paths == [f"GET /{number} HTTP/1.1" for number in range(3)]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"Content-Length: 5\r\n\r\nhello", id="a body of known length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", id="a body in chunks"),
    ],
)
async def test_bodies_reach_the_pod(request_: bytes) -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        got = await ask(stage, b"POST / HTTP/1.1\r\nHost: web\r\n" + request_)
    assert got.body.endswith(b"\n\nhello")


async def test_the_load_balancer_asks_for_a_body_itself() -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial()
        writer.write(b"PUT / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await read_head(reader) == ["HTTP/1.1 100 Continue"]
        writer.write(b"ok")
        assert (await receive(reader)).body.endswith(b"\n\nok")
        writer.close()


@pytest.mark.parametrize(
    ("response", "body"),
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi", id="in chunks"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nhi", b"hi", id="until the target closes"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="without a body"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", id="after a 100"
        ),
    ],
)
async def test_responses_reach_the_client(response: bytes, body: bytes) -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, saying(response))
        got = await ask(stage)
    assert (got.status < 300, got.body) == (True, body)


async def test_a_response_to_head_has_a_length_and_no_body() -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial()
        for _ in range(2):
            writer.write(b"HEAD / HTTP/1.1\r\nHost: web\r\n\r\n")
            got = await receive(reader, to_head=True)
            assert got.status == 200
            assert int(got.header("content-length")) > 0
        writer.close()


@pytest.mark.parametrize(
    ("response", "status", "why"),
    [
        pytest.param(b"", 502, "closed the connection with a request outstanding", id="it closes without an answer"),
        pytest.param(b"nonsense\r\n\r\n", 502, "cannot be understood", id="its answer is no HTTP"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 502, "too large", id="its headers are too large"
        ),
    ],
)
async def test_a_target_that_does_not_answer_properly(response: bytes, status: int, why: str) -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, saying(response))
        got = await ask(stage)
        causes = figures(stage)["loadBalancers"][ALB]["causes"]
    assert got.status == status
    assert [why in cause for cause in causes] == [True]


async def test_nobody_listens_at_the_target() -> None:
    async with staged(one_pod()) as stage:
        got = await ask(stage)
        counted = figures(stage)
    assert got.status == 502
    assert got.header("server") == "awselb/2.0"
    (pods,) = counted["targetGroups"].values()
    assert pods["targets"][f"{POD}:8080"]["failed"] == {"502": 1}


async def test_a_silent_target_gives_a_504_after_the_idle_timeout() -> None:
    async with staged(one_pod(attributes={"idle_timeout.timeout_seconds": "2"}), clock=FAST) as stage:
        await stage.serve(POD, silent)
        got = await ask(stage)
    assert got.status == 504


async def test_a_silent_client_gives_a_408_in_the_middle_of_a_request() -> None:
    async with staged(one_pod(attributes={"idle_timeout.timeout_seconds": "2"}), clock=FAST) as stage:
        await stage.serve(POD, echo())
        got = await ask(stage, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nhalf")
    assert got.status == 408


async def test_a_client_that_leaves_counts_as_460_and_the_target_sees_it() -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def patient(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_head(reader)
        asked.set()
        await reader.read()
        left.set()

    async with staged(one_pod()) as stage:
        await stage.serve(POD, patient)
        _, writer = await stage.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        await asked.wait()
        writer.close()
        await left.wait()
        counted = figures(stage)
    assert counted["loadBalancers"][ALB]["ownAnswers"] == {"460": 1}


@pytest.mark.parametrize(
    ("group_", "status"),
    [
        pytest.param(group(), 503, id="a group without targets"),
        pytest.param(group(target(POD, health="unused")), 503, id="only unused targets"),
        pytest.param(group(target(POD, health="draining", receives=False)), 503, id="only draining targets"),
        pytest.param(group(target(POD, health="unhealthy")), 200, id="only unhealthy targets: fail open"),
        pytest.param(group(target(POD, health="initial")), 200, id="only initial targets: fail open"),
        pytest.param(group(target(POD), protocolVersion="GRPC"), 464, id="HTTP/1.1 for gRPC targets"),
        pytest.param(
            group(target(POD, zone="us-west-2c"), attributes={"load_balancing.cross_zone.enabled": "false"}),
            503,
            id="no target in the node's zone",
        ),
    ],
)
async def test_which_targets_there_are_decides_what_is_answered(group_: dict[str, Any], status: int) -> None:
    async with staged(snapshot(balancer(listener(rule(forward("pods")))), pods=group_)) as stage:
        await stage.serve(POD, echo())
        assert (await ask(stage)).status == status


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param("TRACE / HTTP/1.1\r\nHost: web\r\n\r\n", 405, id="TRACE"),
        pytest.param("GET / HTTP/1.1\r\n\r\n", 400, id="no Host header"),
        pytest.param("nonsense\r\n\r\n", 400, id="no HTTP"),
        pytest.param(f"GET /{'x' * 17_000} HTTP/1.1\r\nHost: web\r\n\r\n", 414, id="a very long path"),
        pytest.param(f"GET / HTTP/1.1\r\nHost: web\r\nX: {'x' * 17_000}\r\n\r\n", 400, id="a very long header"),
        pytest.param(
            f"GET / HTTP/1.1\r\nHost: web\r\nX-Forwarded-For: {', '.join(['10.0.0.1'] * 31)}\r\n\r\n",
            463,
            id="too many addresses in X-Forwarded-For",
        ),
        pytest.param(
            "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, id="two lengths"
        ),
    ],
)
async def test_requests_that_are_refused(request_: str, status: int) -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        assert (await ask(stage, request_)).status == status


async def test_a_request_in_flight_is_cut_with_a_502_when_the_deregistration_delay_is_over() -> None:
    asked = asyncio.Event()

    async def patient(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_head(reader)
        asked.set()
        await reader.read()

    async with staged(one_pod()) as stage:
        await stage.serve(POD, patient)
        reader, writer = await stage.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        await asked.wait()
        draining = group(target(POD, health="draining", receives=False))
        await stage.apply(snapshot(balancer(listener(rule(forward("pods")))), pods=draining, version=2))
        assert not reader.at_eof()
        await stage.apply(snapshot(balancer(listener(rule(forward("pods")))), pods=group(), version=3))
        got = await receive(reader)
        causes = figures(stage)["loadBalancers"][ALB]["causes"]
        writer.close()
    assert got.status == 502
    assert causes == {"502 the deregistration delay ran out with a request in flight": 1}


async def test_an_answer_that_breaks_off_resets_the_client() -> None:
    async with staged(one_pod()) as stage:
        await stage.serve(POD, saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
        reader, writer = await stage.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert (await read_head(reader))[0] == "HTTP/1.1 200 OK"
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(100)
        writer.close()


async def test_round_robin_goes_through_the_targets_at_each_node() -> None:
    pods = group(target(POD), target(OTHER, zone=ZONES[1]))
    async with staged(snapshot(balancer(listener(rule(forward("pods")))), pods=pods)) as stage:
        await stage.serve(POD, echo("one"))
        await stage.serve(OTHER, echo("two"))
        host = f"{ZONES[0]}.web-1.us-west-2.elb.amazonaws.com"
        seen = [(await ask(stage, host=host)).header("x-pod") for _ in range(4)]
    assert seen == ["one", "two", "one", "two"]


async def test_a_change_holds_for_the_next_request_of_an_open_connection() -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "MessageBody": "none"}}
    async with staged(one_pod()) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        first = await receive(reader)
        await stage.apply(snapshot(balancer(listener(rule(fixed))), pods=group(target(POD)), version=2))
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        second = await receive(reader)
        writer.close()
    assert (first.status, second.status, second.body) == (200, 404, b"none")


async def test_a_web_socket_is_passed_through_after_its_upgrade() -> None:
    async def socket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = await read_head(reader)
        assert "Upgrade: websocket" in lines
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello")
        while data := await reader.read(100):
            writer.write(data.upper())

    async with staged(one_pod()) as stage:
        await stage.serve(POD, socket)
        reader, writer = await stage.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
        assert (await read_head(reader))[0] == "HTTP/1.1 101 Switching Protocols"
        assert await reader.readexactly(10) == b"helloEARLY"
        writer.write(b"late")
        assert await reader.readexactly(4) == b"LATE"
        writer.close()
        with contextlib.suppress(ConnectionError):
            await reader.read()


def figures(stage: Stage) -> Any:
    """What the data plane counted."""
    return stage.environment.figures.as_json(stage.environment.fleet.names(), stage.environment.fleet.outstanding())
