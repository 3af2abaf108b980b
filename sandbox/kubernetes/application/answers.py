"""What the echo server answers: who it is, what it was asked, and through whom the question came."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.kubernetes.application.proxy_protocol import Header

POD_HEADER = "X-Pod"
"""Every answer carries the pod's name, also those without a body."""
_SHOWN = 4096
"""Bytes of a request's body that an answer repeats."""
_PLAIN = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose containers these are."""

    pod: str
    namespace: str
    node: str
    address: str

    def as_json(self) -> dict[str, str]:
        return {"pod": self.pod, "namespace": self.namespace, "node": self.node, "address": self.address}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How a connection came."""

    port: int
    """The port of the pod, not that of the loopback socket."""
    tls: bool = False
    proxied: Header | None = None


async def echo(request: web.BaseRequest, identity: Identity, arrival: Arrival) -> web.Response:
    """Answer with what was seen: JSON, or lines of text for those who ask for text/plain only."""
    size, beginning = await _body(request)
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    seen: dict[str, Any] = {
        **identity.as_json(),
        "port": arrival.port,
        "client": peer[0] if peer else "",
        "protocol": f"HTTP/{request.version.major}.{request.version.minor}",
        "tls": arrival.tls,
        "method": request.method,
        "path": request.raw_path.partition("?")[0],
        "query": request.raw_path.partition("?")[2],
        "headers": [[name, value] for name, value in request.headers.items()],
        "body": {"bytes": size, "beginning": beginning.decode(errors="replace")},
        "proxyProtocol": proxied_as_json(arrival.proxied),
    }
    headers = {POD_HEADER: identity.pod}
    accepted = request.headers.get("Accept", "")
    if _PLAIN in accepted and "json" not in accepted:
        return web.Response(text=_as_text(seen), headers=headers)
    return web.Response(text=json.dumps(seen) + "\n", content_type="application/json", headers=headers)


def proxied_as_json(header: Header | None) -> dict[str, Any] | None:
    """What proxy protocol said, in an answer."""
    if header is None:
        return None
    if header.local or header.source is None or header.destination is None:
        return {"version": 2, "command": "LOCAL" if header.local else "PROXY"}
    return {
        "version": 2,
        "command": "PROXY",
        "protocol": header.protocol,
        "source": {"address": header.source[0], "port": header.source[1]},
        "destination": {"address": header.destination[0], "port": header.destination[1]},
        "vpcEndpoint": header.vpc_endpoint,
    }


async def _body(request: web.BaseRequest) -> tuple[int, bytes]:
    """Read the body to its end, of any size; how long it was and how it began."""
    size, beginning = 0, b""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    async for chunk in request.content.iter_any():
        size += len(chunk)
        beginning += chunk[: _SHOWN - len(beginning)]
    return size, beginning


def _as_text(seen: dict[str, Any]) -> str:
    lines = [f"{name}: {seen[name]}" for name in ("pod", "namespace", "node", "address", "port", "client")]
    query = f"?{seen['query']}" if seen["query"] else ""
    lines += ["", f"{seen['method']} {seen['path']}{query} {seen['protocol']}"]
    lines += [f"{name}: {value}" for name, value in seen["headers"]]
    if seen["proxyProtocol"] is not None:
        lines += ["", f"proxy protocol: {json.dumps(seen['proxyProtocol'])}"]
    return "\n".join(lines) + "\n"
