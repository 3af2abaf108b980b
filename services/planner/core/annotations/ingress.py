"""The catalogue of annotations under `alb.ingress.kubernetes.io/` (ingress behaviour, section 4).

Read by the build, one constant per annotation that is built, and by the check of an object, which looks names up.
"""

from collections.abc import Mapping
from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, everything, nothing, only
from services.planner.core.annotations.shapes import ListenerProtocol

SCHEMES = ("internal", "internet-facing")
TARGET_TYPES = ("instance", "ip")


def _without_tls(ports: Mapping[int, ListenerProtocol]) -> bool:
    return ListenerProtocol.HTTPS not in ports.values()


# Load balancer (section 4.1).
GROUP_NAME = Annotation(name="group.name", parse=shapes.group_name, supports=everything)
GROUP_ORDER = Annotation(name="group.order", parse=values.integer(-1000, 1000), supports=everything)
SUBNETS = Annotation(name="subnets", parse=values.string_list, supports=everything)
LOAD_BALANCER_NAME = Annotation(name="load-balancer-name", parse=shapes.load_balancer_name, supports=everything)
SCHEME = Annotation(name="scheme", parse=values.choice(*SCHEMES), supports=everything)
LOAD_BALANCER_ATTRIBUTES = Annotation(name="load-balancer-attributes", parse=shapes.attribute_map, supports=everything)
TAGS = Annotation(name="tags", parse=shapes.tag_map, supports=everything, on_service=True)

# Listeners (section 4.2).
LISTEN_PORTS = Annotation(name="listen-ports", parse=shapes.listen_ports, supports=_without_tls)

# Target groups (section 4.4); bounds of the numbers as in the ELBv2 API, CreateTargetGroup.
TARGET_TYPE = Annotation(name="target-type", parse=values.choice(*TARGET_TYPES), supports=everything, on_service=True)
BACKEND_PROTOCOL = Annotation(
    name="backend-protocol", parse=values.choice("HTTP", "HTTPS"), supports=everything, on_service=True
)
BACKEND_PROTOCOL_VERSION = Annotation(
    name="backend-protocol-version",
    parse=values.choice("HTTP1", "HTTP2", "GRPC"),
    supports=only("HTTP1"),
    on_service=True,
)
TARGET_GROUP_ATTRIBUTES = Annotation(
    name="target-group-attributes", parse=shapes.attribute_map, supports=everything, on_service=True
)
HEALTH_CHECK_PORT = Annotation(
    name="healthcheck-port", parse=shapes.health_check_port, supports=everything, on_service=True
)
HEALTH_CHECK_PROTOCOL = Annotation(
    name="healthcheck-protocol", parse=values.choice("HTTP", "HTTPS"), supports=everything, on_service=True
)
HEALTH_CHECK_PATH = Annotation(
    name="healthcheck-path", parse=shapes.health_check_path, supports=everything, on_service=True
)
HEALTH_CHECK_INTERVAL = Annotation(
    name="healthcheck-interval-seconds", parse=values.integer(5, 300), supports=everything, on_service=True
)
HEALTH_CHECK_TIMEOUT = Annotation(
    name="healthcheck-timeout-seconds", parse=values.integer(2, 120), supports=everything, on_service=True
)
HEALTHY_THRESHOLD = Annotation(
    name="healthy-threshold-count", parse=values.integer(2, 10), supports=everything, on_service=True
)
UNHEALTHY_THRESHOLD = Annotation(
    name="unhealthy-threshold-count", parse=values.integer(2, 10), supports=everything, on_service=True
)
SUCCESS_CODES = Annotation(name="success-codes", parse=shapes.success_codes, supports=everything, on_service=True)
TARGET_NODE_LABELS = Annotation(
    name="target-node-labels", parse=values.string_map, supports=everything, on_service=True
)

# Action, condition and transform annotations are named by the backend Service (section 4.3).
ACTIONS = Annotation(name="actions.", parse=values.json_object, supports=nothing)

_BUILT: tuple[Annotation[Any], ...] = (
    GROUP_NAME,
    GROUP_ORDER,
    SUBNETS,
    LOAD_BALANCER_NAME,
    SCHEME,
    LOAD_BALANCER_ATTRIBUTES,
    TAGS,
    LISTEN_PORTS,
    TARGET_TYPE,
    BACKEND_PROTOCOL,
    BACKEND_PROTOCOL_VERSION,
    TARGET_GROUP_ATTRIBUTES,
    HEALTH_CHECK_PORT,
    HEALTH_CHECK_PROTOCOL,
    HEALTH_CHECK_PATH,
    HEALTH_CHECK_INTERVAL,
    HEALTH_CHECK_TIMEOUT,
    HEALTHY_THRESHOLD,
    UNHEALTHY_THRESHOLD,
    SUCCESS_CODES,
    TARGET_NODE_LABELS,
)

_NOT_BUILT: tuple[Annotation[Any], ...] = (
    ACTIONS,
    # Load balancer (section 4.1).
    Annotation(
        name="ip-address-type",
        parse=values.choice("ipv4", "dualstack", "dualstack-without-public-ipv4"),
        supports=only("ipv4"),
    ),
    Annotation(name="security-groups", parse=values.string_list, supports=only(())),
    # Read only beside security-groups, which is refused itself.
    Annotation(name="manage-backend-security-group-rules", parse=values.boolean, supports=everything),
    Annotation(name="customer-owned-ipv4-pool", parse=values.non_empty, supports=nothing),
    Annotation(name="ipam-ipv4-pool-id", parse=values.string, supports=only("")),
    Annotation(name="minimum-load-balancer-capacity", parse=values.string_map, supports=nothing),
    # Listeners (section 4.2).
    Annotation(name="ssl-redirect", parse=values.integer(), supports=nothing),
    Annotation(name="inbound-cidrs", parse=values.string_list, supports=nothing),
    Annotation(name="security-group-prefix-lists", parse=values.string_list, supports=nothing),
    Annotation(name="certificate-arn", parse=values.string_list, supports=nothing),
    Annotation(name="ssl-policy", parse=values.string, supports=nothing),
    Annotation(name="mutual-authentication", parse=values.json_list, supports=nothing),
    Annotation(name="listener-attributes.", parse=shapes.attribute_map, supports=nothing),
    # Routing, rules, authentication (section 4.3).
    Annotation(name="conditions.", parse=values.json_value, supports=nothing),
    Annotation(name="transforms.", parse=values.json_value, supports=nothing),
    Annotation(name="use-regex-path-match", parse=values.boolean, supports=only(False)),
    Annotation(
        name="auth-type", parse=values.choice("none", "cognito", "oidc"), supports=only("none"), on_service=True
    ),
    Annotation(name="auth-idp-cognito", parse=values.json_object, supports=nothing, on_service=True),
    Annotation(name="auth-idp-oidc", parse=values.json_object, supports=nothing, on_service=True),
    Annotation(name="auth-on-unauthenticated-request", parse=values.string, supports=nothing, on_service=True),
    Annotation(name="auth-scope", parse=values.string, supports=nothing, on_service=True),
    Annotation(name="auth-session-cookie", parse=values.string, supports=nothing, on_service=True),
    Annotation(name="auth-session-timeout", parse=values.integer(*values.INT64), supports=nothing, on_service=True),
    Annotation(name="jwt-validation", parse=values.json_object, supports=nothing),
    # Target groups (section 4.4).
    Annotation(name="multi-cluster-target-group", parse=values.boolean, supports=only(False), on_service=True),
    Annotation(name="target-control-port.", parse=shapes.port, supports=nothing, on_service=True),
    # Add-ons and certificates (section 4.5).
    Annotation(name="wafv2-acl-arn", parse=values.string, supports=nothing),
    Annotation(name="wafv2-acl-name", parse=values.string, supports=nothing),
    Annotation(name="waf-acl-id", parse=values.string, supports=nothing),
    Annotation(name="web-acl-id", parse=values.string, supports=nothing),
    Annotation(name="shield-advanced-protection", parse=values.boolean, supports=nothing),
    Annotation(name="create-acm-cert", parse=values.boolean, supports=only(False)),
    Annotation(name="acm-pca-arn", parse=values.string, supports=nothing),
    # Network load balancer in front (section 20).
    Annotation(name="enable-frontend-nlb", parse=values.boolean, supports=only(False)),
    Annotation(name="frontend-nlb-scheme", parse=values.choice(*SCHEMES), supports=nothing),
    Annotation(name="frontend-nlb-subnets", parse=values.string_list, supports=nothing),
    Annotation(name="frontend-nlb-security-groups", parse=values.string_list, supports=nothing),
    Annotation(name="frontend-nlb-eip-allocations", parse=values.string_list, supports=nothing),
    Annotation(name="frontend-nlb-listener-port-mapping", parse=values.string_map, supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-port", parse=values.string, supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-protocol", parse=values.choice("HTTP", "HTTPS"), supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-path", parse=values.string, supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-success-codes", parse=values.string, supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-interval-seconds", parse=values.integer(), supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-timeout-seconds", parse=values.integer(), supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-healthy-threshold-count", parse=values.integer(), supports=nothing),
    Annotation(name="frontend-nlb-healthcheck-unhealthy-threshold-count", parse=values.integer(), supports=nothing),
    Annotation(name="frontend-nlb-attributes", parse=shapes.attribute_map, supports=nothing),
    Annotation(name="frontend-nlb-tags", parse=shapes.tag_map, supports=nothing),
)

CATALOGUE: Mapping[str, Annotation[Any]] = {a.name: a for a in (*_BUILT, *_NOT_BUILT)}

# Written by a controller itself; reading them would be reading one's own words (naming and tags, section 8).
WRITTEN_BY_CONTROLLERS = frozenset(("dry-run-plan",))


def find(name: str) -> Annotation[Any] | None:
    """The annotation of that name (without the prefix), or the family that it is of; None: not in the specification."""
    exact = CATALOGUE.get(name)
    if exact is not None and not exact.family:
        return exact
    head, dot, rest = name.partition(".")
    return CATALOGUE.get(f"{head}.") if dot and rest else None
