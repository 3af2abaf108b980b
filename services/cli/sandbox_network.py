"""The network of a sandbox as its files tell it: which loopback socket stands for a load balancer or a pod.

Used by `elbow sandbox curl` and `elbow sandbox addresses`.
"""

import ipaddress
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.errors import CliError
from services.cli.sandbox_process import SandboxFolder

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_ASKED_PLACE = 0xE1
"""Field of the PROXY protocol in which the data plane's door is told the load balancer that is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxNetwork:
    """The tables of the sandbox in a folder."""

    folder: SandboxFolder

    def load_balancers(self) -> Mapping[str, str]:
        """Sockets by name or address and port of load balancers."""
        return _table(self.folder.path / "load-balancers.json")

    def pods(self) -> Mapping[str, str]:
        """Sockets by address and port of pods and nodes."""
        return _table(self.folder.path / "pods.json")

    def resolve(self, host: str, port: int) -> tuple[str, int]:
        """The socket of a load balancer, pod or node. Raises CliError where nothing listens there."""
        key = _key(host, port)
        found = self.load_balancers().get(key) or self.pods().get(key)
        if found is None:
            raise CliError(
                f"nothing listens at {key} in the sandbox of {self.folder.path}; "
                "`elbow sandbox addresses` lists what there is"
            )
        address, _, number = found.rpartition(":")
        return address, int(number)

    def connect(self, host: str, port: int, *, client: str | None, seconds: float) -> socket.socket:
        """A connection to a load balancer, pod or node; to a load balancer as the client of that address, where given.

        Raises CliError and OSError.
        """
        if client is None:
            return socket.create_connection(self.resolve(host, port), timeout=seconds)
        key = _key(host, port)
        if key not in self.load_balancers():
            raise CliError(f"only a load balancer takes connections for another client, and {key} is none")
        connection = socket.create_connection(self._door(), timeout=seconds)
        connection.sendall(_claim(client, connection.getsockname()[1], key))
        return connection

    def _door(self) -> tuple[str, int]:
        try:
            address, _, port = json.loads((self.folder.path / "traffic.json").read_text())["door"].rpartition(":")
        except (OSError, ValueError, KeyError) as error:
            raise CliError(f"no load balancer of {self.folder.path} carries traffic") from error
        return address, int(port)


def _key(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"


def _table(path: Path) -> Mapping[str, str]:
    try:
        entries: Mapping[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CliError(f"{path} cannot be read: {error}") from error
    return entries


def _claim(client: str, port: int, key: str) -> bytes:
    """A header of the PROXY protocol, version 2, that says for whom and where the connection is."""
    address = ipaddress.ip_address(client)
    place = key.encode()
    field = struct.pack("!BH", _ASKED_PLACE, len(place)) + place
    body = address.packed * 2 + struct.pack("!HH", port, 0) + field
    return _SIGNATURE + struct.pack("!BBH", 0x21, 0x11 if address.version == 4 else 0x21, len(body)) + body
