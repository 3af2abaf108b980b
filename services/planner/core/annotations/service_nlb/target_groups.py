"""Target groups and targets (service behaviour, sections 3.3 and 10); bounds of numbers as in CreateTargetGroup."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.service_nlb.names import own

TARGET_GROUP_ATTRIBUTES = own(
    "target-group-attributes",
    parse=shapes.target_group_attribute_map,
    value="pairs `key=value`",
    default="none",
    effect="Sets attributes of all target groups; those not named are left alone.",
)
PORT_ATTRIBUTES = own(
    "target-group-attributes.",
    parse=shapes.target_group_attribute_map,
    value="pairs `key=value`; the name ends with the number of a port of the Service",
    default="those of all target groups",
    effect="Sets attributes of the target group of one port; an empty value keeps that of all target groups.",
)
PROXY_PROTOCOL = own(
    "proxy-protocol",
    parse=values.choice("*"),
    value="`*`",
    default="off",
    effect="Switches proxy protocol version 2 on for all target groups.",
)
PROXY_PROTOCOL_PORTS = own(
    "proxy-protocol-per-target-group",
    parse=shapes.port_list,
    value="a list of numbers of ports of the Service",
    default="none",
    effect="Switches proxy protocol version 2 on for these ports and off for the others.",
)
HEALTH_CHECK_PROTOCOL = own(
    "healthcheck-protocol",
    parse=values.choice_of_any_case("TCP", "HTTP", "HTTPS"),
    value="`tcp`, `http` or `https`, in any case",
    default="TCP; HTTP for nodes with externalTrafficPolicy Local",
    effect="Sets the protocol of health checks.",
)
HEALTH_CHECK_PORT = own(
    "healthcheck-port",
    parse=shapes.health_check_port,
    value="`traffic-port`, a number, or the name of a port of the Service",
    default="`traffic-port`; the health check node port for nodes with externalTrafficPolicy Local",
    effect="Sets the port of health checks.",
)
HEALTH_CHECK_PATH = own(
    "healthcheck-path",
    parse=shapes.health_check_path,
    value="a path",
    default="`/`; `/healthz` for nodes with externalTrafficPolicy Local",
    effect="Sets the path of HTTP and HTTPS health checks.",
)
HEALTH_CHECK_INTERVAL = own(
    "healthcheck-interval",
    parse=values.integer(5, 300),
    value="seconds, 5 to 300",
    default="10",
    effect="Sets the time between health checks.",
)
HEALTH_CHECK_TIMEOUT = own(
    "healthcheck-timeout",
    parse=values.integer(2, 120),
    value="seconds, 2 to 120",
    default="10; 6 for nodes with externalTrafficPolicy Local",
    effect="Sets how long a health check waits for an answer (feature gate NLBHealthCheckAdvancedConfig).",
)
HEALTHY_THRESHOLD = own(
    "healthcheck-healthy-threshold",
    parse=values.integer(2, 10),
    value="2 to 10",
    default="3; 2 for nodes with externalTrafficPolicy Local",
    effect="Sets how many successes in a row make a target healthy.",
)
UNHEALTHY_THRESHOLD = own(
    "healthcheck-unhealthy-threshold",
    parse=values.integer(2, 10),
    value="2 to 10",
    default="3; 2 for nodes with externalTrafficPolicy Local",
    effect="Sets how many failures in a row make a target unhealthy.",
)
SUCCESS_CODES = own(
    "healthcheck-success-codes",
    parse=shapes.success_codes,
    value="codes such as `200`, `200,202` or `200-399`",
    default="`200-399`",
    effect="Sets which answers to HTTP and HTTPS health checks are good (feature gate NLBHealthCheckAdvancedConfig).",
)
TARGET_NODE_LABELS = own(
    "target-node-labels",
    parse=values.string_map,
    value="pairs `key=value`",
    default="all nodes",
    effect="Makes only nodes with these labels targets; without effect on pods as targets.",
)
MULTI_CLUSTER = own(
    "multi-cluster-target-group",
    parse=values.boolean,
    value="a truth value",
    default="false",
    effect="Leaves alone targets that another cluster registered in the same target groups.",
)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
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
    MULTI_CLUSTER,
)
