"""The load balancer and its group (ingress behaviour, section 4.1)."""

from typing import Any

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.annotation import Annotation, Merge, everything

SCHEMES = ("internal", "internet-facing")
IP_ADDRESS_TYPES = ("ipv4", "dualstack", "dualstack-without-public-ipv4")

GROUP_NAME = Annotation(
    name="group.name",
    parse=shapes.group_name,
    supports=everything,
    value="lower-case letters, digits, - and ., at most 63",
    default="none: the Ingress has a load balancer of its own",
    effect="Ingresses with the same group name, of all namespaces, share one load balancer.",
)
GROUP_ORDER = Annotation(
    name="group.order",
    parse=values.integer(-1000, 1000),
    supports=everything,
    value="a number, -1000 to 1000",
    default="0",
    effect="Rules of a member with a lower number come first; equal numbers go by namespace/name.",
)
SUBNETS = Annotation(
    name="subnets",
    parse=values.string_list,
    supports=everything,
    value="subnet ids or Name tags, separated by commas",
    default="found by their tags",
    merge=Merge.EXCLUSIVE,
    effect="Subnets that the load balancer is put into, one in each zone.",
)
LOAD_BALANCER_NAME = Annotation(
    name="load-balancer-name",
    parse=shapes.load_balancer_name,
    supports=everything,
    value="up to 32 letters, digits and hyphens",
    default="made from namespace and name, or the group's name",
    merge=Merge.EXCLUSIVE,
    effect="Name of a load balancer that is made; one that stands is never renamed.",
)
SCHEME = Annotation(
    name="scheme",
    parse=values.choice(*SCHEMES),
    supports=everything,
    value="internal or internet-facing",
    default="the setting default-load-balancer-scheme, which is internal",
    merge=Merge.EXCLUSIVE,
    effect="Whether the load balancer has public addresses; a change makes a new load balancer.",
)
LOAD_BALANCER_ATTRIBUTES = Annotation(
    name="load-balancer-attributes",
    parse=shapes.attribute_map,
    supports=everything,
    value="key=value pairs, separated by commas",
    default="none: attributes are left as they are",
    merge=Merge.UNITED,
    effect="Sets the attributes that are listed; one that is no longer listed keeps its value.",
)
TAGS = Annotation(
    name="tags",
    parse=shapes.tag_map,
    supports=everything,
    on_service=True,
    value="key=value pairs, separated by commas",
    default="none",
    merge=Merge.UNITED,
    effect="Tags of everything that is made in AWS; of a Service, those of its target groups.",
)
IP_ADDRESS_TYPE = Annotation(
    name="ip-address-type",
    parse=values.choice(*IP_ADDRESS_TYPES),
    supports=everything,
    value="ipv4, dualstack or dualstack-without-public-ipv4",
    default="ipv4",
    merge=Merge.EXCLUSIVE,
    effect="Kinds of addresses that clients can connect to.",
)
SECURITY_GROUPS = Annotation(
    name="security-groups",
    parse=values.string_list,
    supports=everything,
    value="security group ids or Name tags, separated by commas",
    default="a security group that is made for the load balancer",
    merge=Merge.EXCLUSIVE,
    effect="Security groups of the load balancer, whose rules are then the user's own.",
)
MANAGE_BACKEND_RULES = Annotation(
    name="manage-backend-security-group-rules",
    parse=values.boolean,
    supports=everything,
    value="true or false",
    default="the setting enable-manage-backend-security-group-rules, which is false",
    merge=Merge.EXCLUSIVE,
    effect="With security-groups: rules that let the load balancer reach its targets are made all the same.",
)
CUSTOMER_OWNED_POOL = Annotation(
    name="customer-owned-ipv4-pool",
    parse=values.non_empty,
    supports=everything,
    value="id of a customer-owned address pool",
    default="none",
    merge=Merge.EXCLUSIVE,
    effect="Pool of a load balancer on an Outpost; read when the load balancer is made, and never after.",
)
IPAM_POOL = Annotation(
    name="ipam-ipv4-pool-id",
    parse=values.string,
    supports=everything,
    value="id of an IPAM pool",
    default="none",
    merge=Merge.EXCLUSIVE,
    effect="Pool that the load balancer takes its public IPv4 addresses from.",
)
CAPACITY = Annotation(
    name="minimum-load-balancer-capacity",
    parse=shapes.capacity_units,
    supports=everything,
    value="CapacityUnits=<number>",
    default="none: the reservation is left as it is",
    merge=Merge.EXCLUSIVE,
    effect="Capacity that is reserved for the load balancer; 0 gives the reservation back.",
)

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
