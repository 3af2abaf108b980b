"""The operations that the executor makes: one table.

Each row says what an operation costs (API category), whether it may be sent by a plan and under which ownership rule,
whether sending it twice is harmless, and which codes mean that what it asks for already holds. Sources: Elastic Load
Balancing API reference and its throttling page; EC2 API reference and its request throttling page; Resource Groups
Tagging API quotas; ACM user guide, quotas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from services.executor.core.steps import Lane


class Category(Enum):
    """API category: the calls that AWS counts together. The values are the names that settings use."""

    ELB_CREATE = "elb-create"
    ELB_REGISTRATION = "elb-registration"
    ELB_READ = "elb-read"
    ELB_MUTATE = "elb-mutate"
    EC2_READ = "ec2-read"
    EC2_MUTATE = "ec2-mutate"
    EC2_RULES = "ec2-rules"
    EC2_TAGS = "ec2-tags"
    TAGGING_READ = "tagging-read"
    TRUST_STORE_READ = "trust-store-read"
    ACM_LIST = "acm-list"
    ACM_READ = "acm-read"
    ROLES = "roles"
    WAF_ASSOCIATE = "waf-associate"
    WAF_READ = "waf-read"
    WAF_LIST = "waf-list"
    WAF_CLASSIC_ASSOCIATE = "waf-classic-associate"
    WAF_CLASSIC_READ = "waf-classic-read"
    SHIELD = "shield"
    ACM_WRITE = "acm-write"
    ROUTE53 = "route53"


class Ownership(Enum):
    """How it is checked that a call touches only what carries this cluster's ownership tag."""

    READ = "reads only: plans may not contain it, nothing to check"
    TAGGED_CREATE = "the request carries the ownership tag"
    OWNED = "the resource, or the load balancer that it belongs to, carries the tag"
    TARGETS = "a TargetGroupBinding names the target group; one of load balancers carries the tag"
    PERMISSIONS = "the security group carries the tag, or every permission carries our description"
    PROTECTION = "a controller made the protection, and the resource that it protects carries the tag"
    VALIDATION = "all records are those by which ACM validates a domain"
    TAGS = "the resources carry the tag, and the tag itself is not among the keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row. `resource` is what people call the thing; `subject` a JMESPath from parameters to the ids that
    ownership is checked of; `lane` is taken where the caller names none; `satisfied_by` are codes of refusals that mean
    success; `creates` is a JMESPath from the answer to the id of what was made.
    """

    service: str
    name: str
    category: Category
    resource: str
    ownership: Ownership
    lane: Lane
    subject: str = ""
    idempotent: bool = True
    satisfied_by: frozenset[str] = frozenset()
    creates: str = ""

    @property
    def mutating(self) -> bool:
        """Whether it changes something, and so may stand in a plan."""
        return self.ownership is not Ownership.READ


IAM_PREFIXES: Mapping[str, str] = {
    "elbv2": "elasticloadbalancing",
    "ec2": "ec2",
    "resourcegroupstaggingapi": "tag",
    "acm": "acm",
    "sts": "sts",
    "wafv2": "wafv2",
    "waf-regional": "waf-regional",
    "shield": "shield",
    "route53": "route53",
}
"""boto3's service name to the prefix of its IAM actions (Service Authorization Reference)."""


def _write(
    service: str,
    name: str,
    category: Category,
    resource: str,
    subject: str,
    *,
    ownership: Ownership = Ownership.OWNED,
    lane: Lane = Lane.EDIT,
    idempotent: bool = True,
    satisfied_by: str = "",
    creates: str = "",
) -> Operation:
    return Operation(
        service=service,
        name=name,
        category=category,
        resource=resource,
        ownership=ownership,
        lane=lane,
        subject=subject,
        idempotent=idempotent,
        satisfied_by=frozenset(satisfied_by.split()),
        creates=creates,
    )


def _read(service: str, name: str, category: Category, resource: str, lane: Lane = Lane.RESYNC) -> Operation:
    return Operation(
        service=service, name=name, category=category, resource=resource, ownership=Ownership.READ, lane=lane
    )


_C = Category
_LB, _LISTENER, _RULE, _GROUP, _SG = "load balancer", "listener", "rule", "target group", "security group"
_CERTIFICATE = "certificate"
_ACL = "web ACL"
_TAGGED, _TARGETS = Ownership.TAGGED_CREATE, Ownership.TARGETS

_ROWS = (
    # Resource-intensive: CreateLoadBalancer and SetSubnets share one bucket.
    _write(
        "elbv2",
        "CreateLoadBalancer",
        _C.ELB_CREATE,
        _LB,
        "Tags",
        ownership=_TAGGED,
        creates="LoadBalancers[0].LoadBalancerArn",
    ),
    _write("elbv2", "SetSubnets", _C.ELB_CREATE, _LB, "LoadBalancerArn"),
    _write("elbv2", "DeleteLoadBalancer", _C.ELB_MUTATE, _LB, "LoadBalancerArn", satisfied_by="LoadBalancerNotFound"),
    _write("elbv2", "ModifyLoadBalancerAttributes", _C.ELB_MUTATE, _LB, "LoadBalancerArn"),
    _write("elbv2", "SetSecurityGroups", _C.ELB_MUTATE, _LB, "LoadBalancerArn"),
    _write("elbv2", "SetIpAddressType", _C.ELB_MUTATE, _LB, "LoadBalancerArn"),
    _write("elbv2", "CreateListener", _C.ELB_MUTATE, _LISTENER, "LoadBalancerArn"),
    _write("elbv2", "ModifyListener", _C.ELB_MUTATE, _LISTENER, "ListenerArn"),
    _write("elbv2", "DeleteListener", _C.ELB_MUTATE, _LISTENER, "ListenerArn", satisfied_by="ListenerNotFound"),
    _write("elbv2", "ModifyListenerAttributes", _C.ELB_MUTATE, _LISTENER, "ListenerArn"),
    _write("elbv2", "AddListenerCertificates", _C.ELB_MUTATE, _LISTENER, "ListenerArn"),
    _write("elbv2", "RemoveListenerCertificates", _C.ELB_MUTATE, _LISTENER, "ListenerArn"),
    _write("elbv2", "CreateRule", _C.ELB_MUTATE, _RULE, "ListenerArn", idempotent=False),
    _write("elbv2", "ModifyRule", _C.ELB_MUTATE, _RULE, "RuleArn"),
    _write("elbv2", "DeleteRule", _C.ELB_MUTATE, _RULE, "RuleArn", satisfied_by="RuleNotFound"),
    _write("elbv2", "SetRulePriorities", _C.ELB_MUTATE, _RULE, "RulePriorities[].RuleArn"),
    _write(
        "elbv2",
        "CreateTargetGroup",
        _C.ELB_MUTATE,
        _GROUP,
        "Tags",
        ownership=_TAGGED,
        creates="TargetGroups[0].TargetGroupArn",
    ),
    _write("elbv2", "ModifyTargetGroup", _C.ELB_MUTATE, _GROUP, "TargetGroupArn"),
    _write("elbv2", "ModifyTargetGroupAttributes", _C.ELB_MUTATE, _GROUP, "TargetGroupArn"),
    _write("elbv2", "DeleteTargetGroup", _C.ELB_MUTATE, _GROUP, "TargetGroupArn", satisfied_by="TargetGroupNotFound"),
    _write("elbv2", "AddTags", _C.ELB_MUTATE, "tags", "ResourceArns", ownership=Ownership.TAGS),
    _write("elbv2", "RemoveTags", _C.ELB_MUTATE, "tags", "ResourceArns", ownership=Ownership.TAGS),
    _write(
        "elbv2",
        "RegisterTargets",
        _C.ELB_REGISTRATION,
        "targets",
        "TargetGroupArn",
        ownership=_TARGETS,
        lane=Lane.SERVE,
    ),
    _write(
        "elbv2",
        "DeregisterTargets",
        _C.ELB_REGISTRATION,
        "targets",
        "TargetGroupArn",
        ownership=_TARGETS,
        lane=Lane.DRAIN,
    ),
    _write(
        "ec2",
        "CreateSecurityGroup",
        _C.EC2_MUTATE,
        _SG,
        "TagSpecifications[].Tags[]",
        ownership=_TAGGED,
        idempotent=False,
        creates="GroupId",
    ),
    _write("ec2", "DeleteSecurityGroup", _C.EC2_MUTATE, _SG, "GroupId", satisfied_by="InvalidGroup.NotFound"),
    _write(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        _C.EC2_RULES,
        "permissions",
        "GroupId",
        ownership=Ownership.PERMISSIONS,
        idempotent=False,
    ),
    _write(
        "ec2",
        "RevokeSecurityGroupIngress",
        _C.EC2_RULES,
        "permissions",
        "GroupId",
        ownership=Ownership.PERMISSIONS,
        idempotent=False,
    ),
    _write("ec2", "CreateTags", _C.EC2_TAGS, "tags", "Resources", ownership=Ownership.TAGS),
    _write("ec2", "DeleteTags", _C.EC2_TAGS, "tags", "Resources", ownership=Ownership.TAGS),
    _write("elbv2", "ModifyCapacityReservation", _C.ELB_MUTATE, _LB, "LoadBalancerArn"),
    _write("elbv2", "ModifyIpPools", _C.ELB_MUTATE, _LB, "LoadBalancerArn"),
    _write("wafv2", "AssociateWebACL", _C.WAF_ASSOCIATE, _ACL, "ResourceArn"),
    _write(
        "wafv2",
        "DisassociateWebACL",
        _C.WAF_ASSOCIATE,
        _ACL,
        "ResourceArn",
        satisfied_by="WAFNonexistentItemException",
    ),
    _write("waf-regional", "AssociateWebACL", _C.WAF_CLASSIC_ASSOCIATE, _ACL, "ResourceArn"),
    _write(
        "waf-regional",
        "DisassociateWebACL",
        _C.WAF_CLASSIC_ASSOCIATE,
        _ACL,
        "ResourceArn",
        satisfied_by="WAFNonexistentItemException",
    ),
    _write(
        "shield",
        "CreateProtection",
        _C.SHIELD,
        "protection",
        "ResourceArn",
        satisfied_by="ResourceAlreadyExistsException",
    ),
    _write(
        "shield",
        "DeleteProtection",
        _C.SHIELD,
        "protection",
        "ProtectionId",
        ownership=Ownership.PROTECTION,
        satisfied_by="ResourceNotFoundException",
    ),
    _read("elbv2", "DescribeCapacityReservation", _C.ELB_READ, _LB),
    _read("elbv2", "DescribeAccountLimits", _C.ELB_READ, "account"),
    _read("wafv2", "GetWebACLForResource", _C.WAF_READ, _ACL),
    _read("wafv2", "ListWebACLs", _C.WAF_LIST, _ACL),
    _read("waf-regional", "GetWebACLForResource", _C.WAF_CLASSIC_READ, _ACL),
    _read("shield", "DescribeProtection", _C.SHIELD, "protection"),
    _read("shield", "GetSubscriptionState", _C.SHIELD, "subscription"),
    _write(
        "acm",
        "RequestCertificate",
        _C.ACM_WRITE,
        _CERTIFICATE,
        "Tags",
        ownership=_TAGGED,
        creates="CertificateArn",
    ),
    _write(
        "acm",
        "DeleteCertificate",
        _C.ACM_WRITE,
        _CERTIFICATE,
        "CertificateArn",
        satisfied_by="ResourceNotFoundException",
    ),
    _write("acm", "AddTagsToCertificate", _C.ACM_WRITE, "tags", "CertificateArn", ownership=Ownership.TAGS),
    _write("acm", "RemoveTagsFromCertificate", _C.ACM_WRITE, "tags", "CertificateArn", ownership=Ownership.TAGS),
    _write(
        "route53",
        "ChangeResourceRecordSets",
        _C.ROUTE53,
        "records",
        "ChangeBatch",
        ownership=Ownership.VALIDATION,
    ),
    _read("elbv2", "DescribeLoadBalancers", _C.ELB_READ, _LB),
    _read("elbv2", "DescribeLoadBalancerAttributes", _C.ELB_READ, _LB),
    _read("elbv2", "DescribeListeners", _C.ELB_READ, _LISTENER),
    _read("elbv2", "DescribeListenerAttributes", _C.ELB_READ, _LISTENER),
    _read("elbv2", "DescribeListenerCertificates", _C.ELB_READ, _LISTENER),
    _read("elbv2", "DescribeRules", _C.ELB_READ, _RULE),
    _read("elbv2", "DescribeTargetGroups", _C.ELB_READ, _GROUP),
    _read("elbv2", "DescribeTargetGroupAttributes", _C.ELB_READ, _GROUP),
    _read("elbv2", "DescribeTargetHealth", _C.ELB_READ, "targets", Lane.SERVE),
    _read("elbv2", "DescribeTags", _C.ELB_READ, "tags"),
    _read("ec2", "DescribeVpcs", _C.EC2_READ, "VPC"),
    _read("ec2", "DescribeSubnets", _C.EC2_READ, "subnet"),
    _read("ec2", "DescribeAvailabilityZones", _C.EC2_READ, "availability zone"),
    _read("ec2", "DescribeSecurityGroups", _C.EC2_READ, _SG),
    _read("ec2", "DescribeNetworkInterfaces", _C.EC2_READ, "network interface"),
    _read("ec2", "DescribeRouteTables", _C.EC2_READ, "route table"),
    _read("elbv2", "DescribeTrustStores", _C.TRUST_STORE_READ, "trust store"),
    _read("acm", "ListCertificates", _C.ACM_LIST, _CERTIFICATE),
    _read("acm", "DescribeCertificate", _C.ACM_READ, _CERTIFICATE),
    _read("acm", "ListTagsForCertificate", _C.ACM_READ, _CERTIFICATE),
    _read("route53", "ListHostedZones", _C.ROUTE53, "hosted zone"),
    _read("resourcegroupstaggingapi", "GetResources", _C.TAGGING_READ, "tags"),
    # Changes nothing either; whether the role may be assumed, the binding that names it says.
    _read("sts", "AssumeRole", _C.ROLES, "role", Lane.SERVE),
)

OPERATIONS: Mapping[tuple[str, str], Operation] = {(row.service, row.name): row for row in _ROWS}
"""The table by service and operation."""
