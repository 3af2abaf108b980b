"""Who may serve in plain text, and what is said of TLS files that do not fit."""

import re
from pathlib import Path

import pytest

from services.runtime.errors import StartError
from services.runtime.settings import ServerSettings, TlsSettings
from services.runtime.tls import channel_credentials, is_loopback, server_credentials
from tests.contract.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("127.0.0.1:0", True, id="IPv4 loopback"),
        pytest.param("127.8.9.1:80", True, id="all of 127.0.0.0/8"),
        pytest.param("[::1]:80", True, id="IPv6 loopback"),
        pytest.param("localhost:80", True, id="localhost"),
        pytest.param("unix:/run/elbow.sock", True, id="a unix socket"),
        pytest.param("0.0.0.0:80", False, id="all IPv4 addresses"),
        pytest.param("[::]:80", False, id="all IPv6 addresses"),
        pytest.param(":80", False, id="no host"),
        pytest.param("10.0.0.1:80", False, id="a private address"),
        pytest.param("planner:80", False, id="a name, wherever it resolves"),
    ],
)
def test_what_counts_as_loopback(address: str, *, expected: bool) -> None:
    assert is_loopback(address) is expected


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(ServerSettings(listen="127.0.0.1:0"), id="on loopback"),
        pytest.param(ServerSettings(listen="0.0.0.0:7000", insecure_listen=True), id="elsewhere when told so"),
    ],
)
def test_plain_text_is_served(settings: ServerSettings) -> None:
    assert server_credentials(settings) is None


def test_plain_text_is_refused_on_an_address_that_others_reach() -> None:
    with pytest.raises(StartError) as caught:
        server_credentials(ServerSettings(listen="0.0.0.0:7000"))
    assert str(caught.value) == (
        "--listen 0.0.0.0:7000 is reachable from other machines and no TLS files are given: "
        "give --tls-cert, --tls-key and --tls-ca, or say --insecure-listen to serve it to anyone"
    )


@pytest.mark.parametrize(
    ("tls", "lacking"),
    [
        pytest.param(TlsSettings(cert=Path("c")), "--tls-key and --tls-ca", id="certificate alone"),
        pytest.param(TlsSettings(cert=Path("c"), key=Path("k")), "--tls-ca", id="no authority"),
        pytest.param(TlsSettings(ca=Path("a")), "--tls-cert and --tls-key", id="authority alone"),
    ],
)
def test_half_given_files_are_named_even_on_loopback(tls: TlsSettings, lacking: str) -> None:
    message = f"TLS needs a certificate, its key and an authority: {lacking} missing"
    for use in (lambda: server_credentials(ServerSettings(tls=tls)), lambda: channel_credentials(tls)):
        with pytest.raises(StartError, match=f"^{re.escape(message)}$"):
            use()


def test_no_files_give_no_channel_credentials() -> None:
    assert channel_credentials(TlsSettings()) is None


def test_a_file_that_is_not_there_is_named(authority: Authority, tmp_path: Path) -> None:
    tls = authority.issue("planner").model_copy(update={"ca": tmp_path / "none.pem"})
    with pytest.raises(StartError, match=rf"^--tls-ca {tmp_path}/none.pem cannot be read: No such file or directory$"):
        channel_credentials(tls)


def test_a_key_of_another_certificate_is_named(authority: Authority) -> None:
    planner, watcher = authority.issue("planner"), authority.issue("watcher")
    mixed = planner.model_copy(update={"key": watcher.key})
    with pytest.raises(StartError, match="are not a PEM certificate and its key: KEY_VALUES_MISMATCH"):
        server_credentials(ServerSettings(tls=mixed))


def test_an_authority_that_is_no_certificate_is_named(authority: Authority) -> None:
    planner = authority.issue("planner")
    with pytest.raises(StartError, match=rf"^--tls-ca {planner.key} holds no PEM certificate: "):
        channel_credentials(planner.model_copy(update={"ca": planner.key}))
