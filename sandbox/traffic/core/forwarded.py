"""The request as a target gets it: X-Forwarded headers, Host, trace id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sandbox.traffic.core.requests import HeaderList, Request, without, without_port

_HOP_BY_HOP = (
    "connection",
    "keep-alive",
    "proxy-connection",
    "upgrade",
    "transfer-encoding",
    "content-length",
    "expect",
)
_DEFAULT_PORTS = (80, 443)
_ROOT = re.compile(r"(?:^|;)\s*Root=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """The attributes of a load balancer that say how requests are passed on."""

    mode: str = "append"
    """What becomes of X-Forwarded-For: `append`, `preserve` or `remove`."""
    client_port: bool = False
    """Whether the client's port stands in X-Forwarded-For."""
    keep_host: bool = False
    """Whether the Host header stays exactly as it came."""
    tls_headers: bool = False
    """Whether targets are told version and cipher of the client's TLS."""
    drop_invalid: bool = False
    desync: str = "defensive"

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Self:
        """From the attributes of a load balancer."""
        return cls(
            mode=attributes.get("routing.http.xff_header_processing.mode") or "append",
            client_port=attributes.get("routing.http.xff_client_port.enabled") == "true",
            keep_host=attributes.get("routing.http.preserve_host_header.enabled") == "true",
            tls_headers=attributes.get("routing.http.x_amzn_tls_version_and_cipher_suite.enabled") == "true",
            drop_invalid=attributes.get("routing.http.drop_invalid_header_fields.enabled") == "true",
            desync=attributes.get("routing.http.desync_mitigation_mode") or "defensive",
        )


def forwarded(request: Request, forwarding: Forwarding, *, trace_root: str) -> list[tuple[str, str]]:
    """The headers that a target gets, without those of framing and connection, the Host header first.

    `trace_root` is what this request would be called in X-Amzn-Trace-Id, `1-<time>-<number>`.
    """
    host = _host(request, keep=forwarding.keep_host)
    kept = without(request.headers, (*_HOP_BY_HOP, "host", *_own(forwarding)))
    return [
        ("Host", host),
        *_forwarded_for(request, forwarding),
        ("X-Forwarded-Proto", request.scheme),
        ("X-Forwarded-Port", str(request.port)),
        ("X-Amzn-Trace-Id", trace_id(request.first("x-amzn-trace-id"), trace_root)),
        *kept,
    ]


def _own(forwarding: Forwarding) -> tuple[str, ...]:
    names = ("x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id")
    return names if forwarding.mode == "preserve" else (*names, "x-forwarded-for")


def _forwarded_for(request: Request, forwarding: Forwarding) -> HeaderList:
    if forwarding.mode != "append":
        return []
    peer = request.client
    if forwarding.client_port:
        peer = f"[{peer}]:{request.client_port}" if ":" in peer else f"{peer}:{request.client_port}"
    return [("X-Forwarded-For", ", ".join([*request.all("x-forwarded-for"), peer]))]


def _host(request: Request, *, keep: bool) -> str:
    if keep:
        return request.first("host") or request.host
    name = without_port(request.host)
    port = request.host[len(name) :].removeprefix(":")
    if request.port in _DEFAULT_PORTS:
        return name if port in ("", str(request.port)) else request.host
    return request.host if port else f"{name}:{request.port}"


def trace_id(given: str | None, root: str) -> str:
    """The X-Amzn-Trace-Id of a request: a root where there is none yet, else one's own name put before it."""
    if not given:
        return f"Root={root}"
    others = [field for field in given.split(";") if field.strip() and not field.strip().startswith("Self=")]
    rest = ";".join(others)
    if _ROOT.search(rest):
        return f"Self={root};{rest}"
    return f"Root={root};{rest}" if rest else f"Root={root}"
