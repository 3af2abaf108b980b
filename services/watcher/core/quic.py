"""QUIC server ids of a pod's ports, from the environment of its containers (targets and readiness, section 2).

Nothing else of a container's environment is read. Used by the projection.
"""

import base64
import binascii
from typing import Any

from services.watcher.core.fields import Fields

_BYTES = 8


def quic_server_ids(spec: Fields, variable: str) -> list[dict[str, Any]]:
    """Ids by container port, sorted by port; port 0 stands for all ports whose container has none. A value that is no
    id counts as absent."""
    containers = [*spec.children("containers"), *spec.children("initContainers")]
    by_container = [(container, _server_id(container, variable)) for container in containers]
    first = next((id_ for _, id_ in by_container if id_), "")
    found = {0: first} if first else {}
    for container, id_ in by_container:
        for port in container.children("ports") if id_ else ():
            found.setdefault(port.number("containerPort"), id_)
    return [{"port": port, "id": id_} for port, id_ in sorted(found.items())]


def _server_id(container: Fields, variable: str) -> str:
    value = next((entry.text("value") for entry in container.children("env") if entry.text("name") == variable), "")
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return f"0x{decoded.hex()}" if len(decoded) == _BYTES else ""
