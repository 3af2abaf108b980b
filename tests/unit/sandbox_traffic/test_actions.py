"""Redirects, fixed answers, authentication and transforms."""

import re
from typing import Any

import pytest

from sandbox.traffic.configuration import (
    Authenticate,
    FixedResponse,
    Redirect,
    Transform,
    Unauthenticated,
    ValidateToken,
)
from sandbox.traffic.core.authentication import unauthenticated
from sandbox.traffic.core.redirects import fixed, redirected
from sandbox.traffic.core.tokens import without_token
from sandbox.traffic.core.transforms import transformed
from tests.unit.sandbox_traffic.test_conditions import request


@pytest.mark.parametrize(
    ("parts", "location"),
    [
        pytest.param({"protocol": "HTTPS", "port": "443"}, "https://www.example.com:443/a/b?c=d", id="to HTTPS"),
        pytest.param({"host": "new.#{host}"}, "http://new.www.example.com:80/a/b?c=d", id="to a host made of the old"),
        pytest.param({"path": "/v2/#{path}"}, "http://www.example.com:80/v2/a/b?c=d", id="to a path made of the old"),
        pytest.param({"query": "#{query}&e=f"}, "http://www.example.com:80/a/b?c=d&e=f", id="to a longer query"),
        pytest.param({"path": "/", "query": ""}, "http://www.example.com:80/", id="to no query"),
        pytest.param({"path": "/#{port}/#{protocol}"}, "http://www.example.com:80/80/HTTP?c=d", id="all keywords"),
    ],
)
def test_redirects(parts: dict[str, Any], location: str) -> None:
    answer = redirected(Redirect(status=301, **parts), request("/a/b?c=d"))
    assert (answer.status, dict(answer.headers)["Location"]) == (301, location)


def test_a_fixed_response_says_what_it_is_told() -> None:
    answer = fixed(FixedResponse(status=418, content_type="application/json", body='{"a": 1}'))
    assert (answer.status, answer.body) == (418, b'{"a": 1}')
    assert dict(answer.headers)["Content-Type"].startswith("application/json")


def authenticate(on: Unauthenticated) -> Authenticate:
    return Authenticate(
        authorization_endpoint="https://login.example.com/authorize",
        client_id="me",
        on_unauthenticated=on,
        extra={"prompt": "login"},
    )


def test_a_request_without_session_is_sent_to_the_provider() -> None:
    answer = unauthenticated(authenticate(Unauthenticated.AUTHENTICATE), request("/a"), state="xyz")
    assert answer is not None
    assert (answer.status, dict(answer.headers)["Location"]) == (
        302,
        "https://login.example.com/authorize?client_id=me&redirect_uri=https%3A%2F%2Fwww.example.com%2Foauth2%2F"
        "idpresponse&response_type=code&scope=openid&state=xyz&prompt=login",
    )


@pytest.mark.parametrize(
    ("on", "target", "status"),
    [
        pytest.param(Unauthenticated.DENY, "/", 401, id="it is refused"),
        pytest.param(Unauthenticated.ALLOW, "/", None, id="it goes on"),
        pytest.param(Unauthenticated.ALLOW, "/oauth2/idpresponse?code=1", 500, id="the provider's way back ends here"),
    ],
)
def test_a_request_without_session(on: Unauthenticated, target: str, status: int | None) -> None:
    answer = unauthenticated(authenticate(on), request(target), state="xyz")
    assert (answer and answer.status) == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param(None, 401, id="no token"),
        pytest.param("Basic abc", 401, id="another scheme"),
        pytest.param("Bearer nonsense", 401, id="not three parts"),
        pytest.param("Bearer e30.e30.abc", 500, id="a token that cannot be checked"),
    ],
)
def test_tokens(header: str | None, status: int) -> None:
    action = ValidateToken(jwks_endpoint="https://keys.example.com", issuer="https://example.com")
    headers = [] if header is None else [("Authorization", header)]
    assert without_token(action, request(headers=headers)).status == status


def url(pattern: str, replacement: str) -> Transform:
    return Transform(of_host=False, pattern=re.compile(pattern), replacement=replacement)


@pytest.mark.parametrize(
    ("transform", "target", "host"),
    [
        pytest.param(url("^/api/(.*)$", "/$1"), "/v1/x?y=z", "www.example.com", id="a prefix is taken away"),
        pytest.param(url("^/other", "/new"), "/api/v1/x?y=z", "www.example.com", id="nothing matches"),
        pytest.param(
            url("y=(.)", "q=$1&r=$2"), "/api/v1/x?q=z&r=", "www.example.com", id="the query, a group too many"
        ),
        pytest.param(
            Transform(of_host=True, pattern=re.compile(r"^www\.(.+)$"), replacement="internal.$1"),
            "/api/v1/x?y=z",
            "internal.example.com",
            id="the host",
        ),
    ],
)
def test_transforms(transform: Transform, target: str, host: str) -> None:
    sent = transformed([transform], request("/api/v1/x?y=z"))
    assert sent is not None
    assert (sent.target, sent.host) == (target, host)


def test_a_transform_that_comes_to_no_path_fails() -> None:
    assert transformed([url("^/.*$", "nowhere")], request("/a")) is None
