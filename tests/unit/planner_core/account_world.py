"""A world whose AWS is the sandbox's endpoint: plans are sent through the SDK, real answers are folded, and everything
can be read again to hold the fold to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
from botocore.config import Config

from sandbox.aws import AwsWorld
from services.planner.core import parse
from services.planner.core.aws import Fact, Inventory, Knowledge, Subscription
from services.planner.core.fold import fold
from services.planner.core.inputs import BindingInput, Cluster, NetworkInput, StackInput
from services.planner.core.keys import StackKey
from services.planner.core.objects import Meta, Node, TargetGroupBinding
from services.planner.core.plans import AwsCall
from services.planner.core.updates import RecordKind, Upsert, apply
from tests.unit.planner_core.simulated import World
from tests.unit.planner_core.strict import merge_binding_patch


def client(account: AwsWorld, service: str) -> Any:
    """An SDK client of the endpoint; it sends a call once."""
    return boto3.client(
        service,
        endpoint_url=account.url,
        region_name=account.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


@dataclass
class AccountWorld(World):
    """`clients` by service. The planner's inventory is what was read at first and then folded, never read again."""

    clients: Mapping[str, Any] = field(default_factory=dict)
    cluster: Cluster = field(default_factory=lambda: Cluster(name="", region="", vpc_id=""))

    def stack_input(self, key: StackKey) -> StackInput:
        return replace(super().stack_input(key), cluster=self.cluster)

    def binding_input(self, binding: TargetGroupBinding) -> BindingInput:
        return replace(super().binding_input(binding), cluster=self.cluster)

    def network_input(self) -> NetworkInput:
        return replace(super().network_input(), cluster=self.cluster)

    def call(self, call: AwsCall) -> Mapping[str, Any]:
        self.calls.append(call)
        sdk = self.clients[call.service]
        method = next(m for m, operation in sdk.meta.method_to_api_mapping.items() if operation == call.operation)
        answer: dict[str, Any] = getattr(sdk, method)(**call.parameters)
        self.inventory = apply(self.inventory, fold(self.inventory, call, answer))
        return answer

    def write(self, write: Any) -> dict[str, Any]:
        return super().write(merge_binding_patch(self, write))

    def read(self) -> Inventory:
        """Everything that the account holds, read anew."""
        return read_account(self.clients, self.cluster)


def nodes_of(account: AwsWorld) -> dict[str, Node]:
    """The seeded instances as ready nodes, by the names that the application's pods run on."""
    return {
        f"node-{n.az}": Node(meta=Meta(name=f"node-{n.az}"), provider_id=f"aws:///z/{n.id}", ready="True")
        for n in account.nodes
    }


def read_account(clients: Mapping[str, Any], cluster: Cluster) -> Inventory:
    """Describes everything and parses what is answered."""
    ec2, vpc = clients["ec2"], [{"Name": "vpc-id", "Values": [cluster.vpc_id]}]
    found: list[tuple[RecordKind, Mapping[str, Any]]] = [
        *((RecordKind.VPC, d) for d in ec2.describe_vpcs(VpcIds=[cluster.vpc_id])["Vpcs"]),
        *((RecordKind.SUBNET, d) for d in ec2.describe_subnets(Filters=vpc)["Subnets"]),
        *((RecordKind.ZONE, d) for d in ec2.describe_availability_zones()["AvailabilityZones"]),
        *((RecordKind.SECURITY_GROUP, d) for d in ec2.describe_security_groups(Filters=vpc)["SecurityGroups"]),
        *((RecordKind.INTERFACE, d) for d in ec2.describe_network_interfaces(Filters=vpc)["NetworkInterfaces"]),
    ]
    inventory = Inventory()
    for kind, description in found:
        inventory = _upsert(inventory, kind, description)
    inventory = _load_balancing(inventory, clients)
    instances = frozenset(i.instance_id for i in inventory.interfaces.values())
    knowledge = Knowledge(filled=True, network=True, cluster_groups=True, instances=instances, shield_subscription=True)
    return replace(inventory, knowledge=knowledge, subscriptions={"shield": read_subscription(clients)})


def read_subscription(clients: Mapping[str, Any]) -> Subscription:
    """Whether the account has subscribed to Shield Advanced."""
    return parse.subscription({"Service": "shield", **clients["shield"].get_subscription_state()}, None, None, "")


def read_facts(clients: Mapping[str, Any], arn: str) -> Mapping[Fact, str]:
    """What calls of their own tell of a load balancer."""
    shield = clients["shield"]
    try:
        protection = shield.describe_protection(ResourceArn=arn)["Protection"]
    except shield.exceptions.ResourceNotFoundException:
        protection = {"Id": "", "Name": ""}
    capacity = clients["elbv2"].describe_capacity_reservation(LoadBalancerArn=arn)
    classic = clients["waf-regional"].get_web_acl_for_resource(ResourceArn=arn)
    return {
        Fact.CAPACITY: str(capacity.get("MinimumLoadBalancerCapacity", {}).get("CapacityUnits", 0)),
        Fact.WEB_ACL: clients["wafv2"].get_web_acl_for_resource(ResourceArn=arn).get("WebACL", {}).get("ARN", ""),
        Fact.CLASSIC_WEB_ACL: classic.get("WebACLSummary", {}).get("WebACLId", ""),
        Fact.PROTECTION: protection["Id"],
        Fact.PROTECTION_NAME: protection["Name"],
    }


def _load_balancing(inventory: Inventory, clients: Mapping[str, Any]) -> Inventory:
    elb = clients["elbv2"]
    for d in elb.describe_load_balancers()["LoadBalancers"]:
        arn = d["LoadBalancerArn"]
        attributes = _pairs(elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])
        inventory = _upsert(inventory, RecordKind.LOAD_BALANCER, d, tags=_tags(elb, arn), attributes=attributes)
        record = replace(inventory.load_balancers[arn], facts=read_facts(clients, arn))
        inventory = apply(inventory, [Upsert(record=record)])
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            inventory = _listener(inventory, elb, listener)
    for d in elb.describe_target_groups()["TargetGroups"]:
        arn = d["TargetGroupArn"]
        attributes = _pairs(elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"])
        inventory = _upsert(inventory, RecordKind.TARGET_GROUP, d, tags=_tags(elb, arn), attributes=attributes)
        health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        inventory = replace(inventory, targets={**inventory.targets, arn: parse.targets(health)})
    return inventory


def _listener(inventory: Inventory, elb: Any, d: Mapping[str, Any]) -> Inventory:
    arn = d["ListenerArn"]
    inventory = _upsert(inventory, RecordKind.LISTENER, d, tags=_tags(elb, arn))
    listed = elb.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    extra = tuple(sorted(c["CertificateArn"] for c in listed if not c["IsDefault"]))
    record = replace(inventory.listeners[arn], extra_certificates=extra)
    inventory = apply(inventory, [Upsert(record=record)])
    for rule in elb.describe_rules(ListenerArn=arn)["Rules"]:
        if not rule["IsDefault"]:
            tags = _tags(elb, rule["RuleArn"])
            inventory = _upsert(inventory, RecordKind.RULE, rule, tags=tags, parent=arn)
    return inventory


def _upsert(inventory: Inventory, kind: RecordKind, description: Mapping[str, Any], **read: Any) -> Inventory:
    record = parse.parse(kind, description, **read)
    return inventory if record is None else apply(inventory, [Upsert(record=record)])


def _tags(elb: Any, arn: str) -> dict[str, str]:
    return _pairs(elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])


def _pairs(listed: list[dict[str, str]]) -> dict[str, str]:
    return {entry["Key"]: entry["Value"] for entry in listed}
