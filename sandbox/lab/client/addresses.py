"""Where names of load balancers and addresses of pods are served on this machine."""

from pathlib import Path
from urllib.parse import urlsplit

from sandbox.address_table import AddressTable
from sandbox.lab.client.http import ExchangeError

_PORTS = {"http": 80, "https": 443}


class Addresses:
    """Both tables of one sandbox."""

    def __init__(self, directory: Path) -> None:
        self._tables = [AddressTable(directory / name) for name in ("load-balancers.json", "pods.json")]

    def of(self, host: str, port: int, protocol: str = "tcp") -> tuple[str, int] | None:
        """The loopback socket of a name or address; None where nothing is served."""
        found = (table.resolve(host, port, protocol) for table in self._tables)
        return next((one for one in found if one is not None), None)

    def of_url(self, url: str) -> tuple[str, int]:
        """The loopback socket of a URL. Raises ExchangeError, as nobody listens, where nothing is served."""
        parts = urlsplit(url)
        address = self.of(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        if address is None:
            raise ExchangeError("refused")
        return address
