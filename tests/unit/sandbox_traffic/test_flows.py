"""How flows are spread, and the header that tells a target who its client is."""

from collections import Counter
from typing import Any

import pytest

from sandbox.traffic.configuration import Forward, WeightedGroup
from sandbox.traffic.core.flows import Flow, group_of, idle_seconds, preserves_client, source_address, target_of
from sandbox.traffic.core.proxy_protocol import SIGNATURE, ProxyHeader, built, parsed
from sandbox.traffic.decoding import configuration
from tests.unit.sandbox_traffic import snapshots
from tests.unit.sandbox_traffic.snapshots import target
from tests.unit.sandbox_traffic.test_targets import decoded


def flow(client: str = "203.0.113.7", port: int = 40000, sequence: int = 0) -> Flow:
    return Flow(protocol="tcp", client=client, client_port=port, node="us-west-2a", port=80, sequence=sequence)


def spread(flows: list[Flow], count: int, **attributes: str) -> list[str]:
    """The targets, of so many, that flows go to."""
    _, pods = decoded(*(target(str(number)) for number in range(count)), kind="network", **attributes)
    return [target_of(pods, pods.targets, one).id for one in flows]


def test_a_flow_always_goes_to_the_same_target_and_flows_are_spread_evenly() -> None:
    flows = [flow(sequence=number) for number in range(2000)]
    assert spread(flows, 4) == spread(flows, 4)
    assert all(400 < number < 600 for number in Counter(spread(flows, 4)).values())


def test_one_target_more_moves_only_its_own_share() -> None:
    flows = [flow(sequence=number) for number in range(1000)]
    moved = [new for old, new in zip(spread(flows, 4), spread(flows, 5), strict=True) if old != new]
    assert set(moved) == {"4"}


def test_a_client_stays_with_its_target_where_that_is_on() -> None:
    flows = [flow(port=number, sequence=number) for number in range(100)]
    assert len(set(spread(flows, 4, stickiness__enabled="true", stickiness__type="source_ip"))) == 1
    assert len(set(spread(flows, 4))) == 4


def test_groups_by_weight() -> None:
    action = Forward(groups=(WeightedGroup(arn="a", weight=90), WeightedGroup(arn="b", weight=10)))
    counted = Counter(group_of(action, flow(sequence=number)) for number in range(2000))
    assert 1720 < counted["a"] < 1880


def test_a_client_stays_with_its_group_where_the_action_wants_it() -> None:
    groups = (WeightedGroup(arn="a", weight=1), WeightedGroup(arn="b", weight=1))
    seen = {group_of(Forward(groups=groups, sticky_seconds=60), flow(sequence=number)) for number in range(100)}
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        pytest.param({"protocol": "TCP"}, False, id="addresses over TCP"),
        pytest.param({"protocol": "TCP", "targetType": "instance"}, True, id="instances"),
        pytest.param({"protocol": "UDP"}, True, id="addresses over UDP"),
        pytest.param({"protocol": "TCP", "attributes": {"preserve_client_ip.enabled": "true"}}, True, id="switched on"),
        pytest.param(
            {"protocol": "TCP", "targetType": "instance", "attributes": {"preserve_client_ip.enabled": "false"}},
            False,
            id="switched off",
        ),
    ],
)
def test_whose_address_a_target_sees(group: dict[str, Any], expected: bool) -> None:
    described = {**snapshots.group(), **group}
    made, _ = configuration(snapshots.snapshot(pods=described))
    assert preserves_client(next(iter(made.target_groups.values()))) is expected


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        pytest.param("127.9.8.7", "127.9.8.7", id="a client on loopback"),
        pytest.param("198.51.100.7", "127.51.100.7", id="any other"),
        pytest.param("2001:db8::1", None, id="IPv6"),
    ],
)
def test_the_address_that_stands_for_a_client(client: str, expected: str | None) -> None:
    assert source_address(client) == expected


@pytest.mark.parametrize(
    ("protocol", "attributes", "expected"),
    [
        pytest.param("TCP", {}, 350, id="TCP"),
        pytest.param("TCP", {"tcp.idle_timeout.seconds": "60"}, 60, id="TCP with a time of its own"),
        pytest.param("TLS", {"tcp.idle_timeout.seconds": "60"}, 350, id="TLS has none"),
    ],
)
def test_idle_timeouts(protocol: str, attributes: dict[str, str], expected: float) -> None:
    assert idle_seconds(protocol, attributes) == expected


def test_a_proxy_header_is_what_the_protocol_says() -> None:
    header = ProxyHeader(source=("192.0.2.1", 51234), destination=("10.0.0.5", 443))
    expected = SIGNATURE + bytes([0x21, 0x11, 0, 12, 192, 0, 2, 1, 10, 0, 0, 5]) + b"\xc8\x22\x01\xbb"
    assert built(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(ProxyHeader(source=("192.0.2.1", 1), destination=("10.0.0.5", 2)), id="TCP over IPv4"),
        pytest.param(ProxyHeader(source=("2001:db8::1", 1), destination=("2001:db8::2", 2)), id="TCP over IPv6"),
        pytest.param(ProxyHeader(source=("192.0.2.1", 1), destination=("10.0.0.5", 2), datagram=True), id="UDP"),
        pytest.param(ProxyHeader(source=None, destination=None), id="for nobody"),
        pytest.param(
            ProxyHeader(source=("192.0.2.1", 1), destination=("10.0.0.5", 2), fields={0xEA: b"\x01vpce", 4: b""}),
            id="with further fields",
        ),
    ],
)
def test_proxy_headers_read_as_they_were_written(header: ProxyHeader) -> None:
    assert parsed(built(header) + b"more") == header


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no header"),
        pytest.param(SIGNATURE + bytes([0x21, 0x11, 0, 12, 1]), id="cut off"),
        pytest.param(SIGNATURE + bytes([0x21, 0x31, 0, 0]), id="an unknown family"),
    ],
)
def test_what_is_no_proxy_header(data: bytes) -> None:
    with pytest.raises(ValueError, match="PROXY"):
        parsed(data)


def test_addresses_of_two_families_make_no_header() -> None:
    with pytest.raises(ValueError, match="family"):
        built(ProxyHeader(source=("192.0.2.1", 1), destination=("2001:db8::2", 2)))
