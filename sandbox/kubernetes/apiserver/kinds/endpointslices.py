"""EndpointSlice: defaults and validation (discovery.k8s.io/v1)."""

from __future__ import annotations

from ipaddress import ip_address

from sandbox.kubernetes.apiserver.errors import (
    Fault,
    FieldError,
    duplicate,
    immutable,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.names import dns_label, subdomain
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject

_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_VERSIONS = {"IPv4": 4, "IPv6": 6}
MAX_ENDPOINTS = 1000
_MAX_PORTS = 20000
_MAX_ADDRESSES = 100


def _default(piece: JsonObject) -> None:
    for key in ("endpoints", "ports"):
        if not piece.get(key):
            piece[key] = None
    for port in piece["ports"] or []:
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")
    for endpoint in piece["endpoints"] or []:
        endpoint.setdefault("conditions", {})


def _validate(piece: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    kind = piece.get("addressType", "")
    if not kind:
        errors.append(required("addressType"))
    elif kind not in _ADDRESS_TYPES:
        errors.append(unsupported("addressType", kind, _ADDRESS_TYPES))
    errors += _port_errors(piece["ports"] or [])
    endpoints = piece["endpoints"] or []
    if len(endpoints) > MAX_ENDPOINTS:
        errors.append(_too_many("endpoints", len(endpoints), MAX_ENDPOINTS))
    for at, endpoint in enumerate(endpoints[:MAX_ENDPOINTS]):
        errors += _endpoint_errors(endpoint, kind, f"endpoints[{at}]")
    return errors


def _too_many(field: str, found: int, limit: int) -> FieldError:
    return FieldError(fault=Fault.TOO_MANY, field=field, detail=f"{found}: must have at most {limit} items")


def _endpoint_errors(endpoint: JsonObject, kind: str, field: str) -> list[FieldError]:
    addresses = endpoint.get("addresses") or []
    if not addresses:
        return [required(f"{field}.addresses", "must contain at least 1 address")]
    if len(addresses) > _MAX_ADDRESSES:
        return [_too_many(f"{field}.addresses", len(addresses), _MAX_ADDRESSES)]
    errors: list[FieldError] = []
    for at, address in enumerate(addresses):
        errors += _address_errors(address, kind, f"{field}.addresses[{at}]")
    node = endpoint.get("nodeName")
    if node is not None:
        errors += [invalid_value(f"{field}.nodeName", node, text) for text in subdomain(node)]
    return errors


def _address_errors(address: str, kind: str, field: str) -> list[FieldError]:
    if kind == "FQDN":
        return [invalid_value(field, address, text) for text in subdomain(address)]
    if kind not in _VERSIONS:
        return []
    try:
        parsed = ip_address(address)
    except ValueError:
        return [invalid_value(field, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    if parsed.version != _VERSIONS[kind]:
        return [invalid_value(field.rpartition("[")[0], address, f"must be an {kind} address")]
    if parsed.is_unspecified:
        return [invalid_value(field, address, f"may not be unspecified ({address})")]
    if parsed.is_loopback:
        return [invalid_value(field, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)")]
    if parsed.is_link_local:
        return [invalid_value(field, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")]
    return []


def _port_errors(ports: list[JsonObject]) -> list[FieldError]:
    if len(ports) > _MAX_PORTS:
        return [_too_many("ports", len(ports), _MAX_PORTS)]
    errors: list[FieldError] = []
    names: set[str] = set()
    for at, port in enumerate(ports):
        name = port["name"]
        if name in names:
            errors.append(duplicate(f"ports[{at}].name", name))
        names.add(name)
        if name:
            errors += [invalid_value(f"ports[{at}].name", name, text) for text in dns_label(name)]
        if port["protocol"] not in {"TCP", "UDP", "SCTP"}:
            errors.append(unsupported(f"ports[{at}].protocol", port["protocol"], ("SCTP", "TCP", "UDP")))
    return errors


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    if new.get("addressType") != old.get("addressType"):
        return [immutable("addressType", new.get("addressType"))]
    return []


ENDPOINT_SLICES = Strategy(
    name=subdomain,
    default=_default,
    validate=_validate,
    validate_update=_validate_update,
    generation_metadata=("labels",),
)
