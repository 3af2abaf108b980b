"""How AWS's Describe calls list things: one table. Read by `aws.reads`.

Sources: Elastic Load Balancing API reference (PageSize 1 to 400, Marker), EC2 API reference (MaxResults, NextToken),
ACM API reference (MaxItems, NextToken), Route 53 API reference (MaxItems, Marker).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.executor.core.observations import ResourceKind
from services.executor.core.operations import OPERATIONS, Operation
from services.executor.core.steps import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One listing call: where its items stand in the answer, what names them, and how its pages are asked for.

    `page_size` are the parameters of a paged call; `ask_next_by` and `next_stands_in` empty: it has no pages.
    """

    operation: Operation
    kind: ResourceKind
    items: str
    id: str
    parent: str = ""
    page_size: Mapping[str, Json] = field(default_factory=dict)
    ask_next_by: str = ""
    next_stands_in: str = ""


def _elb(name: str, kind: ResourceKind, items: str, item_id: str, *, parent: str = "") -> Listing:
    return Listing(
        operation=OPERATIONS["elbv2", name],
        kind=kind,
        items=items,
        id=item_id,
        parent=parent,
        page_size={"PageSize": 400},
        ask_next_by="Marker",
        next_stands_in="NextMarker",
    )


def _ec2(name: str, kind: ResourceKind, items: str, item_id: str, *, page_size: int) -> Listing:
    return Listing(
        operation=OPERATIONS["ec2", name],
        kind=kind,
        items=items,
        id=item_id,
        page_size={"MaxResults": page_size},
        ask_next_by="NextToken",
        next_stands_in="NextToken",
    )


_K = ResourceKind

LOAD_BALANCERS = _elb("DescribeLoadBalancers", _K.LOAD_BALANCER, "LoadBalancers", "LoadBalancerArn")
LISTENERS = _elb("DescribeListeners", _K.LISTENER, "Listeners", "ListenerArn", parent="LoadBalancerArn")
RULES = _elb("DescribeRules", _K.RULE, "Rules", "RuleArn", parent="ListenerArn")
TARGET_GROUPS = _elb("DescribeTargetGroups", _K.TARGET_GROUP, "TargetGroups", "TargetGroupArn")

ACCOUNT_LIMITS = _elb("DescribeAccountLimits", _K.ACCOUNT_LIMIT, "Limits", "Name")
TRUST_STORES = _elb("DescribeTrustStores", _K.TRUST_STORE, "TrustStores", "TrustStoreArn")

CERTIFICATES = Listing(
    operation=OPERATIONS["acm", "ListCertificates"],
    kind=_K.CERTIFICATE,
    items="CertificateSummaryList",
    id="CertificateArn",
    page_size={"MaxItems": 1000},
    ask_next_by="NextToken",
    next_stands_in="NextToken",
)

WEB_ACLS = Listing(
    operation=OPERATIONS["wafv2", "ListWebACLs"],
    kind=_K.WEB_ACL,
    items="WebACLs",
    id="ARN",
    page_size={"Limit": 100},
    ask_next_by="NextMarker",
    next_stands_in="NextMarker",
)

HOSTED_ZONES = Listing(
    operation=OPERATIONS["route53", "ListHostedZones"],
    kind=_K.HOSTED_ZONE,
    items="HostedZones",
    id="Id",
    page_size={"MaxItems": "100"},
    ask_next_by="Marker",
    next_stands_in="NextMarker",
)

VPCS = Listing(operation=OPERATIONS["ec2", "DescribeVpcs"], kind=_K.VPC, items="Vpcs", id="VpcId")
PEER_VPCS = replace(VPCS, kind=_K.PEER_VPC)
AVAILABILITY_ZONES = Listing(
    operation=OPERATIONS["ec2", "DescribeAvailabilityZones"],
    kind=_K.AVAILABILITY_ZONE,
    items="AvailabilityZones",
    id="ZoneId",
)
SUBNETS = _ec2("DescribeSubnets", _K.SUBNET, "Subnets", "SubnetId", page_size=1000)
SECURITY_GROUPS = _ec2("DescribeSecurityGroups", _K.SECURITY_GROUP, "SecurityGroups", "GroupId", page_size=1000)
INTERFACES = _ec2(
    "DescribeNetworkInterfaces", _K.NETWORK_INTERFACE, "NetworkInterfaces", "NetworkInterfaceId", page_size=1000
)
ROUTE_TABLES = _ec2("DescribeRouteTables", _K.ROUTE_TABLE, "RouteTables", "RouteTableId", page_size=100)
