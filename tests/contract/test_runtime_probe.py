"""The probe against a real server, in plain text and with mutual TLS."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.runtime.probe import problem
from services.runtime.server import Server
from services.runtime.settings import ServerSettings, TlsSettings
from tests.contract.certificates import Authority


def variables(address: str, tls: TlsSettings | None = None) -> Mapping[str, str]:
    given = {"ELBOW_LISTEN": address}
    if tls is None:
        return given
    return {**given, "ELBOW_TLS_CERT": str(tls.cert), "ELBOW_TLS_KEY": str(tls.key), "ELBOW_TLS_CA": str(tls.ca)}


async def test_a_service_that_serves_has_no_problem_until_it_stops() -> None:
    server = Server("watcher", (), ServerSettings())
    environment = variables(await server.start())
    assert await asyncio.to_thread(problem, environment) == ""
    await server.stop(0)
    assert await asyncio.to_thread(problem, environment) != ""


async def test_with_tls_the_services_own_certificate_opens_its_door(tmp_path: Path) -> None:
    tls = Authority(tmp_path).issue("localhost")
    server = Server("executor", (), ServerSettings(tls=tls))
    address = await server.start()
    try:
        assert await asyncio.to_thread(problem, variables(address, tls)) == ""
        assert await asyncio.to_thread(problem, variables(address)) != ""
    finally:
        await server.stop(0)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, "ELBOW_LISTEN names no port", id="no address"),
        pytest.param({"ELBOW_LISTEN": "127.0.0.1:0"}, "ELBOW_LISTEN names no port", id="a port that is not known"),
        pytest.param(
            {"ELBOW_LISTEN": "[::]:8443", "ELBOW_TLS_CERT": "/nowhere/tls.crt", "ELBOW_TLS_KEY": "/nowhere/tls.key"},
            "/nowhere/tls.crt cannot be read: No such file or directory",
            id="a file that is not there",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(environment: Mapping[str, str], expected: str) -> None:
    assert problem(environment) == expected
