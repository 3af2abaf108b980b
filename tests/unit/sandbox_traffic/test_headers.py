"""Headers on their way to targets and back, and requests whose heads go no further."""

from dataclasses import replace

import pytest

from sandbox.traffic.core.forwarded import Forwarding, forwarded, trace_id
from sandbox.traffic.core.request_checks import Ambiguity, ambiguity, blocked, closes_after, only_valid
from sandbox.traffic.core.response_headers import returned
from tests.unit.sandbox_traffic.test_conditions import request

XFF = "routing.http.xff_header_processing.mode"


@pytest.mark.parametrize(
    ("attributes", "before", "after"),
    [
        pytest.param({}, None, "203.0.113.7", id="append to nothing"),
        pytest.param({}, "10.0.0.1", "10.0.0.1, 203.0.113.7", id="append to what is there"),
        pytest.param({XFF: "preserve"}, "10.0.0.1", "10.0.0.1", id="preserve what is there"),
        pytest.param({XFF: "preserve"}, None, None, id="preserve nothing"),
        pytest.param({XFF: "remove"}, "10.0.0.1", None, id="remove what is there"),
        pytest.param(
            {"routing.http.xff_client_port.enabled": "true"}, None, "203.0.113.7:40000", id="append with the port"
        ),
        pytest.param(
            {XFF: "remove", "routing.http.xff_client_port.enabled": "true"},
            None,
            None,
            id="the port alone adds nothing",
        ),
    ],
)
def test_x_forwarded_for(attributes: dict[str, str], before: str | None, after: str | None) -> None:
    came = request(headers=[] if before is None else [("X-Forwarded-For", before)])
    sent = dict(forwarded(came, Forwarding.of(attributes), trace_root="1-2-3"))
    assert sent.get("X-Forwarded-For") == after
    assert (sent["X-Forwarded-Proto"], sent["X-Forwarded-Port"]) == ("http", "80")


def test_what_a_client_says_of_protocol_and_port_is_replaced_and_its_connection_is_its_own() -> None:
    came = request(headers=[("X-Forwarded-Proto", "https"), ("Connection", "close"), ("Upgrade", "h2c"), ("X-A", "b")])
    sent = forwarded(came, Forwarding(), trace_root="1-2-3")
    assert sent == [
        ("Host", "www.example.com"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "80"),
        ("X-Amzn-Trace-Id", "Root=1-2-3"),
        ("X-A", "b"),
    ]


@pytest.mark.parametrize(
    ("port", "host", "sent"),
    [
        pytest.param(80, "web.test", "web.test", id="a default port is not said"),
        pytest.param(80, "web.test:80", "web.test", id="a default port is taken away"),
        pytest.param(8080, "web.test", "web.test:8080", id="another port is added"),
        pytest.param(8080, "web.test:8080", "web.test:8080", id="another port is there already"),
    ],
)
def test_the_host_header(port: int, host: str, sent: str) -> None:

    came = replace(request(host=host), port=port)
    assert dict(forwarded(came, Forwarding(), trace_root=""))["Host"] == sent


def test_the_host_header_is_kept_as_it_came_where_that_is_asked_for() -> None:
    came = request(host="web.test:80", headers=[("Host", "Web.test:80")])
    assert dict(forwarded(came, Forwarding(keep_host=True), trace_root=""))["Host"] == "Web.test:80"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, "Root=1-a-b", id="none yet"),
        pytest.param("Root=1-x-y", "Self=1-a-b;Root=1-x-y", id="a root"),
        pytest.param("Self=1-o-p;Root=1-x-y;Q=1", "Self=1-a-b;Root=1-x-y;Q=1", id="an older self"),
        pytest.param("Q=1", "Root=1-a-b;Q=1", id="no root"),
    ],
)
def test_trace_ids(given: str | None, expected: str) -> None:
    assert trace_id(given, "1-a-b") == expected


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        pytest.param([("Content-Length", "3")], Ambiguity.COMPLIANT, id="one length"),
        pytest.param([("Content-Length", "+3")], Ambiguity.SEVERE, id="a length that is none"),
        pytest.param([("Content-Length", "3"), ("Content-Length", "4")], Ambiguity.SEVERE, id="two lengths"),
        pytest.param([("Content-Length", "3"), ("Content-Length", "3")], Ambiguity.ACCEPTABLE, id="a length twice"),
        pytest.param(
            [("Content-Length", "3"), ("Transfer-Encoding", "chunked")], Ambiguity.AMBIGUOUS, id="length and chunks"
        ),
        pytest.param([("Content_Length", "3")], Ambiguity.AMBIGUOUS, id="a name that some read as a length"),
    ],
)
def test_desync_classes(headers: list[tuple[str, str]], found: Ambiguity) -> None:
    assert ambiguity(headers) is found


@pytest.mark.parametrize(
    ("mode", "blocked_", "closing"),
    [
        pytest.param("monitor", [], [], id="monitor lets everything through"),
        pytest.param(
            "defensive", [Ambiguity.SEVERE], [Ambiguity.AMBIGUOUS, Ambiguity.SEVERE], id="defensive blocks the severe"
        ),
        pytest.param(
            "strictest",
            [Ambiguity.ACCEPTABLE, Ambiguity.AMBIGUOUS, Ambiguity.SEVERE],
            [Ambiguity.AMBIGUOUS, Ambiguity.SEVERE],
            id="strictest lets only the compliant through",
        ),
    ],
)
def test_desync_modes(mode: str, blocked_: list[Ambiguity], closing: list[Ambiguity]) -> None:
    assert [found for found in Ambiguity if blocked(found, mode)] == blocked_
    assert [found for found in Ambiguity if closes_after(found, mode)] == closing


def test_headers_of_invalid_names_can_be_dropped() -> None:
    assert only_valid([("X-Good-1", "a"), ("x_bad", "b"), ("x.bad", "c")]) == [("X-Good-1", "a")]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({}, [("Server", "app"), ("X-Frame-Options", "DENY")], id="as the target said"),
        pytest.param({"routing.http.response.server.enabled": "false"}, [("X-Frame-Options", "DENY")], id="no server"),
        pytest.param(
            {"routing.http.response.x_frame_options.header_value": "SAMEORIGIN"},
            [("Server", "app"), ("X-Frame-Options", "SAMEORIGIN")],
            id="a header of the listener's own",
        ),
    ],
)
def test_headers_of_responses(attributes: dict[str, str], expected: list[tuple[str, str]]) -> None:
    came = [("Server", "app"), ("Connection", "close"), ("Content-Length", "3"), ("X-Frame-Options", "DENY")]
    assert returned(came, attributes) == expected
