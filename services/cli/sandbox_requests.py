"""One HTTP request into a sandbox's network, and its response. Used by `elbow sandbox curl`."""

import http.client
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from services.cli.errors import CliError
from services.cli.sandbox_network import SandboxNetwork

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request as the user gave it."""

    url: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    insecure: bool = False
    """Whether the server's certificate is not looked at."""
    client: str | None = None
    """Address of the client that the load balancer is to see."""
    seconds: float = 30.0

    @property
    def parts(self) -> SplitResult:
        """The URL. Raises CliError where it is none of HTTP."""
        parts = urlsplit(self.url if "://" in self.url else f"http://{self.url}")
        if parts.scheme not in _PORTS or not parts.hostname:
            raise CliError(f"{self.url} is no URL of HTTP or HTTPS")
        return parts

    @property
    def place(self) -> tuple[str, int]:
        """Host and port. Raises CliError."""
        parts = self.parts
        try:
            port = parts.port
        except ValueError as error:
            raise CliError(f"{self.url} has no valid port") from error
        return parts.hostname or "", port or _PORTS[parts.scheme]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A response."""

    version: str
    status: int
    reason: str
    headers: Sequence[tuple[str, str]]
    body: bytes


def send(network: SandboxNetwork, wanted: Wanted) -> Received:
    """Sends a request on a connection of its own. Raises CliError where there is no response."""
    host, port = wanted.place
    parts = wanted.parts
    try:
        raw = network.connect(host, port, client=wanted.client, seconds=wanted.seconds)
        if parts.scheme == "https":
            raw = _context(insecure=wanted.insecure).wrap_socket(raw, server_hostname=host)
        with raw:
            connection = http.client.HTTPConnection(host, port, timeout=wanted.seconds)
            connection.sock = raw
            return _exchange(connection, wanted, parts)
    except ssl.SSLCertVerificationError as error:
        raise CliError(
            f"the certificate of {host}:{port} is not trusted ({error.verify_message}); -k takes it"
        ) from error
    except http.client.HTTPException as error:
        raise CliError(f"no response from {host}:{port}: {error or type(error).__name__}") from error
    except OSError as error:
        raise CliError(f"no response from {host}:{port}: {error.strerror or error}") from error


def _exchange(connection: http.client.HTTPConnection, wanted: Wanted, parts: SplitResult) -> Received:
    names = {name.lower() for name, _ in wanted.headers}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.putrequest(wanted.method, target, skip_host="host" in names, skip_accept_encoding=True)
    own = {"User-Agent": "elbow", "Accept": "*/*"}
    if wanted.body is not None:
        own |= {"Content-Length": str(len(wanted.body)), "Content-Type": "application/x-www-form-urlencoded"}
    for name, value in (*((name, value) for name, value in own.items() if name.lower() not in names), *wanted.headers):
        connection.putheader(name, value)
    connection.endheaders(wanted.body)
    response = connection.getresponse()
    return Received(
        version="1.0" if response.version == 10 else "1.1",
        status=response.status,
        reason=response.reason,
        headers=response.getheaders(),
        body=response.read(),
    )


def _context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
