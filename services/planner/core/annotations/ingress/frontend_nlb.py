"""The network load balancer in front (ingress behaviour, section 20)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, nothing, only
from services.planner.core.annotations.ingress.load_balancer import SCHEMES

ENABLE = Annotation(name="enable-frontend-nlb", parse=values.boolean, supports=only(False))
SCHEME = Annotation(name="frontend-nlb-scheme", parse=values.choice(*SCHEMES), supports=nothing)
SUBNETS = Annotation(name="frontend-nlb-subnets", parse=values.string_list, supports=nothing)
SECURITY_GROUPS = Annotation(name="frontend-nlb-security-groups", parse=values.string_list, supports=nothing)
EIP_ALLOCATIONS = Annotation(name="frontend-nlb-eip-allocations", parse=values.string_list, supports=nothing)
LISTENER_PORT_MAPPING = Annotation(name="frontend-nlb-listener-port-mapping", parse=values.string_map, supports=nothing)
HEALTH_CHECK_PORT = Annotation(name="frontend-nlb-healthcheck-port", parse=values.string, supports=nothing)
HEALTH_CHECK_PROTOCOL = Annotation(
    name="frontend-nlb-healthcheck-protocol", parse=values.choice("HTTP", "HTTPS"), supports=nothing
)
HEALTH_CHECK_PATH = Annotation(name="frontend-nlb-healthcheck-path", parse=values.string, supports=nothing)
HEALTH_CHECK_SUCCESS_CODES = Annotation(
    name="frontend-nlb-healthcheck-success-codes", parse=values.string, supports=nothing
)
HEALTH_CHECK_INTERVAL_SECONDS = Annotation(
    name="frontend-nlb-healthcheck-interval-seconds", parse=values.integer(), supports=nothing
)
HEALTH_CHECK_TIMEOUT_SECONDS = Annotation(
    name="frontend-nlb-healthcheck-timeout-seconds", parse=values.integer(), supports=nothing
)
HEALTH_CHECK_HEALTHY_THRESHOLD_COUNT = Annotation(
    name="frontend-nlb-healthcheck-healthy-threshold-count", parse=values.integer(), supports=nothing
)
HEALTH_CHECK_UNHEALTHY_THRESHOLD_COUNT = Annotation(
    name="frontend-nlb-healthcheck-unhealthy-threshold-count", parse=values.integer(), supports=nothing
)
ATTRIBUTES = Annotation(name="frontend-nlb-attributes", parse=shapes.attribute_map, supports=nothing)
TAGS = Annotation(name="frontend-nlb-tags", parse=shapes.tag_map, supports=nothing)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    ENABLE,
    SCHEME,
    SUBNETS,
    SECURITY_GROUPS,
    EIP_ALLOCATIONS,
    LISTENER_PORT_MAPPING,
    HEALTH_CHECK_PORT,
    HEALTH_CHECK_PROTOCOL,
    HEALTH_CHECK_PATH,
    HEALTH_CHECK_SUCCESS_CODES,
    HEALTH_CHECK_INTERVAL_SECONDS,
    HEALTH_CHECK_TIMEOUT_SECONDS,
    HEALTH_CHECK_HEALTHY_THRESHOLD_COUNT,
    HEALTH_CHECK_UNHEALTHY_THRESHOLD_COUNT,
    ATTRIBUTES,
    TAGS,
)
