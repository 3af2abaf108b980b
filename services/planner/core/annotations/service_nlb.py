"""The catalogue of annotations under `service.beta.kubernetes.io/` (service behaviour, section 3).

Read by the build of a Service, one constant per annotation that is built, and by the checks of a Service, which look
names up: that of one which asks for a load balancer, and that of one which is only a backend.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, everything, nothing, only

PREFIX = "service.beta.kubernetes.io/"

# Other controllers and cloud providers use the prefix too; only names that start so can be meant for this one.
OWN = "aws-load-balancer-"

SCHEMES = ("internal", "internet-facing")
_ALPN_POLICIES = ("None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred")

T = TypeVar("T")


def _named(name: str, *, parse: Callable[[str], T], supports: Callable[[T], bool] = everything) -> Annotation[T]:
    return Annotation(name=name, parse=parse, supports=supports, prefix=PREFIX, on_service=True)


def _own(suffix: str, *, parse: Callable[[str], T], supports: Callable[[T], bool] = everything) -> Annotation[T]:
    return _named(f"{OWN}{suffix}", parse=parse, supports=supports)


def _not_true(text: str) -> bool:
    return not values.is_true(text)


# Ownership and load balancer (section 3.1).
TYPE = _own("type", parse=values.string)
NLB_TARGET_TYPE = _own("nlb-target-type", parse=values.string)
NAME = _own("name", parse=shapes.load_balancer_name)
SCHEME = _own("scheme", parse=values.choice(*SCHEMES))
INTERNAL = _own("internal", parse=values.boolean)
SUBNETS = _own("subnets", parse=values.string_list)
SECURITY_GROUPS = _own("security-groups", parse=values.string_list, supports=shapes.all_group_ids)
MANAGE_BACKEND_RULES = _own("manage-backend-security-group-rules", parse=values.boolean)
DISABLE_SECURITY_GROUPS = _own("disable-nlb-sg", parse=values.boolean)
SOURCE_RANGES = _named("load-balancer-source-ranges", parse=shapes.address_ranges)
ATTRIBUTES = _own("attributes", parse=shapes.network_attribute_map)
ACCESS_LOG_ENABLED = _own("access-log-enabled", parse=values.boolean)
ACCESS_LOG_BUCKET = _own("access-log-s3-bucket-name", parse=values.string)
ACCESS_LOG_PREFIX = _own("access-log-s3-bucket-prefix", parse=values.string)
CROSS_ZONE = _own("cross-zone-load-balancing-enabled", parse=values.boolean)
TAGS = _own("additional-resource-tags", parse=shapes.tag_map)

# Target groups and targets (section 3.3); bounds of the numbers as in the ELBv2 API, CreateTargetGroup.
TARGET_GROUP_ATTRIBUTES = _own("target-group-attributes", parse=shapes.target_group_attribute_map)
PORT_ATTRIBUTES = _own("target-group-attributes.", parse=shapes.target_group_attribute_map)
PROXY_PROTOCOL = _own("proxy-protocol", parse=values.choice("*"))
PROXY_PROTOCOL_PORTS = _own("proxy-protocol-per-target-group", parse=shapes.port_list)
HEALTH_CHECK_PROTOCOL = _own("healthcheck-protocol", parse=values.choice_of_any_case("TCP", "HTTP", "HTTPS"))
HEALTH_CHECK_PORT = _own("healthcheck-port", parse=shapes.health_check_port)
HEALTH_CHECK_PATH = _own("healthcheck-path", parse=shapes.health_check_path)
HEALTH_CHECK_INTERVAL = _own("healthcheck-interval", parse=values.integer(5, 300))
HEALTH_CHECK_TIMEOUT = _own("healthcheck-timeout", parse=values.integer(2, 120))
HEALTHY_THRESHOLD = _own("healthcheck-healthy-threshold", parse=values.integer(2, 10))
UNHEALTHY_THRESHOLD = _own("healthcheck-unhealthy-threshold", parse=values.integer(2, 10))
SUCCESS_CODES = _own("healthcheck-success-codes", parse=shapes.success_codes)
TARGET_NODE_LABELS = _own("target-node-labels", parse=values.string_map)

_BUILT: tuple[Annotation[Any], ...] = (
    TYPE,
    NLB_TARGET_TYPE,
    NAME,
    SCHEME,
    INTERNAL,
    SUBNETS,
    SECURITY_GROUPS,
    MANAGE_BACKEND_RULES,
    DISABLE_SECURITY_GROUPS,
    SOURCE_RANGES,
    ATTRIBUTES,
    ACCESS_LOG_ENABLED,
    ACCESS_LOG_BUCKET,
    ACCESS_LOG_PREFIX,
    CROSS_ZONE,
    TAGS,
    TARGET_GROUP_ATTRIBUTES,
    PORT_ATTRIBUTES,
    PROXY_PROTOCOL,
    PROXY_PROTOCOL_PORTS,
    HEALTH_CHECK_PROTOCOL,
    HEALTH_CHECK_PORT,
    HEALTH_CHECK_PATH,
    HEALTH_CHECK_INTERVAL,
    HEALTH_CHECK_TIMEOUT,
    HEALTHY_THRESHOLD,
    UNHEALTHY_THRESHOLD,
    SUCCESS_CODES,
    TARGET_NODE_LABELS,
)

_NOT_BUILT: tuple[Annotation[Any], ...] = (
    # Load balancer (section 3.1).
    _own("ip-address-type", parse=values.choice("ipv4", "dualstack"), supports=only("ipv4")),
    _own("eip-allocations", parse=values.string_list, supports=only(())),
    _own("private-ipv4-addresses", parse=values.string_list, supports=only(())),
    _own("ipv6-addresses", parse=values.string_list, supports=only(())),
    _own("enable-prefix-for-ipv6-source-nat", parse=values.choice("on", "off"), supports=only("off")),
    _own("source-nat-ipv6-prefixes", parse=values.string_list, supports=only(())),
    _own("inbound-sg-rules-on-private-link-traffic", parse=values.choice("on", "off"), supports=nothing),
    _own("security-group-prefix-lists", parse=values.string_list, supports=only(())),
    _own("enable-icmp-for-path-mtu-discovery", parse=values.string, supports=lambda text: text != "on"),
    _own("minimum-load-balancer-capacity", parse=values.string_map, supports=nothing),
    # Listeners (section 3.2); the last four are read only beside certificates, which are refused themselves.
    _own("ssl-cert", parse=values.string_list, supports=only(())),
    _own("ssl-ports", parse=values.string_list),
    _own("ssl-negotiation-policy", parse=values.string),
    _own("backend-protocol", parse=values.string),
    _own("alpn-policy", parse=values.choice(*_ALPN_POLICIES)),
    _own("enable-tcp-udp-listener", parse=values.string, supports=_not_true),
    _own("quic-enabled-ports", parse=values.string_list, supports=only(())),
    _own("listener-attributes.", parse=shapes.attribute_map, supports=nothing),
    _named("actions.", parse=values.string, supports=nothing),
    # Targets (section 3.3).
    _own("multi-cluster-target-group", parse=values.boolean, supports=only(False)),
)

CATALOGUE: Mapping[str, Annotation[Any]] = {a.name: a for a in (*_BUILT, *_NOT_BUILT)}

# Read by the AWS cloud provider of Kubernetes (cloud-provider-aws) and not by this specification.
_OF_CLOUD_PROVIDER = (
    "access-log-emit-interval",
    "connection-draining-enabled",
    "connection-draining-timeout",
    "connection-idle-timeout",
    "extra-security-groups",
)
FOREIGN = frozenset(f"{OWN}{suffix}" for suffix in _OF_CLOUD_PROVIDER)


def find(name: str) -> Annotation[Any] | None:
    """The annotation of that name (without the prefix), or the family that it is of; None: not in the specification."""
    exact = CATALOGUE.get(name)
    if exact is not None and not exact.family:
        return exact
    head, dot, rest = name.partition(".")
    return CATALOGUE.get(f"{head}.") if dot and rest else None


def is_foreign(name: str) -> bool:
    """Whether a name (without the prefix) that is not in the catalogue is meant for somebody else."""
    return not name.startswith(OWN) or name in FOREIGN
