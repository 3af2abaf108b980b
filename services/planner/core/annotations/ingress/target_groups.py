"""Target groups; bounds of the numbers as in the ELBv2 API, CreateTargetGroup (ingress behaviour, section 4.4)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, everything, nothing, only

TARGET_TYPES = ("instance", "ip")

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
MULTI_CLUSTER = Annotation(
    name="multi-cluster-target-group", parse=values.boolean, supports=only(False), on_service=True
)
TARGET_CONTROL_PORT = Annotation(name="target-control-port.", parse=shapes.port, supports=nothing, on_service=True)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
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
    MULTI_CLUSTER,
    TARGET_CONTROL_PORT,
)
