"""Listeners (ingress behaviour, section 4.2)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, Merge, everything
from services.planner.core.annotations.mutual_authentication import mutual_authentication

LISTEN_PORTS = Annotation(
    name="listen-ports",
    parse=shapes.listen_ports,
    supports=everything,
    value='JSON list such as `[{"HTTP": 80}, {"HTTPS": 443}]`',
    default='`[{"HTTPS": 443}]` with certificates of its own, `[{"HTTP": 80}]` without',
    merge=Merge.UNITED,
    effect="The ports on which the load balancer listens for this Ingress.",
)
SSL_REDIRECT = Annotation(
    name="ssl-redirect",
    parse=values.integer(),
    supports=everything,
    value="port of an HTTPS listener of the group",
    default="no redirect",
    merge=Merge.EXCLUSIVE,
    effect="Every HTTP listener of the group only redirects to this port.",
)
INBOUND_CIDRS = Annotation(
    name="inbound-cidrs",
    parse=shapes.address_ranges,
    supports=everything,
    value="IPv4 and IPv6 ranges, separated by commas",
    default="`0.0.0.0/0, ::/0` where no prefix list is named",
    merge=Merge.PER_PORT,
    effect="Who may reach the listeners; IPv6 ranges count for dual-stack load balancers only, and none of them beside"
    " security-groups.",
)
PREFIX_LISTS = Annotation(
    name="security-group-prefix-lists",
    parse=shapes.prefix_lists,
    supports=everything,
    value="ids of managed prefix lists, separated by commas",
    default="none",
    merge=Merge.PER_PORT,
    effect="Prefix lists that may reach the listeners, beside inbound-cidrs.",
)
CERTIFICATES = Annotation(
    name="certificate-arn",
    parse=shapes.certificate_arns,
    supports=everything,
    value="ARNs of ACM or IAM certificates, separated by commas",
    default="found in ACM for the hosts of the rules and of spec.tls",
    merge=Merge.UNITED,
    effect="The certificates of the HTTPS listeners; the first one of the group is the default certificate.",
)
SSL_POLICY = Annotation(
    name="ssl-policy",
    parse=shapes.ssl_policy,
    supports=everything,
    value="name of a security policy of Elastic Load Balancing",
    default="the setting default-ssl-policy",
    merge=Merge.PER_PORT,
    effect="Protocols and ciphers of the HTTPS listeners.",
)
MUTUAL_AUTHENTICATION = Annotation(
    name="mutual-authentication",
    parse=mutual_authentication,
    supports=everything,
    value='JSON list such as `[{"port": 443, "mode": "verify", "trustStore": "name or ARN"}]`',
    default="left as it is",
    merge=Merge.PER_PORT,
    effect="Whether HTTPS listeners ask clients for a certificate (off, passthrough, verify).",
)
LISTENER_ATTRIBUTES = Annotation(
    name="listener-attributes.",
    parse=shapes.attribute_map,
    supports=everything,
    value="pairs key=value, separated by commas, of the listener in the key such as `HTTPS-443`",
    default="left as they are",
    merge=Merge.UNITED,
    effect="Attributes of one listener; only those named are managed.",
)
CREATE_CERTIFICATE = Annotation(
    name="create-acm-cert",
    parse=values.boolean,
    supports=everything,
    value="true or false",
    default="false",
    merge=Merge.OWN,
    effect="With the gate EnableCertificateManagement, a certificate for the hosts of this Ingress is made in ACM,"
    " validated in Route 53, and deleted with it; not where certificate-arn is given.",
)
CERTIFICATE_AUTHORITY = Annotation(
    name="acm-pca-arn",
    parse=shapes.certificate_authority,
    supports=everything,
    value="ARN of a private certificate authority",
    default="the setting default-pca-arn; without it Amazon signs",
    merge=Merge.OWN,
    effect="Who signs the certificate that create-acm-cert asks for.",
)

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
