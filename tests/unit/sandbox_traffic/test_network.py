"""Network load balancers over loopback: connections and datagrams, zones, client addresses, ends of flows."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.traffic.clients import ASKED_PLACE
from sandbox.traffic.core.proxy_protocol import ProxyHeader, built, parsed
from tests.unit.sandbox_traffic.certificates import of_listener, pair
from tests.unit.sandbox_traffic.snapshots import (
    ALB,
    DNS,
    NLB,
    ZONES,
    balancer,
    forward,
    group,
    listener,
    rule,
    snapshot,
    target,
)
from tests.unit.sandbox_traffic.stage import Stage, echo, receive, staged

POD, OTHER = "10.0.100.18", "10.0.100.19"
NODE = "10.0.0.5"
"""The load balancer's node in the first zone."""
ZONAL = f"{ZONES[0]}.{DNS}"


def in_front(
    *targets: dict[str, Any],
    protocol: str = "TCP",
    group_protocol: str = "TCP",
    attributes: dict[str, str] | None = None,
    version: int = 1,
    group_further: dict[str, Any] | None = None,
    **further: Any,
) -> dict[str, Any]:
    """A listener of a network load balancer in front of these targets; `attributes` are the group's."""
    pods = group(*targets, protocol=group_protocol, attributes=attributes or {}, **(group_further or {}))
    made = listener(rule(forward("pods")), protocol=protocol, **further)
    return snapshot(balancer(made, kind="network"), pods=pods, version=version)


async def greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A target that speaks first, and then in capitals."""
    writer.write(b"hello")
    while data := await reader.read(1000):
        writer.write(data.upper())
    writer.write(b"bye")


async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A target that says who its peer is."""
    writer.write(writer.get_extra_info("peername")[0].encode())


async def everything(reader: asyncio.StreamReader) -> bytes:
    """What comes until the end, a reset included."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := await reader.read(1000):
            data += more
    return data


async def test_bytes_go_both_ways_and_each_direction_ends_by_itself() -> None:
    async with staged(in_front(target(POD))) as stage:
        await stage.serve(POD, greeting)
        reader, writer = await stage.dial()
        assert await reader.readexactly(5) == b"hello"
        writer.write(b"abc")
        writer.write_eof()
        assert await reader.read() == b"ABCbye"


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param([target(POD)], id="nobody listens at the target"),
        pytest.param([], id="no target"),
        pytest.param([target(POD, receives=False)], id="none that receives"),
        pytest.param([target(POD, zone=ZONES[1])], id="none in the node's zone"),
    ],
)
async def test_a_connection_without_target_is_reset(targets: list[dict[str, Any]]) -> None:
    async with staged(in_front(*targets)) as stage:
        reader, _ = await stage.dial(host=ZONAL)
        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_a_node_crosses_zones_where_that_is_on() -> None:
    on = {"load_balancing.cross_zone.enabled": "true"}
    async with staged(in_front(target(POD, zone=ZONES[1]), attributes=on)) as stage:
        await stage.serve(POD, greeting)
        reader, _ = await stage.dial(host=ZONAL)
        assert await reader.readexactly(5) == b"hello"


async def test_the_dns_name_leads_only_to_zones_with_healthy_targets() -> None:
    async with staged(in_front(target(POD, zone=ZONES[1]))) as stage:
        await stage.serve(POD, greeting)
        for _ in range(4):
            reader, _ = await stage.dial()
            assert await reader.readexactly(5) == b"hello"


async def test_unhealthy_targets_get_flows_where_there_is_no_other() -> None:
    async with staged(in_front(target(POD, health="unhealthy"))) as stage:
        await stage.serve(POD, greeting)
        reader, _ = await stage.dial()
        assert await reader.readexactly(5) == b"hello"


async def test_a_target_is_told_its_client_by_the_proxy_protocol() -> None:
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.readexactly(28 + 4))

    async with staged(in_front(target(POD), attributes={"proxy_protocol_v2.enabled": "true"})) as stage:
        await stage.serve(POD, listen)
        _, writer = await stage.dial()
        writer.write(b"data")
        data = await heard
        assert parsed(data) == ProxyHeader(source=writer.get_extra_info("sockname"), destination=(NODE, 80))
    assert data.endswith(b"data")


@pytest.mark.parametrize(
    ("attributes", "seen"),
    [
        pytest.param({}, "127.0.0.1", id="not by default"),
        pytest.param({"preserve_client_ip.enabled": "true"}, "127.1.2.3", id="where it is preserved"),
    ],
)
async def test_a_target_sees_its_clients_address(attributes: dict[str, str], seen: str) -> None:
    async with staged(in_front(target(POD), attributes=attributes)) as stage:
        await stage.serve(POD, peer)
        reader, _ = await stage.dial(local_addr=("127.1.2.3", 0))
        assert (await reader.read()).decode() == seen


async def claim(stage: Stage, client: str, place: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection through the door, for a client that is not on this machine."""
    reader, writer = await asyncio.open_connection(*await stage.listening.open_door())
    fields = {ASKED_PLACE: place.encode()}
    writer.write(built(ProxyHeader(source=(client, 4000), destination=(client, 80), fields=fields)))
    return reader, writer


async def test_a_claimed_client_is_seen_as_far_as_loopback_allows() -> None:
    async with staged(in_front(target(POD), attributes={"preserve_client_ip.enabled": "true"})) as stage:
        await stage.serve(POD, peer)
        reader, writer = await claim(stage, "198.51.100.7", f"{DNS}:80")
        assert await reader.read() == b"127.51.100.7"
        writer.close()
        await writer.wait_closed()


async def test_a_claimed_client_stands_in_the_headers_of_an_application_load_balancer() -> None:
    made = snapshot(balancer(listener(rule(forward("pods")))), pods=group(target(POD)))
    async with staged(made) as stage:
        await stage.serve(POD, echo())
        reader, writer = await claim(stage, "198.51.100.7", f"{DNS}:80")
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert "X-Forwarded-For: 198.51.100.7" in (await receive(reader)).body.decode()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "place", [pytest.param("elsewhere:80", id="an unknown name"), pytest.param(f"{DNS}:81", id="an unknown port")]
)
async def test_a_claim_for_nowhere_is_closed(place: str) -> None:
    async with staged(in_front(target(POD))) as stage:
        reader, writer = await claim(stage, "198.51.100.7", place)
        assert await everything(reader) == b""
        writer.close()


async def test_tls_ends_at_the_load_balancer_with_the_protocol_of_its_policy() -> None:
    made = in_front(
        target(POD), protocol="TLS", alpnPolicy=["HTTP2Preferred"], certificates=[of_listener("web.test", default=True)]
    )
    context = ssl.create_default_context(cadata=pair("web.test")[0])
    context.set_alpn_protocols(["http/1.1", "h2"])
    async with staged(made) as stage:
        await stage.serve(POD, greeting)
        reader, writer = await stage.dial(ssl=context, server_hostname="web.test")
        assert await reader.readexactly(5) == b"hello"
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"


async def test_plain_text_at_a_tls_listener_gets_nothing() -> None:
    made = in_front(target(POD), protocol="TLS", certificates=[of_listener("web.test", default=True)])
    async with staged(made) as stage:
        await stage.serve(POD, greeting)
        reader, writer = await stage.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert b"hello" not in await everything(reader)


async def test_a_target_of_tls_gets_the_proxy_header_before_its_handshake(tmp_path: Path) -> None:
    chain, key = pair("pod.test")
    both = tmp_path / "pod.pem"
    both.write_text(chain + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    loop = asyncio.get_running_loop()
    headers: list[bytes] = []

    async def secured(server: socket.socket) -> None:
        connection, _ = await loop.sock_accept(server)
        headers.append(await loop.sock_recv(connection, 28))

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"secret")
            await reader.read()
            writer.close()

        reader = asyncio.StreamReader()
        await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader, answer), connection, ssl=context
        )

    made = in_front(
        target(POD),
        protocol="TLS",
        group_protocol="TLS",
        attributes={"proxy_protocol_v2.enabled": "true"},
        certificates=[of_listener("web.test", default=True)],
    )
    server = socket.create_server(("127.0.0.1", 0))
    async with staged(made) as stage:
        server.setblocking(False)
        stage.table.known[POD, 8080, "tcp"] = server.getsockname()
        serving = asyncio.create_task(secured(server))
        trusting = ssl.create_default_context(cadata=pair("web.test")[0])
        reader, _ = await stage.dial(ssl=trusting, server_hostname="web.test")
        assert await reader.readexactly(6) == b"secret"
        await serving
    server.close()
    assert parsed(headers[0]).destination == (NODE, 80)


GONE = "deregistration_delay.connection_termination.enabled"
SICK = "target_health_state.unhealthy.connection_termination.enabled"


@pytest.mark.parametrize(
    ("attributes", "later", "cut"),
    [
        pytest.param({}, [], False, id="a deregistered target keeps its flows"),
        pytest.param({GONE: "true"}, [], True, id="a deregistered target loses its flows where that is on"),
        pytest.param({GONE: "true"}, [target(POD, health="draining", receives=False)], False, id="not while it drains"),
        pytest.param({}, [target(POD, health="unhealthy")], True, id="an unhealthy target loses its flows"),
        pytest.param({SICK: "false"}, [target(POD, health="unhealthy")], False, id="but not where that is off"),
    ],
)
async def test_ends_of_flows(attributes: dict[str, str], later: list[dict[str, Any]], cut: bool) -> None:
    async with staged(in_front(target(POD), attributes=attributes)) as stage:
        await stage.serve(POD, greeting)
        reader, writer = await stage.dial()
        await reader.readexactly(5)
        await stage.apply(in_front(*later, attributes=attributes, version=2))
        writer.write(b"abc")
        if cut:
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(3)
        else:
            assert await reader.readexactly(3) == b"ABC"


async def test_a_flow_that_idled_too_long_is_reset_at_its_next_byte() -> None:
    now = [100.0]
    async with staged(in_front(target(POD)), clock=Clock(1.0, wall=lambda: now[0])) as stage:
        await stage.serve(POD, greeting)
        reader, writer = await stage.dial()
        await reader.readexactly(5)
        now[0] += 351
        writer.write(b"abc")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(3)


async def test_an_application_load_balancer_can_be_a_target_and_sees_the_client() -> None:
    inner = balancer(listener(rule(forward("pods"))), dnsName="inner.test", arn=ALB)
    outer = balancer(listener(rule(forward("inner")), port=81, protocol="TCP"), kind="network")
    inner_group = group(target(ALB, 80, zone="all"), protocol="TCP", targetType="alb")
    made = snapshot(inner, outer, pods=group(target(POD)), inner=inner_group)
    async with staged(made) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial(81, local_addr=("127.1.2.3", 0))
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert "X-Forwarded-For: 127.1.2.3" in (await receive(reader)).body.decode()


class Heard(asyncio.DatagramProtocol):
    """A UDP socket that keeps what it hears, or answers it."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.received: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()
        self._answer = answer
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.put_nowait((data, addr))
        if self._answer is not None:
            self._transport.sendto(self._answer + data, addr)


@contextlib.asynccontextmanager
async def udp(answer: bytes | None = None, **further: Any) -> Any:
    """A UDP socket of the test's own."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Heard(answer), **further)
    try:
        yield transport, protocol
    finally:
        transport.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("protocol", [pytest.param("UDP", id="UDP"), pytest.param("TCP_UDP", id="TCP and UDP")])
async def test_datagrams_go_to_one_target_and_answers_come_back(protocol: str) -> None:
    made = in_front(target(POD, 53), protocol=protocol, group_protocol=protocol, port=53)
    async with staged(made) as stage, udp(b"re:", local_addr=("127.0.0.1", 0)) as (pod, heard):
        stage.table.known[POD, 53, "udp"] = pod.get_extra_info("sockname")
        where = stage.place(53, protocol="udp")
        async with udp(local_addr=("127.1.2.3", 0), remote_addr=where) as (client, answers):
            for text in (b"one", b"two"):
                client.sendto(text)
                assert (await answers.received.get())[0] == b"re:" + text
            peers = {(await heard.received.get())[1] for _ in range(2)}
    assert {address for address, _ in peers} == {"127.1.2.3"}
    assert len(peers) == 1


async def test_datagrams_carry_the_proxy_header() -> None:
    made = in_front(
        target(POD, 53),
        protocol="UDP",
        group_protocol="UDP",
        port=53,
        attributes={"proxy_protocol_v2.enabled": "true"},
    )
    async with staged(made) as stage, udp(local_addr=("127.0.0.1", 0)) as (pod, heard):
        stage.table.known[POD, 53, "udp"] = pod.get_extra_info("sockname")
        async with udp(remote_addr=stage.place(53, protocol="udp")) as (client, _):
            client.sendto(b"data")
            data, _ = await heard.received.get()
            source = client.get_extra_info("sockname")
    assert parsed(data) == ProxyHeader(source=source, destination=(NODE, 53), datagram=True)
    assert data.endswith(b"data")


async def test_a_client_of_a_deregistered_target_gets_another_one() -> None:
    def made(*targets: dict[str, Any], version: int) -> dict[str, Any]:
        return in_front(*targets, protocol="UDP", group_protocol="UDP", port=53, version=version)

    async with (
        staged(made(target(POD, 53), version=1)) as stage,
        udp(b"one:", local_addr=("127.0.0.1", 0)) as (pod, _),
        udp(b"two:", local_addr=("127.0.0.1", 0)) as (other, _),
    ):
        stage.table.known[POD, 53, "udp"] = pod.get_extra_info("sockname")
        stage.table.known[OTHER, 53, "udp"] = other.get_extra_info("sockname")
        async with udp(remote_addr=stage.place(53, protocol="udp")) as (client, answers):
            client.sendto(b"a")
            assert (await answers.received.get())[0] == b"one:a"
            await stage.apply(made(target(OTHER, 53), version=2))
            client.sendto(b"b")
            assert (await answers.received.get())[0] == b"two:b"


async def test_flows_are_counted() -> None:
    async with staged(in_front(target(POD))) as stage:
        await stage.serve(POD, greeting)
        reader, _ = await stage.dial()
        await reader.readexactly(5)
        counted: Any = stage.environment.figures.as_json({}, {})
    assert counted["loadBalancers"][NLB]["connections"] == 1
    (pods,) = counted["targetGroups"].values()
    assert pods["targets"][f"{POD}:8080"]["flows"] == 1
