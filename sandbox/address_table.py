"""Which loopback socket stands for an address of the VPC or a load balancer's name: two files, one writer each.

The kubelet writes the table of the pods and nodes, the data plane that of the load balancers. Everyone else reads:
health checks, the data plane, `elbow sandbox curl`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_STREAM = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Somewhere that can be dialled in the sandbox's network, as its users know it."""

    host: str
    """Private address of a pod or node, or the DNS name or address of a load balancer."""
    port: int
    protocol: str = _STREAM
    """`tcp` or `udp`."""

    def __str__(self) -> str:
        """The place as a key of the file: `10.0.100.18:80`, `10.0.100.18:53/udp`, `[fd00::1]:80`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        suffix = "" if self.protocol == _STREAM else f"/{self.protocol}"
        return f"{host}:{self.port}{suffix}"


class AddressTable:
    """Reads one of the files, which may not be there yet. A look costs one stat while nothing changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version: tuple[int, int] | None = None
        self._entries: Mapping[str, str] = {}

    def resolve(self, host: str, port: int, protocol: str = _STREAM) -> tuple[str, int] | None:
        """Loopback address and port to dial; None where nothing listens: the connection counts as refused."""
        self._refresh()
        found = self._entries.get(str(Place(host=host.lower(), port=port, protocol=protocol)))
        if found is None:
            return None
        address, _, number = found.rpartition(":")
        return address, int(number)

    def entries(self) -> Mapping[str, str]:
        """The whole table as it is now, for people to look at."""
        self._refresh()
        return self._entries

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            version = (stat.st_mtime_ns, stat.st_ino)
            if version == self._version:
                return
            self._entries = json.loads(self._path.read_text())
        except FileNotFoundError:
            self._entries, self._version = {}, None
        else:
            # Read after the stat, so what was read is at least as new: a change in between is found at the next look.
            self._version = version


def write_table(path: Path, entries: Mapping[Place, tuple[str, int]]) -> None:
    """Replace the file, so that a reader finds it whole; only one process may write a file."""
    lines = {str(place).lower(): f"{address}:{port}" for place, (address, port) in sorted(entries.items())}
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(lines, indent=0) + "\n")
    draft.replace(path)
