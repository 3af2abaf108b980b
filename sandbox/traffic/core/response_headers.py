"""The response as the client gets it: headers that a listener adds, replaces or takes away."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.traffic.core.requests import HeaderList, without

_HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "upgrade")
_PREFIX = "routing.http.response."
_SUFFIX = ".header_value"
_SERVER = "routing.http.response.server.enabled"
_NAMES = {
    "strict_transport_security": "Strict-Transport-Security",
    "access_control_allow_origin": "Access-Control-Allow-Origin",
    "access_control_allow_methods": "Access-Control-Allow-Methods",
    "access_control_allow_headers": "Access-Control-Allow-Headers",
    "access_control_allow_credentials": "Access-Control-Allow-Credentials",
    "access_control_expose_headers": "Access-Control-Expose-Headers",
    "access_control_max_age": "Access-Control-Max-Age",
    "content_security_policy": "Content-Security-Policy",
    "x_content_type_options": "X-Content-Type-Options",
    "x_frame_options": "X-Frame-Options",
}


def returned(headers: HeaderList, attributes: Mapping[str, str]) -> list[tuple[str, str]]:
    """A response's headers without those of framing and connection, as the listener's attributes want them."""
    wanted = {
        _NAMES[name]: value
        for key, value in attributes.items()
        if value and key.startswith(_PREFIX) and (name := key[len(_PREFIX) :].removesuffix(_SUFFIX)) in _NAMES
    }
    gone = {name.lower() for name in wanted}
    if attributes.get(_SERVER) == "false":
        gone.add("server")
    return [*without(headers, (*_HOP_BY_HOP, *gone)), *wanted.items()]
