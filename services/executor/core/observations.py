"""What one AWS call answered about resources, and the questions that such answers are for. Made by `aws.reads`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from services.executor.core.steps import AssumedRole, Json


class ResourceKind(Enum):
    """Kinds of AWS resources; the values are the names of the wire's ResourceKind without their prefix."""

    LOAD_BALANCER = "LOAD_BALANCER"
    LISTENER = "LISTENER"
    RULE = "RULE"
    TARGET_GROUP = "TARGET_GROUP"
    TARGETS = "TARGETS"
    SECURITY_GROUP = "SECURITY_GROUP"
    VPC = "VPC"
    SUBNET = "SUBNET"
    AVAILABILITY_ZONE = "AVAILABILITY_ZONE"
    NETWORK_INTERFACE = "NETWORK_INTERFACE"
    ROUTE_TABLE = "ROUTE_TABLE"
    CERTIFICATE = "CERTIFICATE"
    TRUST_STORE = "TRUST_STORE"
    PEER_VPC = "PEER_VPC"
    TARGET_RECORD = "TARGET_RECORD"
    WEB_ACL = "WEB_ACL"
    SUBSCRIPTION = "SUBSCRIPTION"
    HOSTED_ZONE = "HOSTED_ZONE"
    ACCOUNT_LIMIT = "ACCOUNT_LIMIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource, or what one call told about it: None stands for what was not read.

    `id` is an ARN for Elastic Load Balancing and an id for EC2; `parent_id` is a listener's load balancer or a rule's
    listener; `description` is AWS's own; `certificates` are a listener's beside the default one; `facts`
    of a load balancer are what calls of their own tell, by the names that the wire's Resource lists.
    """

    kind: ResourceKind
    id: str
    parent_id: str = ""
    description: Json = None
    tags: Mapping[str, str] | None = None
    attributes: Mapping[str, str] | None = None
    certificates: tuple[str, ...] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The resources that one call answered; `begun` is the sequence number when the call began."""

    begun: int
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackQuery:
    """Everything that carries all the tags or has one of the names, with listeners and rules."""

    tags: Mapping[str, str]
    load_balancer_names: tuple[str, ...] = ()
    target_group_names: tuple[str, ...] = ()
    security_group_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllQuery:
    """Everything of the cluster and what stands beside it. `parallel` calls at once, 0 for the default."""

    instance_ids: tuple[str, ...] = ()
    parallel: int = 0


class LookupKind(Enum):
    """Questions about named things; the values are the names of the wire's LookupKind without their prefix."""

    NETWORK = "NETWORK"
    ROUTE_TABLES = "ROUTE_TABLES"
    INSTANCE_INTERFACES = "INSTANCE_INTERFACES"
    ADDRESS_INTERFACES = "ADDRESS_INTERFACES"
    SECURITY_GROUPS = "SECURITY_GROUPS"
    SECURITY_GROUP_NAMES = "SECURITY_GROUP_NAMES"
    CAPACITY = "CAPACITY"
    WEB_ACL = "WEB_ACL"
    CLASSIC_WEB_ACL = "CLASSIC_WEB_ACL"
    PROTECTION = "PROTECTION"
    WEB_ACLS = "WEB_ACLS"
    SHIELD_SUBSCRIPTION = "SHIELD_SUBSCRIPTION"
    ACCOUNT_LIMITS = "ACCOUNT_LIMITS"
    CLUSTER_SECURITY_GROUPS = "CLUSTER_SECURITY_GROUPS"
    ATTRIBUTES = "ATTRIBUTES"
    TARGETS = "TARGETS"
    LOAD_BALANCERS = "LOAD_BALANCERS"
    TARGET_GROUPS = "TARGET_GROUPS"
    LISTENER_CERTIFICATES = "LISTENER_CERTIFICATES"
    CERTIFICATES = "CERTIFICATES"
    CERTIFICATE_DETAILS = "CERTIFICATE_DETAILS"
    TRUST_STORES = "TRUST_STORES"
    TARGET_GROUP_NAMES = "TARGET_GROUP_NAMES"
    PEER_VPCS = "PEER_VPCS"
    TARGET_RECORDS = "TARGET_RECORDS"
    MANAGED_CERTIFICATES = "MANAGED_CERTIFICATES"
    HOSTED_ZONES = "HOSTED_ZONES"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupQuery:
    """A question about the things with these keys; what is not answered is absent. `role` None: the executor's own."""

    kind: LookupKind
    keys: tuple[str, ...] = ()
    role: AssumedRole | None = None


Query = StackQuery | AllQuery | LookupQuery
