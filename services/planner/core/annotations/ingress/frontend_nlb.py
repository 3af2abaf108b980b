"""The network load balancer in front (ingress behaviour, section 20)."""

from collections.abc import Callable
from typing import Any, TypeVar

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, Merge, everything
from services.planner.core.annotations.ingress.load_balancer import SCHEMES

T = TypeVar("T")

_PAIRS = "key=value pairs, separated by commas"


def _own(
    name: str,
    parse: Callable[[str], T],
    *,
    value: str,
    default: str,
    effect: str,
    merge: Merge = Merge.EXCLUSIVE,
) -> Annotation[T]:
    """An entry whose name starts as all of this family's, but one, do."""
    return Annotation(
        name=f"frontend-nlb-{name}",
        parse=parse,
        supports=everything,
        value=value,
        default=default,
        merge=merge,
        effect=effect,
    )


ENABLE = Annotation(
    name="enable-frontend-nlb",
    parse=values.boolean,
    supports=everything,
    value="true or false",
    default="false",
    merge=Merge.EXCLUSIVE,
    effect="Puts a network load balancer in front of the application load balancer; its host name is published second.",
)
SCHEME = _own(
    "scheme",
    values.choice(*SCHEMES),
    value="internal or internet-facing",
    default="the setting default-load-balancer-scheme, whatever the scheme of the load balancer behind is",
    effect="Whether clients in the internet reach the network load balancer. Another scheme replaces it.",
)
SUBNETS = _own(
    "subnets",
    values.string_list,
    value="ids or Name tags of subnets, separated by commas",
    default="the subnets that are found by their tags for the scheme",
    effect="Subnets that the network load balancer is put into.",
)
SECURITY_GROUPS = _own(
    "security-groups",
    values.string_list,
    value="ids or Name tags of security groups, separated by commas",
    default="the security groups of the load balancer behind",
    effect="Security groups of the network load balancer.",
)
EIP_ALLOCATIONS = _own(
    "eip-allocations",
    values.string_list,
    value="allocation ids of Elastic IP addresses, separated by commas, one for each subnet, in their order",
    default="none: AWS chooses the addresses",
    effect="Addresses of an internet-facing network load balancer; they count when it is made.",
)
LISTENER_PORT_MAPPING = _own(
    "listener-port-mapping",
    shapes.port_mapping,
    value="pairs port=port of the listener behind, separated by commas",
    default="every port that the Ingress listens on, to itself",
    merge=Merge.PER_PORT,
    effect="Ports of the network load balancer; a pair whose second port the Ingress does not listen on is left out.",
)
HEALTH_CHECK_PORT = _own(
    "healthcheck-port",
    shapes.front_health_check_port,
    value="traffic-port or a port number",
    default="traffic-port",
    merge=Merge.PER_PORT,
    effect="Port of the load balancer behind that health checks go to.",
)
HEALTH_CHECK_PROTOCOL = _own(
    "healthcheck-protocol",
    values.choice("HTTP", "HTTPS"),
    value="HTTP or HTTPS",
    default="HTTP",
    merge=Merge.PER_PORT,
    effect="Protocol of health checks.",
)
HEALTH_CHECK_PATH = _own(
    "healthcheck-path",
    shapes.health_check_path,
    value="a path",
    default="/",
    merge=Merge.PER_PORT,
    effect="Path that health checks ask for.",
)
HEALTH_CHECK_SUCCESS_CODES = _own(
    "healthcheck-success-codes",
    shapes.success_codes,
    value="HTTP codes such as 200, 200,302 or 200-399",
    default="200",
    merge=Merge.PER_PORT,
    effect="Answers to a health check that count as healthy.",
)
HEALTH_CHECK_INTERVAL_SECONDS = _own(
    "healthcheck-interval-seconds",
    values.integer(5, 300),
    value="seconds, 5 to 300",
    default="15",
    merge=Merge.PER_PORT,
    effect="Time between two health checks.",
)
HEALTH_CHECK_TIMEOUT_SECONDS = _own(
    "healthcheck-timeout-seconds",
    values.integer(2, 120),
    value="seconds, 2 to 120",
    default="5",
    merge=Merge.PER_PORT,
    effect="Time after which a health check without an answer has failed.",
)
HEALTH_CHECK_HEALTHY_THRESHOLD_COUNT = _own(
    "healthcheck-healthy-threshold-count",
    values.integer(2, 10),
    value="2 to 10",
    default="2",
    merge=Merge.PER_PORT,
    effect="Good health checks in a row after which the load balancer behind counts as healthy.",
)
HEALTH_CHECK_UNHEALTHY_THRESHOLD_COUNT = _own(
    "healthcheck-unhealthy-threshold-count",
    values.integer(2, 10),
    value="2 to 10",
    default="2",
    merge=Merge.PER_PORT,
    effect="Failed health checks in a row after which the load balancer behind counts as unhealthy.",
)
ATTRIBUTES = _own(
    "attributes",
    shapes.network_attribute_map,
    value=_PAIRS,
    default="none: attributes are left as they are",
    effect="Sets the attributes of the network load balancer that are listed; one that is no longer listed keeps its"
    " value.",
)
TAGS = _own(
    "tags",
    shapes.tag_map,
    value=_PAIRS,
    default="the tags of the load balancer behind",
    effect="Tags of the network load balancer, its listeners and target groups, in place of all others that are asked"
    " for or set by default.",
)

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
