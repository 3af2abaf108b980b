"""Builders of what AWS answers, as the executor passes it on, and of the records that follow."""

from collections.abc import Mapping
from typing import Any

from services.planner.core.outcomes import LookupKind
from services.planner.core.plans import AwsCall
from services.planner.core.updates import RecordKind
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.observations import (
    Answered,
    Observation,
    ObservedRecord,
    ObservedTargets,
    Query,
    Scope,
)
from services.planner.inventory.store import Store
from tests.unit.planner_shell.things import STACK

CLUSTER = "rig"
TAGS = {"elbv2.k8s.aws/cluster": CLUSTER, "ingress.k8s.aws/stack": "shop/front"}
PREFIX = "arn:aws:elasticloadbalancing:us-west-2:123456789012"
LB = f"{PREFIX}:loadbalancer/app/front/1"
LISTENER = f"{PREFIX}:listener/app/front/1/2"
RULE = f"{PREFIX}:listener-rule/app/front/1/2/3"
TG = f"{PREFIX}:targetgroup/web/4"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def store(clock: Clock | None = None) -> Store:
    """An empty inventory."""
    return Store(cluster_name=CLUSTER, lifetimes=Lifetimes(), clock=clock or Clock())


def load_balancer(arn: str = LB, *, name: str = "front", tags: Mapping[str, str] | None = TAGS) -> ObservedRecord:
    description = {
        "LoadBalancerArn": arn,
        "LoadBalancerName": name,
        "Type": "application",
        "Scheme": "internal",
        "DNSName": f"{name}.example",
        "VpcId": "vpc-1",
    }
    return ObservedRecord(kind=RecordKind.LOAD_BALANCER, id=arn, description=description, tags=tags)


def listener(arn: str = LISTENER, *, balancer: str = LB) -> ObservedRecord:
    description = {"ListenerArn": arn, "LoadBalancerArn": balancer, "Port": 80, "Protocol": "HTTP"}
    return ObservedRecord(kind=RecordKind.LISTENER, id=arn, parent=balancer, description=description, tags={})


def rule(arn: str = RULE, *, of: str = LISTENER) -> ObservedRecord:
    description = {"RuleArn": arn, "Priority": "1", "Conditions": [], "Actions": []}
    return ObservedRecord(kind=RecordKind.RULE, id=arn, parent=of, description=description, tags={})


def target_group(arn: str = TG, *, name: str = "web", tags: Mapping[str, str] | None = TAGS) -> ObservedRecord:
    description = {"TargetGroupArn": arn, "TargetGroupName": name, "TargetType": "ip", "Protocol": "HTTP", "Port": 80}
    return ObservedRecord(kind=RecordKind.TARGET_GROUP, id=arn, description=description, tags=tags)


def security_group(id_: str = "sg-1", *, vpc: str = "vpc-1", tags: Mapping[str, str] = TAGS) -> ObservedRecord:
    description = {
        "GroupId": id_,
        "GroupName": f"name of {id_}",
        "VpcId": vpc,
        "Tags": [{"Key": k, "Value": v} for k, v in tags.items()],
    }
    return ObservedRecord(kind=RecordKind.SECURITY_GROUP, id=id_, description=description)


def vpc(id_: str = "vpc-1") -> ObservedRecord:
    return ObservedRecord(kind=RecordKind.VPC, id=id_, description={"VpcId": id_})


def subnet(id_: str = "subnet-1") -> ObservedRecord:
    description = {"SubnetId": id_, "AvailabilityZone": "us-west-2a", "VpcId": "vpc-1"}
    return ObservedRecord(kind=RecordKind.SUBNET, id=id_, description=description)


def interface(id_: str = "eni-1", *, instance: str = "i-1") -> ObservedRecord:
    description = {"NetworkInterfaceId": id_, "Attachment": {"InstanceId": instance, "DeviceIndex": 0}}
    return ObservedRecord(kind=RecordKind.INTERFACE, id=id_, description=description)


def health(*states: str, arn: str = TG) -> ObservedTargets:
    """Targets 10.0.0.1, 10.0.0.2, ... in these states."""
    descriptions: list[dict[str, Any]] = [
        {"Target": {"Id": f"10.0.0.{n}", "Port": 80}, "TargetHealth": {"State": state}}
        for n, state in enumerate(states, start=1)
    ]
    return ObservedTargets(arn=arn, descriptions=descriptions)


def observation(begun: int, *things: ObservedRecord | ObservedTargets) -> Observation:
    return Observation(
        begun=begun,
        records=tuple(t for t in things if isinstance(t, ObservedRecord)),
        targets=tuple(t for t in things if isinstance(t, ObservedTargets)),
    )


ALL = Query(scope=Scope.ALL, keys=("i-1",))
OF_STACK = Query(scope=Scope.STACK, stack=STACK, tags=TAGS)


def lookup(kind: LookupKind, *keys: str) -> Query:
    return Query(scope=Scope.LOOKUP, kind=kind, keys=keys)


def answered(query: Query, begun: int, asked_at: float = 1_000.0) -> Answered:
    return Answered(query=query, begun=begun, asked_at=asked_at)


def call(operation: str, **parameters: Any) -> AwsCall:
    return AwsCall(service="elbv2", operation=operation, parameters=parameters)
