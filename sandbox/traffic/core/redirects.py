"""Redirect and fixed-response actions."""

from __future__ import annotations

import re

from sandbox.traffic.configuration import FixedResponse, Redirect
from sandbox.traffic.core.answers import SERVER, Answer, page
from sandbox.traffic.core.requests import Request

_KEYWORD = re.compile(r"#\{(protocol|host|port|path|query)\}")


def redirected(action: Redirect, request: Request) -> Answer:
    """The answer of a redirect: its parts may repeat those of the request (`#{host}` and so on).

    The port always stands in the address, also the protocol's own.
    """
    own = {
        "protocol": request.scheme.upper(),
        "host": request.host_name,
        "port": str(request.port),
        "path": request.target.partition("?")[0].removeprefix("/"),
        "query": request.query,
    }

    def filled(text: str) -> str:
        return _KEYWORD.sub(lambda found: own[found[1]], text)

    protocol, query = filled(action.protocol).lower(), filled(action.query)
    location = f"{protocol}://{filled(action.host)}:{filled(action.port)}{filled(action.path)}"
    if query:
        location += f"?{query}"
    return Answer(
        status=action.status,
        headers=(("Server", SERVER), ("Content-Type", "text/html"), ("Location", location)),
        body=page(action.status),
        ended_in="redirect action",
    )


def fixed(action: FixedResponse) -> Answer:
    """The answer of a fixed response."""
    body = action.body.encode()
    kind = f"{action.content_type}; charset=utf-8"
    return Answer(
        status=action.status,
        headers=(("Server", SERVER), ("Content-Type", kind)),
        body=body,
        ended_in="fixed-response action",
    )
