"""The load balancer and its group (ingress behaviour, section 4.1)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, everything, nothing, only

SCHEMES = ("internal", "internet-facing")

GROUP_NAME = Annotation(name="group.name", parse=shapes.group_name, supports=everything)
GROUP_ORDER = Annotation(name="group.order", parse=values.integer(-1000, 1000), supports=everything)
SUBNETS = Annotation(name="subnets", parse=values.string_list, supports=everything)
LOAD_BALANCER_NAME = Annotation(name="load-balancer-name", parse=shapes.load_balancer_name, supports=everything)
SCHEME = Annotation(name="scheme", parse=values.choice(*SCHEMES), supports=everything)
LOAD_BALANCER_ATTRIBUTES = Annotation(name="load-balancer-attributes", parse=shapes.attribute_map, supports=everything)
TAGS = Annotation(name="tags", parse=shapes.tag_map, supports=everything, on_service=True)
IP_ADDRESS_TYPE = Annotation(
    name="ip-address-type",
    parse=values.choice("ipv4", "dualstack", "dualstack-without-public-ipv4"),
    supports=only("ipv4"),
)
SECURITY_GROUPS = Annotation(name="security-groups", parse=values.string_list, supports=only(()))
# Read only beside security-groups, which is refused itself.
MANAGE_BACKEND_RULES = Annotation(name="manage-backend-security-group-rules", parse=values.boolean, supports=everything)
CUSTOMER_OWNED_POOL = Annotation(name="customer-owned-ipv4-pool", parse=values.non_empty, supports=nothing)
IPAM_POOL = Annotation(name="ipam-ipv4-pool-id", parse=values.string, supports=only(""))
CAPACITY = Annotation(name="minimum-load-balancer-capacity", parse=values.string_map, supports=nothing)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    GROUP_NAME,
    GROUP_ORDER,
    SUBNETS,
    LOAD_BALANCER_NAME,
    SCHEME,
    LOAD_BALANCER_ATTRIBUTES,
    TAGS,
    IP_ADDRESS_TYPE,
    SECURITY_GROUPS,
    MANAGE_BACKEND_RULES,
    CUSTOMER_OWNED_POOL,
    IPAM_POOL,
    CAPACITY,
)
