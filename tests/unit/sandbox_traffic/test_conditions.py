"""Which rule a request meets."""

from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.traffic.core.conditions import matching
from sandbox.traffic.core.requests import Request, normalised
from sandbox.traffic.decoding import configuration
from tests.unit.sandbox_traffic.snapshots import balancer, forward, listener, rule, snapshot


def request(
    target: str = "/",
    *,
    host: str = "www.example.com",
    method: str = "GET",
    client: str = "203.0.113.7",
    headers: Sequence[tuple[str, str]] = (),
) -> Request:
    return Request(
        method=method,
        target=target,
        host=host,
        headers=headers,
        client=client,
        client_port=40000,
        scheme="http",
        port=80,
    )


def meets(request_: Request, *conditions: dict[str, Any]) -> bool:
    """Whether a request meets a rule of these conditions, rather than the default rule."""
    special = rule(forward("special"), priority=1, conditions=list(conditions))
    made, problems = configuration(snapshot(balancer(listener(rule(forward("others")), special))))
    assert problems == []
    found = matching(made.load_balancers[0].listeners[0].rules, request_)
    return found is not None and found.priority == 1


def host(*values: str, regex: Sequence[str] = ()) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values), "RegexValues": list(regex)}}


def path(*values: str, regex: Sequence[str] = ()) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values), "RegexValues": list(regex)}}


def header(name: str, *values: str, regex: Sequence[str] = ()) -> dict[str, Any]:
    config = {"HttpHeaderName": name, "Values": list(values), "RegexValues": list(regex)}
    return {"Field": "http-header", "HttpHeaderConfig": config}


def query(*pairs: tuple[str | None, str]) -> dict[str, Any]:
    values = [{"Value": value} if key is None else {"Key": key, "Value": value} for key, value in pairs]
    return {"Field": "query-string", "QueryStringConfig": {"Values": values}}


def source(*networks: str) -> dict[str, Any]:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(networks)}}


def method(*values: str) -> dict[str, Any]:
    return {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": list(values)}}


@pytest.mark.parametrize(
    ("request_", "condition", "expected"),
    [
        pytest.param(request(host="WWW.example.com"), host("www.Example.com"), True, id="a host in any case"),
        pytest.param(request(host="www.example.com:8080"), host("www.example.com"), True, id="a host without its port"),
        pytest.param(request(host="a.b.example.com"), host("*.example.com"), True, id="a wildcard covers many labels"),
        pytest.param(request(host="example.com"), host("*.example.com"), False, id="a wildcard needs its dot"),
        pytest.param(request(host="ww1.example.com"), host("ww?.example.com"), True, id="one unknown character"),
        pytest.param(
            request(host="a-1.test"), host(regex=["^A-[0-9]+\\.test$"]), True, id="a host by pattern, any case"
        ),
        pytest.param(request("/img/a.png"), path("/img/*"), True, id="a path below"),
        pytest.param(request("/img"), path("/img/*"), False, id="a path that is not below"),
        pytest.param(request("/IMG/a"), path("/img/*"), False, id="a path in another case"),
        pytest.param(request("/img?x=/a"), path("*/a"), False, id="a query is no path"),
        pytest.param(request("/a/../img/x"), path("/img/*"), True, id="a path with dot segments"),
        pytest.param(request("/%69mg/x"), path("/img/*"), True, id="a path with needless escapes"),
        pytest.param(request("/a.b"), path("/a?b"), True, id="one unknown character of a path"),
        pytest.param(request("/axb"), path("/a.b"), False, id="a dot is a dot"),
        pytest.param(request("/api/v12/x"), path(regex=["^/api/v[0-9]+/"]), True, id="a path by pattern"),
        pytest.param(request("/API/v1/"), path(regex=["^/api/v[0-9]+/"]), False, id="a pattern of a path minds case"),
        pytest.param(
            request(headers=[("X-Kind", "Beta-2")]), header("x-kind", "beta-*"), True, id="a header in any case"
        ),
        pytest.param(
            request(headers=[("X-Kind", "a"), ("X-Kind", "b")]),
            header("X-Kind", "b"),
            True,
            id="one of several headers",
        ),
        pytest.param(request(), header("X-Kind", "*"), False, id="a header that is not there"),
        pytest.param(request(headers=[("X-Kind", "a*")]), header("X-Kind", "a\\*"), True, id="a star that is meant"),
        pytest.param(
            request(headers=[("X-Kind", "ab")]), header("X-Kind", "a\\*"), False, id="a star that is meant, only"
        ),
        pytest.param(request(headers=[("X-Kind", "v42")]), header("X-Kind", regex=["v[0-9]+"]), True, id="by pattern"),
        pytest.param(request("/?Version=V1"), query(("version", "v1")), True, id="key and value in any case"),
        pytest.param(request("/?a=1&b=2"), query(("b", "1")), False, id="the value of another key"),
        pytest.param(request("/?a=1&b=2"), query((None, "2")), True, id="a value of any key"),
        pytest.param(request("/?a=1"), query(("a", "2"), ("a", "1")), True, id="one of several pairs"),
        pytest.param(request("/"), query((None, "*")), False, id="no query"),
        pytest.param(request(), source("203.0.113.0/24"), True, id="an address in a network"),
        pytest.param(request(), source("10.0.0.0/8", "2001:db8::/32"), False, id="an address in no network"),
        pytest.param(
            request(headers=[("X-Forwarded-For", "10.1.2.3")]), source("10.0.0.0/8"), False, id="a header is no source"
        ),
        pytest.param(request(method="PUT"), method("PUT", "POST"), True, id="one of the methods"),
        pytest.param(request(method="get"), method("GET"), False, id="a method in another case"),
    ],
)
def test_conditions(request_: Request, condition: dict[str, Any], expected: bool) -> None:
    assert meets(request_, condition) is expected


def test_all_conditions_of_a_rule_must_hold() -> None:
    conditions = (host("www.example.com"), path("/api/*"))
    assert meets(request("/api/x"), *conditions)
    assert not meets(request("/web"), *conditions)


def test_the_lowest_priority_that_holds_wins_whatever_the_order() -> None:
    rules = [
        rule(forward("default")),
        rule(forward("late"), priority=20, conditions=[path("/*")]),
        rule(forward("early"), priority=3, conditions=[path("/a*")]),
    ]
    made, _ = configuration(snapshot(balancer(listener(*rules))))
    found = matching(made.load_balancers[0].listeners[0].rules, request("/abc"))
    assert found is not None
    assert found.priority == 3


def test_old_style_values_of_a_condition_are_understood() -> None:
    assert meets(request("/x"), {"Field": "path-pattern", "Values": ["/x"]})


@pytest.mark.parametrize(
    ("path_", "expected"),
    [
        pytest.param("/a/./b", "/a/b", id="a segment of one dot"),
        pytest.param("/a/../../b", "/b", id="more dots than segments"),
        pytest.param("/a/b/..", "/a/", id="dots at the end"),
        pytest.param("/a%2fb%7E", "/a%2Fb~", id="escapes that are kept and those that are not"),
        pytest.param("/a/.hidden", "/a/.hidden", id="a name that begins with a dot"),
    ],
)
def test_paths_are_normalised(path_: str, expected: str) -> None:
    assert normalised(path_) == expected
