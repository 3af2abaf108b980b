"""Listeners and how they forward (service behaviour, sections 3.2 and 6 to 9)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.service_nlb.names import named, own
from services.planner.core.annotations.weighted_forward import weighted_forward

SSL_CERT = own(
    "ssl-cert",
    parse=values.string_list,
    value="a list of ARNs of certificates",
    default="none",
    effect="Makes TLS listeners with these certificates; the first is the default one.",
)
SSL_PORTS = own(
    "ssl-ports",
    parse=values.string_list,
    value="a list of names or numbers of ports of the Service",
    default="all ports",
    effect="Says which ports get TLS listeners; an entry that is no port of the Service is an error.",
)
SSL_POLICY = own(
    "ssl-negotiation-policy",
    parse=values.string,
    value="name of a security policy of Elastic Load Balancing",
    default="the default policy of the installation",
    effect="Sets the policy of TLS listeners.",
)
BACKEND_PROTOCOL = own(
    "backend-protocol",
    parse=values.string,
    value="`ssl`; everything else is TCP",
    default="TCP",
    effect="Encrypts traffic of TLS listeners on its way to the targets.",
)
ALPN_POLICY = own(
    "alpn-policy",
    parse=values.choice("None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"),
    value="`None`, `HTTP1Only`, `HTTP2Only`, `HTTP2Optional` or `HTTP2Preferred`",
    default="left as it is",
    effect="Sets how TLS listeners negotiate the application protocol.",
)
TCP_UDP_LISTENER = own(
    "enable-tcp-udp-listener",
    parse=values.string,
    value="a truth value; anything else counts as absent",
    default="the feature gate EnableTCPUDPListener",
    effect="Makes one TCP_UDP listener of a TCP and a UDP port of the same number.",
)
QUIC_PORTS = own(
    "quic-enabled-ports",
    parse=values.string_list,
    value="a list of names or numbers of ports of the Service",
    default="none",
    effect="Makes QUIC of UDP ports and TCP_QUIC of ports with both protocols; targets need server ids.",
)
LISTENER_ATTRIBUTES = own(
    "listener-attributes.",
    parse=shapes.attribute_map,
    value="pairs `key=value`; the name ends with protocol and port of the listener, such as `TCP-80`",
    default="none",
    effect="Sets attributes of one listener; those not named are left alone, and TLS listeners take none.",
)
ACTIONS = named(
    "actions.",
    parse=weighted_forward,
    value="JSON of a `forward` action; the name ends with protocol and port of the listener, such as `TCP-80`",
    default="forward to the Service's own target group",
    effect="Divides traffic of one listener by weight between the Service, other Services and target groups.",
)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    SSL_CERT,
    SSL_PORTS,
    SSL_POLICY,
    BACKEND_PROTOCOL,
    ALPN_POLICY,
    TCP_UDP_LISTENER,
    QUIC_PORTS,
    LISTENER_ATTRIBUTES,
    ACTIONS,
)
