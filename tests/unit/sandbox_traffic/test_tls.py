"""TLS of application load balancers: which certificate a client sees, and what the target is told."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sandbox_traffic.certificates import of_listener, pair
from tests.unit.sandbox_traffic.snapshots import balancer, forward, group, listener, rule, snapshot, target
from tests.unit.sandbox_traffic.stage import echo, receive, staged

POD = "10.0.100.18"
TLS_HEADERS = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"


def secure(**further: Any) -> dict[str, Any]:
    """An HTTPS listener with two certificates, in front of one pod."""
    certificates = [of_listener("*.example.com"), of_listener("default.test", default=True)]
    made = listener(rule(forward("pods")), port=443, protocol="HTTPS", certificates=certificates, **further)
    return snapshot(balancer(made, attributes={TLS_HEADERS: "true"}), pods=group(target(POD)))


def trusting(*certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata="".join(certificates))


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        pytest.param("www.example.com", "*.example.com", id="a name that a certificate covers"),
        pytest.param("default.test", "default.test", id="the name of the default certificate"),
        pytest.param("other.test", "default.test", id="a name that none covers"),
    ],
)
async def test_a_client_sees_the_certificate_for_the_name_it_asks_for(asked: str, seen: str) -> None:
    context = trusting(pair(seen)[0])
    context.check_hostname = False
    async with staged(secure()) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial(443, ssl=context, server_hostname=asked)
        writer.write(f"GET / HTTP/1.1\r\nHost: {asked}\r\n\r\n".encode())
        lines = (await receive(reader)).body.decode().split("\n")
    assert {"X-Forwarded-Proto: https", "X-Forwarded-Port: 443"} < set(lines)
    assert any(line.startswith("X-Amzn-Tls-Version: TLSv1.") for line in lines)


async def test_plain_http_at_a_tls_listener_gets_no_answer() -> None:
    async with staged(secure()) as stage:
        reader, writer = await stage.dial(443)
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        try:
            answered = await reader.read(100)
        except ConnectionError:
            answered = b""
    assert not answered.startswith(b"HTTP")


async def test_a_client_certificate_is_verified_and_told_to_the_target(tmp_path: Path) -> None:
    chain, key = pair("client.test")
    both = tmp_path / "client.pem"
    both.write_text(chain + key)
    context = trusting(pair("default.test")[0])
    context.load_cert_chain(both)
    verify = {"Mode": "verify", "certificateAuthorities": chain}
    async with staged(secure(mutualAuthentication=verify)) as stage:
        await stage.serve(POD, echo())
        reader, writer = await stage.dial(443, ssl=context, server_hostname="default.test")
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\nX-Amzn-Mtls-Clientcert-Subject: CN=fake\r\n\r\n")
        lines = (await receive(reader)).body.decode().split("\n")
    subjects = [line for line in lines if line.startswith("X-Amzn-Mtls-Clientcert-Subject")]
    assert subjects == ["X-Amzn-Mtls-Clientcert-Subject: CN=client.test"]
    assert "X-Amzn-Mtls-Clientcert-Serial-Number: ABC" in lines


async def test_a_client_without_certificate_is_turned_away() -> None:
    verify = {"Mode": "verify", "certificateAuthorities": pair("client.test")[0]}
    async with staged(secure(mutualAuthentication=verify)) as stage:
        context = trusting(pair("default.test")[0])
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):  # noqa: PT012 - TLS 1.3 tells it at the first read
            reader, writer = await stage.dial(443, ssl=context, server_hostname="default.test")
            writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
            await reader.readexactly(1)
