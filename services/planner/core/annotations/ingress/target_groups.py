"""Target groups; bounds of the numbers as in the ELBv2 API, CreateTargetGroup (ingress behaviour, section 4.4)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, Merge, everything

TARGET_TYPES = ("instance", "ip")

TARGET_TYPE = Annotation(
    name="target-type",
    parse=values.choice(*TARGET_TYPES),
    supports=everything,
    on_service=True,
    value="instance or ip",
    default="the setting default-target-type, which is instance",
    effect="Requests go to node ports of the cluster's nodes (instance) or to the pods themselves (ip).",
)
BACKEND_PROTOCOL = Annotation(
    name="backend-protocol",
    parse=values.choice("HTTP", "HTTPS"),
    supports=everything,
    on_service=True,
    value="HTTP or HTTPS",
    default="HTTP",
    effect="Protocol in which the load balancer talks to the targets.",
)
BACKEND_PROTOCOL_VERSION = Annotation(
    name="backend-protocol-version",
    parse=values.choice("HTTP1", "HTTP2", "GRPC"),
    supports=everything,
    on_service=True,
    value="HTTP1, HTTP2 or GRPC",
    default="HTTP1",
    effect="Version of the protocol to the targets; GRPC also changes the defaults of the health check.",
)
TARGET_GROUP_ATTRIBUTES = Annotation(
    name="target-group-attributes",
    parse=shapes.attribute_map,
    supports=everything,
    on_service=True,
    value="key=value pairs, separated by commas",
    default="none: attributes are left as they are",
    effect="Sets the attributes that are listed; one that is no longer listed keeps its value.",
)
HEALTH_CHECK_PORT = Annotation(
    name="healthcheck-port",
    parse=shapes.health_check_port,
    supports=everything,
    on_service=True,
    value="traffic-port, a port number, or the name of a port of the Service",
    default="traffic-port",
    effect="Port of the targets that health checks go to.",
)
HEALTH_CHECK_PROTOCOL = Annotation(
    name="healthcheck-protocol",
    parse=values.choice("HTTP", "HTTPS"),
    supports=everything,
    on_service=True,
    value="HTTP or HTTPS",
    default="the protocol of the target group",
    effect="Protocol of health checks.",
)
HEALTH_CHECK_PATH = Annotation(
    name="healthcheck-path",
    parse=shapes.health_check_path,
    supports=everything,
    on_service=True,
    value="a path",
    default="/, or /AWS.ALB/healthcheck for GRPC",
    effect="Path that health checks ask for.",
)
HEALTH_CHECK_INTERVAL = Annotation(
    name="healthcheck-interval-seconds",
    parse=values.integer(5, 300),
    supports=everything,
    on_service=True,
    value="seconds, 5 to 300",
    default="15",
    effect="Time between two health checks of a target.",
)
HEALTH_CHECK_TIMEOUT = Annotation(
    name="healthcheck-timeout-seconds",
    parse=values.integer(2, 120),
    supports=everything,
    on_service=True,
    value="seconds, 2 to 120",
    default="5",
    effect="Time without an answer after which a health check has failed.",
)
HEALTHY_THRESHOLD = Annotation(
    name="healthy-threshold-count",
    parse=values.integer(2, 10),
    supports=everything,
    on_service=True,
    value="a number, 2 to 10",
    default="2",
    effect="Health checks in a row that an unhealthy target has to pass.",
)
UNHEALTHY_THRESHOLD = Annotation(
    name="unhealthy-threshold-count",
    parse=values.integer(2, 10),
    supports=everything,
    on_service=True,
    value="a number, 2 to 10",
    default="2",
    effect="Health checks in a row that a healthy target has to fail.",
)
SUCCESS_CODES = Annotation(
    name="success-codes",
    parse=shapes.success_codes,
    supports=everything,
    on_service=True,
    value="codes such as 200, 200,202 or 200-299; gRPC codes such as 0-5 for GRPC",
    default="200, or 12 for GRPC",
    effect="Status codes that count as a passed health check.",
)
TARGET_NODE_LABELS = Annotation(
    name="target-node-labels",
    parse=values.string_map,
    supports=everything,
    on_service=True,
    value="label=value pairs, separated by commas",
    default="all nodes",
    effect="With target type instance, only nodes that carry all of the labels become targets.",
)
MULTI_CLUSTER = Annotation(
    name="multi-cluster-target-group",
    parse=values.boolean,
    supports=everything,
    on_service=True,
    value="true or false",
    default="false",
    merge=Merge.ANY,
    effect="The target group is shared with other clusters: only targets of this one are registered and taken away.",
)
TARGET_CONTROL_PORT = Annotation(
    name="target-control-port.",
    parse=shapes.port,
    supports=everything,
    on_service=True,
    value="a port number; the key goes on with <service>.<port as written in the backend>",
    default="none",
    effect="Port of the target optimizer's agent beside each target; needs target type ip.",
)

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
