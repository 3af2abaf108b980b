"""What a pod's annotations, its ports and a proxy's announcement mean."""

import struct
from typing import Any

import pytest

from sandbox.kubernetes.application import Options, Port, ports_of, read_options
from sandbox.kubernetes.application.options import Answer, Fault, OnSigterm
from sandbox.kubernetes.application.proxy_protocol import SIGNATURE, Absence, Header, read_header
from sandbox.kubernetes.client import Object

SOURCE, DESTINATION = bytes([9, 9, 9, 9]), bytes([10, 0, 0, 1])
TCP4 = SOURCE + DESTINATION + struct.pack("!HH", 4711, 80)


def header(body: bytes, *, command: int = 0x21, family: int = 0x11) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


def tcp4(size: int, **other: Any) -> Header:
    return Header(
        size=size, local=False, protocol="tcp", source=("9.9.9.9", 4711), destination=("10.0.0.1", 80), **other
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            "ports",
            "9000, 9001/udp",
            Options(ports=frozenset({Port(number=9000), Port(number=9001, protocol="UDP")})),
            id="ports of both protocols",
        ),
        pytest.param(
            "tls-ports",
            "443",
            Options(tls_ports=frozenset({443}), ports=frozenset({Port(number=443)})),
            id="a port with TLS is a port",
        ),
        pytest.param("start-seconds", "2.5", Options(start_seconds=2.5), id="a time"),
        pytest.param("on-sigterm", "finish", Options(on_sigterm=OnSigterm.FINISH), id="a way to end"),
        pytest.param("keep-alive-seconds", "5", Options(keep_alive_seconds=5), id="a time for idle connections"),
        pytest.param("crash-after-seconds", "0", Options(crash_after_seconds=0), id="an end at once"),
        pytest.param("latency-seconds", "0.2", Options(fault=Fault(latency_seconds=0.2)), id="slow answers"),
        pytest.param("answer", "503", Options(fault=Fault(answer=503)), id="a status"),
        pytest.param("answer", "hang", Options(fault=Fault(answer=Answer.HANG)), id="no answer"),
        pytest.param("answer-paths", "/a/*,/b", Options(fault=Fault(paths=("/a/*", "/b"))), id="paths"),
        pytest.param("answer-share", "12.5%", Options(fault=Fault(share=0.125)), id="a share"),
    ],
)
def test_annotations(name: str, text: str, expected: Options) -> None:
    assert read_options({f"sandbox.elbow/{name}": text, "other": "x"}) == (expected, [])


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        pytest.param("ports", "80,x", "a list of ports such as 9000,9001/udp", id="a port that is none"),
        pytest.param("ports", "", "a list of ports such as 9000,9001/udp", id="no port at all"),
        pytest.param("tls-ports", "443/udp", "a list of ports such as 443,8443", id="TLS on datagrams"),
        pytest.param("start-seconds", "-1", "a number of seconds such as 1.5", id="a negative time"),
        pytest.param("on-sigterm", "die", "exit, finish or serve", id="an unknown way to end"),
        pytest.param("answer", "700", "ok, hang, reset or an HTTP status from 200 to 599", id="an unknown status"),
        pytest.param("answer-paths", "api", "a list of paths such as /api/*,/health", id="a path without a slash"),
        pytest.param("answer-share", "120%", "a share such as 10%", id="more than all"),
    ],
)
def test_bad_annotations_count_as_absent(name: str, text: str, problem: str) -> None:
    expected = f"sandbox.elbow/{name} is {text!r}, which is not {problem}"
    assert read_options({f"sandbox.elbow/{name}": text}) == (Options(), [expected])


def test_an_unknown_annotation_is_told() -> None:
    expected = ["sandbox.elbow/latency is not an annotation that the sandbox knows"]
    assert read_options({"sandbox.elbow/latency": "1"}) == (Options(), expected)


@pytest.mark.parametrize(
    ("fault", "path", "chance", "expected"),
    [
        pytest.param(Fault(), "/a", 0.99, True, id="every request by default"),
        pytest.param(Fault(paths=("/api/*",)), "/api/cart", 0.5, True, id="one of its paths"),
        pytest.param(Fault(paths=("/api/*",)), "/health", 0.5, False, id="not another path"),
        pytest.param(Fault(share=0.1), "/a", 0.05, True, id="one of its share"),
        pytest.param(Fault(share=0.1), "/a", 0.1, False, id="not one of the rest"),
    ],
)
def test_which_requests_a_fault_concerns(fault: Fault, path: str, chance: float, expected: bool) -> None:
    assert fault.concerns(path, chance) is expected


def service(*ports: Object) -> Object:
    return {"spec": {"ports": list(ports)}}


@pytest.mark.parametrize(
    ("container", "first", "expected"),
    [
        pytest.param({"ports": [{"containerPort": 80}]}, False, {80}, id="those that it declares"),
        pytest.param({"ports": [{"containerPort": 80, "protocol": "SCTP"}]}, False, set(), id="not for SCTP"),
        pytest.param({"readinessProbe": {"httpGet": {"port": 81}}}, False, {81}, id="those of its probes"),
        pytest.param(
            {"ports": [{"name": "a", "containerPort": 80}], "livenessProbe": {"tcpSocket": {"port": "a"}}},
            False,
            {80},
            id="by name too",
        ),
        pytest.param({"lifecycle": {"preStop": {"httpGet": {"port": 82}}}}, False, {82}, id="those of its hooks"),
        pytest.param(
            {"readinessProbe": {"httpGet": {"port": 81, "host": "10.0.0.9"}}}, False, set(), id="not those of others"
        ),
        pytest.param({}, False, set(), id="those of Services and annotations not"),
        pytest.param({}, True, {8080, 7000, 9000}, id="unless it is the first"),
    ],
)
def test_ports_of_a_container(container: Object, first: bool, expected: set[int]) -> None:
    services = [service({"port": 80, "targetPort": 8080}, {"port": 7000}, {"port": 1, "targetPort": "named"})]
    found = ports_of(container, first=first, services=services, more=[Port(number=9000)])
    assert {port.number for port in found} == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", Absence.INCOMPLETE, id="nothing yet"),
        pytest.param(b"GET / HTTP/1.1", Absence.NONE, id="a request"),
        pytest.param(SIGNATURE[:5], Absence.INCOMPLETE, id="the beginning of the signature"),
        pytest.param(header(TCP4)[:-1], Absence.INCOMPLETE, id="all but the last byte"),
        pytest.param(header(TCP4) + b"GET", tcp4(28), id="a client's addresses"),
        pytest.param(header(TCP4, command=0x20), Header(size=28, local=True), id="the proxy's own connection"),
        pytest.param(header(TCP4, command=0x11), Absence.MALFORMED, id="another version"),
        pytest.param(header(TCP4[:4]), Absence.MALFORMED, id="addresses that are too short"),
        pytest.param(header(b"", family=0), Header(size=16, local=False), id="no addresses"),
        pytest.param(
            header(TCP4 + b"\x04\x00\x01\x00" + b"\xea\x00\x09\x01vpce-123"),
            tcp4(28 + 4 + 12, vpc_endpoint="vpce-123"),
            id="the VPC endpoint among further fields",
        ),
        pytest.param(header(TCP4 + b"\xea\xff\xff\x01vpce"), tcp4(28 + 8, vpc_endpoint="vpce"), id="a field cut short"),
    ],
)
def test_headers(data: bytes, expected: Header | Absence) -> None:
    assert read_header(data) == expected
