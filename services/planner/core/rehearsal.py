"""A plan as if it had been executed: what AWS and Kubernetes would hold then, with stand-ins for what they will decide.

For previews of the plans that follow from a plan. Every call is answered from its own parameters and folded into the
inventory as a real answer is. Called by the planner's preview.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jmespath

from services.planner.core.aws import Inventory
from services.planner.core.diff.actions import action_parameters
from services.planner.core.fold import fold
from services.planner.core.objects import (
    Ingress,
    LabelRequirement,
    LabelSelector,
    Meta,
    NetworkingPeer,
    NetworkingPort,
    NetworkingRule,
    Service,
    TargetGroupBinding,
)
from services.planner.core.plans import AwsCall, Json, KubernetesWrite, Plan, Ref, Verb
from services.planner.core.updates import Update, apply


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What a plan would have done. `bindings`: those it made or changed, as they would be watched; `finalizers`: those
    that objects would have then, by plural resource, namespace and name."""

    updates: tuple[Update, ...] = ()
    bindings: tuple[TargetGroupBinding, ...] = ()
    finalizers: Mapping[tuple[str, str, str], tuple[str, ...]]


def rehearse(
    plan: Plan,
    inventory: Inventory,
    bindings: Mapping[tuple[str, str], TargetGroupBinding],
    *,
    stand_in: str,
) -> Rehearsed:
    """What follows if every step is accepted. `stand_in` is a word that marks ids which AWS has still to give;
    `bindings` are those that stand, by namespace and name.
    """
    answers: dict[str, Mapping[str, Any]] = {}
    updates: list[Update] = []
    standing, touched = dict(bindings), dict[tuple[str, str], TargetGroupBinding]()
    finalizers: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for number, step in enumerate(plan.steps):
        match step.work:
            case AwsCall() as call:
                sent = replace(call, parameters=_resolved(dict(call.parameters), answers))
                answers[step.id] = _answer(sent, inventory, f"{stand_in}{number}")
                folded = fold(inventory, sent, answers[step.id])
                inventory = apply(inventory, folded)
                updates.extend(folded)
            case KubernetesWrite() as write:
                body = _resolved(dict(write.body or {}), answers)
                answers[step.id] = {"metadata": {"resourceVersion": stand_in}}
                name = write.namespace, write.name
                if write.resource == "targetgroupbindings":
                    changed = _binding(write, body, standing.get(name), stand_in)
                    if changed is not None:
                        standing[name] = touched[name] = changed
                elif "finalizers" in body.get("metadata", {}):
                    finalizers[write.resource, *name] = tuple(body["metadata"]["finalizers"])
    return Rehearsed(updates=tuple(updates), bindings=tuple(touched.values()), finalizers=finalizers)


def with_finalizers(owner: Ingress | Service, finalizers: tuple[str, ...]) -> Ingress | Service:
    """The object as it is watched once the finalizers are written."""
    return replace(owner, meta=replace(owner.meta, finalizers=finalizers))


def _resolved(value: Json, answers: Mapping[str, Mapping[str, Any]]) -> Any:
    match value:
        case Ref():
            return jmespath.search(value.path, answers[value.step])
        case dict():
            return {k: _resolved(v, answers) for k, v in value.items()}
        case list() | tuple():
            return [_resolved(v, answers) for v in value]
    return value


def _answer(call: AwsCall, inventory: Inventory, stand_in: str) -> Mapping[str, Any]:
    """What AWS would say, of what the fold reads in it."""
    sent = call.parameters
    match call.operation:
        case "CreateLoadBalancer":
            subnets = [{"SubnetId": m["SubnetId"]} for m in sent.get("SubnetMappings", ())]
            described = {
                "LoadBalancerArn": stand_in,
                "LoadBalancerName": sent["Name"],
                "DNSName": stand_in,
                "State": {"Code": "provisioning"},
                "AvailabilityZones": subnets,
                "VpcId": "" if inventory.vpc is None else inventory.vpc.id,
            }
            return {"LoadBalancers": [{**sent, **described}]}
        case "CreateTargetGroup":
            return {"TargetGroups": [{**sent, "TargetGroupArn": stand_in, "TargetGroupName": sent["Name"]}]}
        case "ModifyTargetGroup":
            old = inventory.target_groups[sent["TargetGroupArn"]]
            described = {
                "TargetGroupName": old.name,
                "TargetType": old.target_type,
                "Protocol": old.protocol,
                "ProtocolVersion": old.protocol_version,
                "Port": old.port,
                "VpcId": old.vpc_id,
            }
            return {"TargetGroups": [{**described, **sent}]}
        case "CreateListener":
            return {"Listeners": [{**sent, "ListenerArn": stand_in}]}
        case "ModifyListener":
            listener = inventory.listeners[sent["ListenerArn"]]
            described = {
                "LoadBalancerArn": listener.load_balancer_arn,
                "Port": listener.port,
                "Protocol": listener.protocol,
                "DefaultActions": action_parameters(listener.default_actions, {}),
            }
            return {"Listeners": [{**described, **sent}]}
        case "CreateRule":
            return {"Rules": [{**sent, "RuleArn": stand_in, "Priority": str(sent["Priority"]), "IsDefault": False}]}
        case "ModifyRule":
            rule = inventory.rules[sent["RuleArn"]]
            return {"Rules": [{"Priority": str(rule.priority), **sent}]}
        case "CreateSecurityGroup":
            return {"GroupId": stand_in}
    return {}


def _binding(
    write: KubernetesWrite, body: Mapping[str, Any], standing: TargetGroupBinding | None, stand_in: str
) -> TargetGroupBinding | None:
    """The binding after the write; None where the write says nothing about what it binds."""
    if write.verb is Verb.CREATE:
        meta = body["metadata"]
        made = Meta(
            name=write.name,
            namespace=write.namespace,
            uid=stand_in,
            generation=1,
            labels=dict(meta.get("labels") or {}),
            finalizers=tuple(meta.get("finalizers") or ()),
        )
        return _bound(made, body["spec"])
    if standing is None:
        return None
    if write.verb is Verb.DELETE:
        return replace(standing, meta=replace(standing.meta, deleted_at=stand_in))
    if write.verb is Verb.MERGE_PATCH and "spec" in body:
        return _bound(standing.meta, {k: v for k, v in body["spec"].items() if v is not None})
    return None


def _bound(meta: Meta, spec: Mapping[str, Any]) -> TargetGroupBinding:
    networking, selector = spec.get("networking"), spec.get("nodeSelector")
    return TargetGroupBinding(
        meta=meta,
        service_name=spec["serviceRef"]["name"],
        service_port=spec["serviceRef"]["port"],
        target_group_arn=spec.get("targetGroupARN", ""),
        target_type=spec.get("targetType", ""),
        target_group_protocol=spec.get("targetGroupProtocol", ""),
        ip_address_type=spec.get("ipAddressType", ""),
        vpc_id=spec.get("vpcID", ""),
        node_selector=None if selector is None else _selector(selector),
        networking=None if networking is None else tuple(map(_rule, networking["ingress"])),
        multi_cluster=bool(spec.get("multiClusterTargetGroup")),
    )


def _selector(selector: Mapping[str, Any]) -> LabelSelector:
    return LabelSelector(
        match_labels=dict(selector.get("matchLabels") or {}),
        match_expressions=tuple(
            LabelRequirement(key=e["key"], operator=e["operator"], values=tuple(e.get("values") or ()))
            for e in selector.get("matchExpressions") or ()
        ),
    )


def _rule(rule: Mapping[str, Any]) -> NetworkingRule:
    return NetworkingRule(
        peers=tuple(
            NetworkingPeer(cidr=p["ipBlock"]["cidr"])
            if "ipBlock" in p
            else NetworkingPeer(security_group_id=p["securityGroup"]["groupID"])
            for p in rule["from"]
        ),
        ports=tuple(NetworkingPort(protocol=p["protocol"], port=p.get("port")) for p in rule["ports"]),
    )
