"""Ownership and the load balancer (service behaviour, sections 3.1, 4, 5 and 13)."""

from typing import Any

from services.planner.core.annotations import network_shapes, shapes, values
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.service_nlb.names import named, own

SCHEMES = ("internal", "internet-facing")

TYPE = own(
    "type",
    parse=values.string,
    value="`external` or `nlb-ip`",
    default="none",
    effect="Asks this controller for a network load balancer where the Service has no class; `nlb-ip` also makes pods"
    " the targets.",
)
NLB_TARGET_TYPE = own(
    "nlb-target-type",
    parse=values.string,
    value="`instance` or `ip`",
    default="the default target type of the installation",
    effect="Makes nodes (by node port) or pods (by address) the targets.",
)
NAME = own(
    "name",
    parse=shapes.load_balancer_name,
    value="up to 32 letters, digits and hyphens",
    default="made of namespace, name and a hash",
    effect="Names a load balancer that is created; one that stands keeps its name.",
)
SCHEME = own(
    "scheme",
    parse=values.choice(*SCHEMES),
    value="`internal` or `internet-facing`",
    default="that of the standing load balancer, else the default scheme of the installation",
    effect="Says from where the load balancer can be reached; another scheme replaces it.",
)
INTERNAL = own(
    "internal",
    parse=values.boolean,
    value="a truth value",
    default="none",
    effect="Deprecated form of the scheme, read where that is absent: true is internal, false internet-facing.",
)
IP_ADDRESS_TYPE = own(
    "ip-address-type",
    parse=values.choice("ipv4", "dualstack"),
    value="`ipv4` or `dualstack`",
    default="`ipv4`",
    effect="Gives clients IPv4 addresses alone, or IPv6 addresses too.",
)
SUBNETS = own(
    "subnets",
    parse=values.string_list,
    value="a list of subnet ids or of values of their tag `Name`",
    default="those of the standing load balancer, else discovered by tags",
    effect="Puts the load balancer into these subnets, one in each zone.",
)
EIP_ALLOCATIONS = own(
    "eip-allocations",
    parse=values.string_list,
    value="a list of allocation ids, one for each subnet in its order",
    default="none",
    effect="Gives an internet-facing load balancer these Elastic IP addresses when it is created.",
)
PRIVATE_IPV4_ADDRESSES = own(
    "private-ipv4-addresses",
    parse=network_shapes.ipv4_addresses,
    value="a list of IPv4 addresses, exactly one in each subnet",
    default="none",
    effect="Gives an internal load balancer these addresses when it is created.",
)
IPV6_ADDRESSES = own(
    "ipv6-addresses",
    parse=network_shapes.ipv6_addresses,
    value="a list of IPv6 addresses, exactly one in each subnet",
    default="none",
    effect="Gives a dual-stack load balancer these addresses when it is created.",
)
SOURCE_NAT = own(
    "enable-prefix-for-ipv6-source-nat",
    parse=values.choice("on", "off"),
    value="`on` or `off`",
    default="`off`",
    effect="Reaches targets from an IPv6 prefix of each subnet, as UDP listeners with IPv6 addresses need it.",
)
SOURCE_NAT_PREFIXES = own(
    "source-nat-ipv6-prefixes",
    parse=network_shapes.source_nat_prefixes,
    value="a list of IPv6 prefixes of length 80 or `auto_assigned`, one for each subnet in its order",
    default="chosen by AWS",
    effect="Names the prefixes of source network address translation.",
)
SECURITY_GROUPS = own(
    "security-groups",
    parse=values.string_list,
    value="a list of security group ids or of values of their tag `Name`",
    default="a managed group and the cluster's shared backend group",
    effect="Gives the load balancer these security groups in place of the managed one.",
)
MANAGE_BACKEND_RULES = own(
    "manage-backend-security-group-rules",
    parse=values.boolean,
    value="a truth value",
    default="the installation's setting beside own security groups; true for a load balancer without any",
    effect="Says whether rules on the security groups of nodes and pods let the load balancer in.",
)
DISABLE_SECURITY_GROUPS = own(
    "disable-nlb-sg",
    parse=values.boolean,
    value="a truth value",
    default="false",
    effect="Creates the load balancer without security groups, which AWS never changes afterwards.",
)
PRIVATE_LINK_RULES = own(
    "inbound-sg-rules-on-private-link-traffic",
    parse=values.choice("on", "off"),
    value="`on` or `off`",
    default="left as it is",
    effect="Says whether inbound rules of the security groups apply to traffic that comes through PrivateLink.",
)
SOURCE_RANGES = named(
    "load-balancer-source-ranges",
    parse=shapes.address_ranges,
    value="a list of address ranges",
    default="everywhere",
    effect="Lets only these ranges in; `spec.loadBalancerSourceRanges` wins.",
)
PREFIX_LISTS = own(
    "security-group-prefix-lists",
    parse=network_shapes.prefix_lists,
    value="a list of prefix list ids",
    default="none",
    effect="Lets these prefix lists in, and without source ranges nobody else.",
)
PATH_MTU_DISCOVERY = own(
    "enable-icmp-for-path-mtu-discovery",
    parse=values.string,
    value="`on`; everything else is off",
    default="off",
    effect="Lets the ICMP messages of path MTU discovery in from the source ranges.",
)
ATTRIBUTES = own(
    "attributes",
    parse=shapes.network_attribute_map,
    value="pairs `key=value`",
    default="none",
    effect="Sets attributes of the load balancer; those not named are left alone.",
)
ACCESS_LOG_ENABLED = own(
    "access-log-enabled",
    parse=values.boolean,
    value="a truth value",
    default="none",
    effect="Deprecated: true sets the attribute `access_logs.s3.enabled`; false sets nothing.",
)
ACCESS_LOG_BUCKET = own(
    "access-log-s3-bucket-name",
    parse=values.string,
    value="name of a bucket",
    default="none",
    effect="Deprecated: sets the attribute `access_logs.s3.bucket` where access logs are enabled by annotation.",
)
ACCESS_LOG_PREFIX = own(
    "access-log-s3-bucket-prefix",
    parse=values.string,
    value="a prefix in the bucket",
    default="none",
    effect="Deprecated: sets the attribute `access_logs.s3.prefix` where access logs are enabled by annotation.",
)
CROSS_ZONE = own(
    "cross-zone-load-balancing-enabled",
    parse=values.boolean,
    value="a truth value",
    default="none",
    effect="Deprecated: sets the attribute `load_balancing.cross_zone.enabled`.",
)
CAPACITY = own(
    "minimum-load-balancer-capacity",
    parse=shapes.capacity_units,
    value="`CapacityUnits=<number>`",
    default="left as it is",
    effect="Reserves that much capacity; 0 gives the reservation back.",
)
TAGS = own(
    "additional-resource-tags",
    parse=shapes.tag_map,
    value="pairs `key=value`",
    default="none",
    effect="Puts tags on every AWS resource of the Service.",
)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    TYPE,
    NLB_TARGET_TYPE,
    NAME,
    SCHEME,
    INTERNAL,
    IP_ADDRESS_TYPE,
    SUBNETS,
    EIP_ALLOCATIONS,
    PRIVATE_IPV4_ADDRESSES,
    IPV6_ADDRESSES,
    SOURCE_NAT,
    SOURCE_NAT_PREFIXES,
    SECURITY_GROUPS,
    MANAGE_BACKEND_RULES,
    DISABLE_SECURITY_GROUPS,
    PRIVATE_LINK_RULES,
    SOURCE_RANGES,
    PREFIX_LISTS,
    PATH_MTU_DISCOVERY,
    ATTRIBUTES,
    ACCESS_LOG_ENABLED,
    ACCESS_LOG_BUCKET,
    ACCESS_LOG_PREFIX,
    CROSS_ZONE,
    CAPACITY,
    TAGS,
)
