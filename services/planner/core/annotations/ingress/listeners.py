"""Listeners (ingress behaviour, section 4.2)."""

from collections.abc import Mapping
from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, nothing, only
from services.planner.core.annotations.shapes import ListenerProtocol


def _without_tls(ports: Mapping[int, ListenerProtocol]) -> bool:
    return ListenerProtocol.HTTPS not in ports.values()


LISTEN_PORTS = Annotation(name="listen-ports", parse=shapes.listen_ports, supports=_without_tls)
SSL_REDIRECT = Annotation(name="ssl-redirect", parse=values.integer(), supports=nothing)
INBOUND_CIDRS = Annotation(name="inbound-cidrs", parse=values.string_list, supports=nothing)
PREFIX_LISTS = Annotation(name="security-group-prefix-lists", parse=values.string_list, supports=nothing)
CERTIFICATES = Annotation(name="certificate-arn", parse=values.string_list, supports=nothing)
SSL_POLICY = Annotation(name="ssl-policy", parse=values.string, supports=nothing)
MUTUAL_AUTHENTICATION = Annotation(name="mutual-authentication", parse=values.json_list, supports=nothing)
LISTENER_ATTRIBUTES = Annotation(name="listener-attributes.", parse=shapes.attribute_map, supports=nothing)
CREATE_CERTIFICATE = Annotation(name="create-acm-cert", parse=values.boolean, supports=only(False))
CERTIFICATE_AUTHORITY = Annotation(name="acm-pca-arn", parse=values.string, supports=nothing)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    LISTEN_PORTS,
    SSL_REDIRECT,
    INBOUND_CIDRS,
    PREFIX_LISTS,
    CERTIFICATES,
    SSL_POLICY,
    MUTUAL_AUTHENTICATION,
    LISTENER_ATTRIBUTES,
    CREATE_CERTIFICATE,
    CERTIFICATE_AUTHORITY,
)
