"""A world that plans can be applied to without any process: objects, an inventory, and answers as AWS gives them.

It knows nothing of the planner's own decisions: calls are answered from their parameters, results enter by the fold.
"""

import itertools
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import jmespath

from services.planner.core.aws import Interface, Inventory, Knowledge, SecurityGroup, Subnet, Vpc, Zone
from services.planner.core.binding import plan_binding
from services.planner.core.fold import fold
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.groups import current_group, groups_by_finalizer, own_group
from services.planner.core.index import shared_group
from services.planner.core.inputs import BindingInput, Cluster, NetworkInput, StackInput, View
from services.planner.core.keys import BindingKey, Key, NetworkKey, StackKey, StackKind
from services.planner.core.network import plan_network
from services.planner.core.objects import (
    ConfigMap,
    EndpointSlice,
    Ingress,
    IngressClass,
    IngressClassParams,
    LabelSelector,
    LoadBalancerEntry,
    Meta,
    Namespace,
    NetworkingPeer,
    NetworkingPort,
    NetworkingRule,
    Node,
    Pod,
    Service,
    TargetGroupBinding,
)
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Ref, Verb
from services.planner.core.protection import is_protected
from services.planner.core.secrets import SecretState
from services.planner.core.service_ownership import Claim
from services.planner.core.stack import plan_stack
from services.planner.core.tags import binding_labels
from services.planner.core.updates import apply
from tests.unit.planner_core import refusals

Owner = TypeVar("Owner", Ingress, Service)
Name = TypeVar("Name", bound=Hashable)

CLUSTER = Cluster(name="rig", region="us-west-2", vpc_id="vpc-1")
CLAIM = Claim.of(CLUSTER)
ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012"


def network_of_three_zones() -> Inventory:
    """A VPC with a public and a private subnet in each of three zones, one node group, two nodes."""
    subnets = {}
    for i, zone in enumerate("abc"):
        for kind, role in (("public", "elb"), ("private", "internal-elb")):
            id_ = f"subnet-{kind}-{zone}"
            subnets[id_] = Subnet(
                id=id_,
                zone=f"us-west-2{zone}",
                zone_id=f"usw2-az{i + 1}",
                vpc_id="vpc-1",
                available_addresses=250,
                cidr=f"10.0.{i if kind == 'public' else i + 100}.0/24",
                tags={
                    "kubernetes.io/cluster/rig": "shared",
                    f"kubernetes.io/role/{role}": "1",
                    "Name": f"{kind}-{zone}",
                },
            )
    zones = {
        f"usw2-az{i + 1}": Zone(id=f"usw2-az{i + 1}", name=f"us-west-2{z}", type="availability-zone")
        for i, z in enumerate("abc")
    }
    node_group = SecurityGroup(
        id="sg-node",
        name="eks-node",
        description="node",
        vpc_id="vpc-1",
        permissions=frozenset(),
        tags={"kubernetes.io/cluster/rig": "owned"},
    )
    interfaces = {
        f"eni-{z}": Interface(
            id=f"eni-{z}", groups=("sg-node",), addresses=(f"10.0.10{i}.4",), instance_id=f"i-{z}", device_index=0
        )
        for i, z in enumerate("ab")
    }
    return Inventory(
        vpc=Vpc(id="vpc-1", cidrs=("10.0.0.0/16",)),
        subnets=subnets,
        zones=zones,
        security_groups={"sg-node": node_group},
        interfaces=interfaces,
        knowledge=Knowledge(
            filled=True,
            network=True,
            cluster_groups=True,
            instances=frozenset({"i-a", "i-b"}),
            account_limits=True,
        ),
    )


@dataclass
class World:
    """Everything that can change. `calls` are the AWS calls in order, `writes` the Kubernetes writes.

    `namespace`: where records are kept, empty: none are."""

    ingresses: dict[str, Ingress] = field(default_factory=dict)
    classes: dict[str, IngressClass] = field(
        default_factory=lambda: {
            "alb": IngressClass(meta=Meta(name="alb", uid="class"), controller="ingress.k8s.aws/alb")
        }
    )
    class_params: dict[str, IngressClassParams] = field(default_factory=dict)
    services: dict[tuple[str, str], Service] = field(default_factory=dict)
    secrets: dict[tuple[str, str], SecretState] = field(default_factory=dict)
    slices: dict[str, EndpointSlice] = field(default_factory=dict)
    pods: dict[tuple[str, str], Pod] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    bindings: dict[BindingKey, TargetGroupBinding] = field(default_factory=dict)
    inventory: Inventory = field(default_factory=network_of_three_zones)
    view: View = field(default_factory=View)
    namespace: str = ""
    quotas: dict[str, int] = field(default_factory=dict)
    gates: frozenset[Gate] = DEFAULT_GATES
    records: dict[str, ConfigMap] = field(default_factory=dict)
    calls: list[AwsCall] = field(default_factory=list)
    writes: list[KubernetesWrite] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def operations(self) -> Counter[str]:
        """AWS calls by operation, and forgets them."""
        counts = Counter(c.operation for c in self.calls)
        self.calls.clear()
        return counts

    # --- planning ---

    def outcome(self, key: Key) -> Outcome:
        """What the planner says of one key."""
        match key:
            case StackKey():
                return plan_stack(self.stack_input(key))
            case BindingKey():
                return plan_binding(self.binding_input(self.bindings[key]))
            case NetworkKey():
                return plan_network(self.network_input())

    def members(self) -> dict[StackKey, tuple[Ingress | Service, ...]]:
        """The objects of each stack: they belong to it now, or have not left it yet."""
        found: dict[StackKey, tuple[Ingress | Service, ...]] = {}
        for _, ingress in sorted(self.ingresses.items()):
            for key in sorted({group_of(ingress), *groups_by_finalizer(ingress)}):
                found[key] = (*found.get(key, ()), ingress)
        for (namespace, name), service in sorted(self.services.items()):
            if CLAIM.concerns(service):
                found[StackKey(kind=StackKind.SERVICE, namespace=namespace, name=name)] = (service,)
        return dict(sorted(found.items()))

    def stack_input(self, key: StackKey) -> StackInput:
        members = self.members().get(key, ())
        labels = binding_labels(key)
        return StackInput(
            cluster=replace(CLUSTER, namespace=self.namespace, quota_overrides=self.quotas, gates=self.gates),
            record=next((r for r in self.records.values() if r.data["stack"] == str(key)), None),
            view=self.view,
            key=key,
            ingresses=tuple(m for m in members if isinstance(m, Ingress)),
            classes=self.classes,
            class_params=self.class_params,
            namespaces={n: Namespace(meta=Meta(name=n)) for n in sorted({m.meta.namespace for m in members})},
            services=self.services,
            secrets=self.secrets,
            bindings=tuple(b for _, b in sorted(self.bindings.items()) if labels.items() <= b.meta.labels.items()),
            inventory=self.inventory,
            shared_group_needed_elsewhere=any(
                k != key and any(map(_stays, found)) for k, found in self.members().items()
            ),
        )

    def binding_input(self, binding: TargetGroupBinding) -> BindingInput:
        labels = binding.meta.labels.items()
        owners = [m for key, found in self.members().items() if binding_labels(key).items() <= labels for m in found]
        service = (binding.meta.namespace, binding.service_name)
        return BindingInput(
            cluster=replace(CLUSTER, quota_overrides=self.quotas),
            view=self.view,
            key=BindingKey(namespace=binding.meta.namespace, name=binding.meta.name),
            binding=binding,
            service=self.services.get(service),
            slices=tuple(s for _, s in sorted(self.slices.items()) if (s.meta.namespace, s.service_name) == service),
            pods=self.pods,
            nodes=self.nodes,
            inventory=self.inventory,
            owner_deleting=bool(owners) and all(m.meta.deleting and not is_protected(m) for m in owners),
        )

    def network_input(self) -> NetworkInput:
        needed = any(_stays(member) for found in self.members().values() for member in found)
        return NetworkInput(
            cluster=replace(CLUSTER, quota_overrides=self.quotas),
            view=self.view,
            bindings=tuple(self.binding_input(b) for _, b in sorted(self.bindings.items())),
            shared_group_needed=needed,
            inventory=self.inventory,
        )

    def all_keys(self) -> list[Key]:
        return [*self.members(), NetworkKey(), *sorted(self.bindings)]

    def settle(self, rounds: int = 12) -> None:
        """Plans and executes every key until nothing is left to do, and nothing to tidy."""
        for _ in range(rounds):
            busy = False
            for key in self.all_keys():
                if isinstance(key, BindingKey) and key not in self.bindings:
                    continue
                outcome = self.outcome(key)
                if isinstance(outcome, Planned):
                    plan = outcome.tidying if outcome.plan.empty else outcome.plan
                    busy = busy or not (plan is None or plan.empty)
                    self.execute(plan or outcome.plan)
                if isinstance(outcome, Planned) and outcome.keeps is not None:
                    self.write(outcome.keeps)
            if not busy:
                return
        raise AssertionError("it never settles")

    # --- executing ---

    def execute(self, plan: Plan) -> None:
        """All steps in order; every one is accepted."""
        answers: dict[str, Any] = {}
        for step in plan.steps:
            assert set(step.depends_on) <= answers.keys(), step
            if isinstance(step.work, AwsCall):
                answers[step.id] = self.call(
                    AwsCall(
                        service=step.work.service,
                        operation=step.work.operation,
                        parameters=resolve(step.work.parameters, answers),
                    )
                )
            else:
                answers[step.id] = self.write(replace(step.work, body=resolve(step.work.body, answers)))

    def call(self, call: AwsCall) -> Mapping[str, Any]:
        self.calls.append(call)
        answer = self.answer(call.operation, call.parameters)
        self.inventory = apply(self.inventory, fold(self.inventory, call, answer))
        return answer

    def answer(self, operation: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        refusal = refusals.refusal_of(self.inventory, operation, sent)
        assert not refusal, (refusal, operation, sent)
        number = next(self.numbers)
        match operation:
            case "CreateLoadBalancer":
                described = {
                    "LoadBalancerArn": f"{ARN}:loadbalancer/app/{sent['Name']}/{number}",
                    "LoadBalancerName": sent["Name"],
                    "Type": sent["Type"],
                    "Scheme": sent["Scheme"],
                    "IpAddressType": sent["IpAddressType"],
                    "VpcId": "vpc-1",
                    "DNSName": f"{sent['Name']}-{number}.us-west-2.elb.amazonaws.com",
                    "State": {"Code": "provisioning"},
                    "SecurityGroups": sent.get("SecurityGroups", []),
                    "AvailabilityZones": [{"SubnetId": m["SubnetId"]} for m in sent["SubnetMappings"]],
                }
                return {"LoadBalancers": [described]}
            case "CreateTargetGroup":
                arn = f"{ARN}:targetgroup/{sent['Name']}/{number}"
                return {"TargetGroups": [{"TargetGroupArn": arn, "TargetGroupName": sent["Name"], **sent}]}
            case "ModifyTargetGroup":
                old = self.inventory.target_groups[sent["TargetGroupArn"]]
                described = {
                    "TargetGroupName": old.name,
                    "TargetType": old.target_type,
                    "Protocol": old.protocol,
                    "ProtocolVersion": old.protocol_version,
                    "Port": old.port,
                    "VpcId": old.vpc_id,
                    **sent,
                }
                return {"TargetGroups": [described]}
            case "CreateListener":
                return {"Listeners": [{"ListenerArn": f"{ARN}:listener/app/{number}", **sent}]}
            case "ModifyListener":
                old_listener = self.inventory.listeners[sent["ListenerArn"]]
                return {"Listeners": [{"LoadBalancerArn": old_listener.load_balancer_arn, **sent}]}
            case "CreateRule":
                return {"Rules": [{"RuleArn": f"{ARN}:listener-rule/app/{number}", "IsDefault": False, **sent}]}
            case "ModifyRule":
                old_rule = self.inventory.rules[sent["RuleArn"]]
                return {"Rules": [{"Priority": str(old_rule.priority), **sent}]}
            case "CreateSecurityGroup":
                return {"GroupId": f"sg-{number}"}
            case _:
                return {}

    def write(self, write: KubernetesWrite) -> dict[str, Any]:
        self.writes.append(write)
        match (write.resource, write.verb):
            case ("targetgroupbindings", Verb.CREATE):
                assert write.body is not None
                binding = binding_from(write.body, str(next(self.numbers)))
                self.bindings[BindingKey(namespace=write.namespace, name=write.name)] = binding
            case ("targetgroupbindings", Verb.DELETE):
                self._change_binding(write, deleted_at="now")
            case ("targetgroupbindings", Verb.MERGE_PATCH) if "finalizers" in (write.body or {}).get("metadata", {}):
                assert write.body is not None
                self._change_binding(write, finalizers=tuple(write.body["metadata"]["finalizers"]))
            case ("targetgroupbindings", Verb.MERGE_PATCH) if write.subresource == "status":
                key = BindingKey(namespace=write.namespace, name=write.name)
                assert write.body is not None
                generation = write.body["status"]["observedGeneration"]
                self.bindings[key] = replace(self.bindings[key], observed_generation=generation)
            case ("targetgroupbindings", Verb.MERGE_PATCH):
                key = BindingKey(namespace=write.namespace, name=write.name)
                assert write.body is not None
                fresh = binding_from(
                    {
                        **write.body,
                        "metadata": {"name": write.name, "namespace": write.namespace, **write.body["metadata"]},
                    },
                    "",
                )
                old = self.bindings[key].meta
                labels = {k: v for k, v in fresh.meta.labels.items() if v is not None}
                self.bindings[key] = replace(fresh, meta=replace(old, labels=labels, generation=old.generation + 1))
            case ("configmaps", Verb.DELETE):
                self.records.pop(write.name, None)
            case ("configmaps", _):
                assert write.body is not None
                meta = Meta(name=write.name, namespace=write.namespace, uid=write.name)
                self.records[write.name] = ConfigMap(meta=meta, data=_without_nulls(write.body["data"]))
            case ("ingresses", _):
                self.ingresses = dict(self._changed(write, self.ingresses, write.name))
            case ("services", _):
                self.services = dict(self._changed(write, self.services, (write.namespace, write.name)))
        return {"metadata": {"resourceVersion": str(next(self.numbers))}}

    def _change_binding(self, write: KubernetesWrite, **changes: Any) -> None:
        key = BindingKey(namespace=write.namespace, name=write.name)
        old = self.bindings.get(key)
        if old is None:
            return
        changed = replace(old, meta=replace(old.meta, **changes))
        if changed.meta.deleting and not changed.meta.finalizers:
            del self.bindings[key]
        else:
            self.bindings[key] = changed

    def _changed(
        self, write: KubernetesWrite, owners: Mapping[Name, Owner], name: Name
    ) -> Iterator[tuple[Name, Owner]]:
        """The objects after a write of status or finalizers; one that is let go of is none of them."""
        assert write.body is not None
        for other, owner in owners.items():
            if other != name:
                yield other, owner
            elif write.subresource == "status":
                entries = write.body["status"]["loadBalancer"]["ingress"] or ()
                status = tuple(
                    LoadBalancerEntry(hostname=e["hostname"], ports=tuple(p["port"] for p in e.get("ports") or ()))
                    for e in entries
                )
                yield other, replace(owner, load_balancer=status)
            else:
                meta = replace(owner.meta, finalizers=tuple(write.body["metadata"]["finalizers"]))
                if not meta.deleting or meta.finalizers:
                    yield other, replace(owner, meta=meta)


def _without_nulls(data: Mapping[str, str | None]) -> dict[str, str]:
    """The data after a merge patch of all of it."""
    return {key: value for key, value in data.items() if value is not None}


def _stays(owner: Ingress | Service) -> bool:
    return CLAIM.owns(owner) if isinstance(owner, Service) else not owner.meta.deleting


def group_of(ingress: Ingress) -> StackKey:
    """The group that the Ingress belongs to; its own where it names none, or by no name that can be one."""
    return current_group(ingress, None) or own_group(ingress)


def resolve(value: Any, answers: Mapping[str, Any]) -> Any:
    """The value with references replaced by parts of answers."""
    match value:
        case Ref():
            found = jmespath.search(value.path, answers[value.step])
            assert found is not None, value
            return found
        case dict():
            return {k: resolve(v, answers) for k, v in value.items()}
        case list() | tuple():
            return [resolve(v, answers) for v in value]
        case _:
            return value


def binding_from(body: Mapping[str, Any], uid: str) -> TargetGroupBinding:
    """A TargetGroupBinding as the watcher would bring it back."""
    meta, spec = body["metadata"], body["spec"]
    networking = spec.get("networking")
    selector = spec.get("nodeSelector")
    return TargetGroupBinding(
        meta=Meta(
            name=meta["name"],
            namespace=meta["namespace"],
            uid=uid,
            resource_version="1",
            generation=1,
            labels=meta.get("labels") or {},
            finalizers=tuple(meta.get("finalizers") or ()),
        ),
        service_name=spec["serviceRef"]["name"],
        service_port=spec["serviceRef"]["port"],
        target_group_arn=spec["targetGroupARN"],
        target_type=spec["targetType"],
        target_group_protocol=spec["targetGroupProtocol"],
        ip_address_type=spec["ipAddressType"],
        vpc_id=spec["vpcID"],
        node_selector=LabelSelector(match_labels=selector.get("matchLabels", {})) if selector else None,
        networking=None
        if networking is None
        else tuple(
            NetworkingRule(
                peers=tuple(_peer(f) for f in r["from"]),
                ports=tuple(NetworkingPort(protocol=p["protocol"], port=p.get("port")) for p in r["ports"]),
            )
            for r in networking["ingress"]
        ),
    )


def _peer(source: Mapping[str, Any]) -> NetworkingPeer:
    if "ipBlock" in source:
        return NetworkingPeer(cidr=source["ipBlock"]["cidr"])
    return NetworkingPeer(security_group_id=source["securityGroup"]["groupID"])


def shared(world: World) -> SecurityGroup | None:
    """The shared backend group, if it stands."""
    return shared_group(world.inventory, CLUSTER.name)
