"""Names of annotations under `service.beta.kubernetes.io/` that ask for a network load balancer (service behaviour,
section 3). Read by the check of a Service, to tell a name that is known from one that is misspelt."""

PREFIX = "service.beta.kubernetes.io/"

# Other controllers and cloud providers use the prefix too; only names that start so can be meant for this one.
OWN = "aws-load-balancer-"

_SUFFIXES = (
    "type",
    "nlb-target-type",
    "name",
    "scheme",
    "internal",
    "ip-address-type",
    "subnets",
    "eip-allocations",
    "private-ipv4-addresses",
    "ipv6-addresses",
    "enable-prefix-for-ipv6-source-nat",
    "source-nat-ipv6-prefixes",
    "security-groups",
    "manage-backend-security-group-rules",
    "disable-nlb-sg",
    "inbound-sg-rules-on-private-link-traffic",
    "security-group-prefix-lists",
    "enable-icmp-for-path-mtu-discovery",
    "attributes",
    "access-log-enabled",
    "access-log-s3-bucket-name",
    "access-log-s3-bucket-prefix",
    "cross-zone-load-balancing-enabled",
    "minimum-load-balancer-capacity",
    "additional-resource-tags",
    "ssl-cert",
    "ssl-ports",
    "ssl-negotiation-policy",
    "backend-protocol",
    "alpn-policy",
    "enable-tcp-udp-listener",
    "quic-enabled-ports",
    "listener-attributes.",
    "target-group-attributes",
    "target-group-attributes.",
    "proxy-protocol",
    "proxy-protocol-per-target-group",
    "healthcheck-protocol",
    "healthcheck-port",
    "healthcheck-path",
    "healthcheck-interval",
    "healthcheck-timeout",
    "healthcheck-healthy-threshold",
    "healthcheck-unhealthy-threshold",
    "healthcheck-success-codes",
    "target-node-labels",
    "multi-cluster-target-group",
)

# Read by the AWS cloud provider of Kubernetes (cloud-provider-aws) and not by this specification.
_OF_CLOUD_PROVIDER = (
    "access-log-emit-interval",
    "connection-draining-enabled",
    "connection-draining-timeout",
    "connection-idle-timeout",
    "extra-security-groups",
)

NAMES = frozenset(f"{OWN}{suffix}" for suffix in _SUFFIXES) | {"load-balancer-source-ranges", "actions."}
FOREIGN = frozenset(f"{OWN}{suffix}" for suffix in _OF_CLOUD_PROVIDER)


def known(name: str) -> bool:
    """Whether the name (without the prefix) is known, is of a known family, or is none of this controller's at all."""
    if not name.startswith(OWN) or name in NAMES or name in FOREIGN:
        return True
    head, dot, rest = name.partition(".")
    return bool(dot and rest) and f"{head}." in NAMES
