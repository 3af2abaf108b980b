"""Mutual TLS from files: who may serve in plain text, and what the files must be.

Called by the server and by the channel before they open a socket.
"""

import ipaddress
import ssl
from pathlib import Path

import grpc

from services.runtime.errors import StartError
from services.runtime.settings import ServerSettings, TlsSettings


def server_credentials(settings: ServerSettings) -> grpc.ServerCredentials | None:
    """Credentials that demand a client certificate of the same authority; None for plain text on a loopback
    address.

    Raises StartError when files lack or do not fit, and when plain text would be served on an address that is not
    loopback without `insecure_listen`.
    """
    files = _read(settings.tls)
    if files is not None:
        cert, key, ca = files
        return grpc.ssl_server_credentials([(key, cert)], root_certificates=ca, require_client_auth=True)
    if settings.insecure_listen or is_loopback(settings.listen):
        return None
    raise StartError(
        f"--listen {settings.listen} is reachable from other machines and no TLS files are given: "
        "give --tls-cert, --tls-key and --tls-ca, or say --insecure-listen to serve it to anyone"
    )


def channel_credentials(tls: TlsSettings) -> grpc.ChannelCredentials | None:
    """Credentials that show our certificate and trust the authority in `tls.ca`; None without files.

    Raises StartError when files lack or do not fit.
    """
    files = _read(tls)
    if files is None:
        return None
    cert, key, ca = files
    return grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=cert)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches host:port. A name other than localhost counts as reachable; it may resolve
    anywhere.
    """
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(tls: TlsSettings) -> tuple[bytes, bytes, bytes] | None:
    if tls.cert is None and tls.key is None and tls.ca is None:
        return None
    if tls.cert is None or tls.key is None or tls.ca is None:
        given = {"--tls-cert": tls.cert, "--tls-key": tls.key, "--tls-ca": tls.ca}
        lacking = " and ".join(flag for flag, path in given.items() if path is None)
        raise StartError(f"TLS needs a certificate, its key and an authority: {lacking} missing")
    contents = (
        _content("--tls-cert", tls.cert),
        _content("--tls-key", tls.key),
        _content("--tls-ca", tls.ca),
    )
    _check(tls.cert, tls.key, tls.ca)
    return contents


def _content(flag: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartError(f"{flag} {path} cannot be read: {error.strerror}") from error


def _check(cert: Path, key: Path, ca: Path) -> None:
    """gRPC takes any bytes and fails at the first handshake, far from the mistake; the standard library tells at
    once.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty passphrase keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError as error:
        raise StartError(
            f"--tls-cert {cert} and --tls-key {key} are not a PEM certificate and its key: {error.reason}"
        ) from error
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise StartError(f"--tls-ca {ca} holds no PEM certificate: {error.reason}") from error
