"""Changes of the inventory as values, and their application.

The fold of our own calls and the observations both end here, so that the inventory has one way to change. Called by the
planner's inventory store; `apply` is for whoever holds an `Inventory` value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from services.planner.core.aws import (
    AccountLimit,
    Certificate,
    Health,
    HostedZone,
    Interface,
    Inventory,
    Listener,
    LoadBalancer,
    PeerVpc,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Subscription,
    Target,
    TargetGroup,
    TargetRecord,
    TrustStore,
    Vpc,
    WebAcl,
    Zone,
)

Record = (
    LoadBalancer
    | Listener
    | Rule
    | TargetGroup
    | SecurityGroup
    | Subnet
    | Zone
    | Vpc
    | PeerVpc
    | RouteTable
    | Interface
    | Certificate
    | TrustStore
    | TargetRecord
    | WebAcl
    | Subscription
    | HostedZone
    | AccountLimit
)


class RecordKind(StrEnum):
    """Kinds of records; the value is the inventory's field."""

    LOAD_BALANCER = "load_balancers"
    LISTENER = "listeners"
    RULE = "rules"
    TARGET_GROUP = "target_groups"
    SECURITY_GROUP = "security_groups"
    SUBNET = "subnets"
    ZONE = "zones"
    VPC = "vpc"
    ROUTE_TABLE = "route_tables"
    INTERFACE = "interfaces"
    CERTIFICATE = "certificates"
    TRUST_STORE = "trust_stores"
    PEER_VPC = "peer_vpcs"
    TARGET_RECORD = "target_records"
    WEB_ACL = "web_acls"
    SUBSCRIPTION = "subscriptions"
    HOSTED_ZONE = "hosted_zones"
    ACCOUNT_LIMIT = "account_limits"


KIND_OF: Mapping[type, RecordKind] = {
    LoadBalancer: RecordKind.LOAD_BALANCER,
    Listener: RecordKind.LISTENER,
    Rule: RecordKind.RULE,
    TargetGroup: RecordKind.TARGET_GROUP,
    SecurityGroup: RecordKind.SECURITY_GROUP,
    Subnet: RecordKind.SUBNET,
    Zone: RecordKind.ZONE,
    Vpc: RecordKind.VPC,
    RouteTable: RecordKind.ROUTE_TABLE,
    Interface: RecordKind.INTERFACE,
    Certificate: RecordKind.CERTIFICATE,
    TrustStore: RecordKind.TRUST_STORE,
    PeerVpc: RecordKind.PEER_VPC,
    TargetRecord: RecordKind.TARGET_RECORD,
    WebAcl: RecordKind.WEB_ACL,
    Subscription: RecordKind.SUBSCRIPTION,
    HostedZone: RecordKind.HOSTED_ZONE,
    AccountLimit: RecordKind.ACCOUNT_LIMIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """This is what the resource is now."""

    record: Record

    @property
    def kind(self) -> RecordKind:
        """Kind of the record."""
        return KIND_OF[type(self.record)]

    @property
    def id(self) -> str:
        """ARN or id of the record."""
        return record_id(self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """The resource is gone."""

    kind: RecordKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTargets:
    """These are all registered targets of the group."""

    arn: str
    targets: Mapping[Target, Health]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTargets:
    """These targets of the group are now as given; the others are as they were.

    A group that was not observed becomes a partial one: it then holds only what our own calls touched.
    """

    arn: str
    targets: Mapping[Target, Health]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetTargets:
    """The group is gone, and its targets with it."""

    arn: str


Update = Upsert | Remove | SetTargets | MergeTargets | ForgetTargets


def record_id(record: Record) -> str:
    """The key of a record in its mapping: the ARN where it has one, else the id, or the binding that it is of."""
    match record:
        case TargetRecord():
            return record.binding
        case (
            SecurityGroup()
            | Subnet()
            | Zone()
            | Vpc()
            | PeerVpc()
            | RouteTable()
            | Interface()
            | Subscription()
            | HostedZone()
            | AccountLimit()
        ):
            return record.id
        case _:
            return record.arn


def apply(inventory: Inventory, updates: Iterable[Update]) -> Inventory:
    """The inventory after the updates, in order. Knowledge flags stay as they are; an index is of what was and goes."""
    inventory = replace(inventory, index=None)
    for update in updates:
        inventory = _apply_one(inventory, update)
    return inventory


def _apply_one(inventory: Inventory, update: Update) -> Inventory:
    match update:
        case Upsert(record=Vpc() as vpc):
            return replace(inventory, vpc=vpc)
        case Upsert():
            return _with(inventory, update.kind, {**getattr(inventory, update.kind), update.id: update.record})
        case Remove(kind=RecordKind.VPC):
            return replace(inventory, vpc=None)
        case Remove():
            rest = {k: v for k, v in getattr(inventory, update.kind).items() if k != update.id}
            return _with(inventory, update.kind, rest)
        case SetTargets():
            return replace(
                inventory,
                targets={**inventory.targets, update.arn: dict(update.targets)},
                partial_targets=inventory.partial_targets - {update.arn},
            )
        case MergeTargets():
            known = inventory.targets.get(update.arn)
            partial = inventory.partial_targets if known is not None else inventory.partial_targets | {update.arn}
            merged = {**(known or {}), **update.targets}
            return replace(inventory, targets={**inventory.targets, update.arn: merged}, partial_targets=partial)
        case ForgetTargets():
            return replace(
                inventory,
                targets={k: v for k, v in inventory.targets.items() if k != update.arn},
                partial_targets=inventory.partial_targets - {update.arn},
            )


def _with(inventory: Inventory, kind: RecordKind, mapping: Mapping[str, object]) -> Inventory:
    return replace(inventory, **{str(kind): mapping})  # type: ignore[arg-type]
