"""A desired stack and a recorded one in one shape, so that the two can be held against each other as wholes.

What moto makes up and nobody asked for is left out: attributes that no one set (the controller's own model says which
ones it set), the weight and the switched-off stickiness of a single forward, SSL policies of HTTP listeners.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.planner.core import naming
from services.planner.core.aws import Action, Authentication, Condition, FixedResponse, Forward, Redirect
from services.planner.core.desired import (
    DesiredBinding,
    DesiredListener,
    DesiredLoadBalancer,
    DesiredStack,
    DesiredTargetGroup,
    GroupToken,
    TargetGroupSettings,
)
from services.planner.core.objects import NetworkingPeer
from tests.conformance.listener_shapes import asked_attributes, desired_security, recorded_security
from tests.conformance.recordings import Recording, cluster, symbols

Shape = dict[str, Any]

_RESOURCE = "ingress.k8s.aws/resource"


def desired_shape(desired: DesiredStack) -> Shape:
    """The stack that was built, ids and references replaced by names."""
    balancer, group = desired.load_balancer, desired.managed_group
    assert balancer is not None
    assert group is not None
    groups = {
        GroupToken.MANAGED: f"sg:{group.name}",
        GroupToken.SHARED: f"sg:{naming.shared_group_name(cluster().name)}",
    }
    names = {g.resource_id: f"tg:{g.name}" for g in desired.all_target_groups}
    listeners = [(balancer, x) for x in desired.listeners]
    listeners += [(desired.front.load_balancer, x) for x in desired.front.listeners] if desired.front else []
    return {
        "load_balancers": {b.name: _desired_load_balancer(b, groups) for b in desired.load_balancers},
        "listeners": {(b.name, str(x.port)): _desired_listener(x, names) for b, x in listeners},
        "target_groups": {g.name: _desired_target_group(g) for g in desired.all_target_groups},
        "managed_group": {
            "name": group.name,
            "description": group.description,
            "tags": dict(group.tags),
            "ingress": sorted(
                (p.protocol, p.from_port, p.to_port, p.cidr or p.cidr6, p.description) for p in group.permissions
            ),
        },
        "bindings": {g.name: _desired_binding(g, g.binding, groups) for g in desired.target_groups},
    }


def _desired_load_balancer(balancer: DesiredLoadBalancer, groups: Mapping[GroupToken, str]) -> Shape:
    return {
        "type": balancer.type,
        "scheme": balancer.scheme,
        "ipAddressType": balancer.ip_address_type,
        "subnets": sorted(symbols()[s] for s in balancer.subnets),
        "securityGroups": sorted(groups[GroupToken(g)] for g in balancer.security_groups),
        "tags": dict(balancer.tags),
        "attributes": dict(balancer.attributes),
    }


def _desired_listener(listener: DesiredListener, names: Mapping[str, str]) -> Shape:
    return {
        "protocol": listener.protocol,
        "default": [_desired_action(a, names) for a in listener.default_actions],
        "security": desired_security(listener),
        "attributes": dict(listener.attributes),
        "tags": dict(listener.tags),
        "rules": [
            {
                "priority": rule.priority,
                "conditions": sorted(map(_desired_condition, rule.conditions)),
                "actions": [_desired_action(a, names) for a in rule.actions],
                "transforms": json.loads(rule.transforms or "[]"),
                "tags": dict(rule.tags),
            }
            for rule in listener.rules
        ],
    }


def _desired_condition(condition: Condition) -> tuple[str, str]:
    config = json.loads(condition.json) if condition.json else {"Values": list(condition.values)}
    return condition.field, json.dumps(config, sort_keys=True)


def _desired_action(action: Action, names: Mapping[str, str]) -> Shape:
    match action:
        case Forward(groups=(only,), sticky=None):
            return {"forward": names[only.target_group]}
        case Forward():
            weights = sorted((names[group.target_group], group.weight) for group in action.groups)
            return {"forward": weights, "sticky": bool(action.sticky)}
        case FixedResponse():
            return {"fixed": (action.status_code, action.content_type, action.body)}
        case Redirect():
            return {"redirect": {k: v for k, v in asdict(action).items() if v is not None}}
        case Authentication():
            return {action.type: json.loads(action.config)}
    raise AssertionError(f"{action} has no recorded counterpart")


def _desired_target_group(group: TargetGroupSettings) -> Shape:
    check = group.health_check
    return {
        "targetType": group.target_type,
        "protocol": group.protocol,
        **({"protocolVersion": group.protocol_version} if group.protocol_version is not None else {}),
        "port": group.port,
        "ipAddressType": group.ip_address_type,
        "healthCheckProtocol": check.protocol,
        "healthCheckPort": check.port,
        "healthCheckPath": check.path,
        "healthCheckIntervalSeconds": check.interval_seconds,
        "healthCheckTimeoutSeconds": check.timeout_seconds,
        "healthyThresholdCount": check.healthy_threshold,
        "unhealthyThresholdCount": check.unhealthy_threshold,
        "matcher": {"HttpCode": check.http_codes},
        "tags": dict(group.tags),
        "attributes": dict(group.attributes),
    }


def _desired_binding(group: DesiredTargetGroup, binding: DesiredBinding, groups: Mapping[GroupToken, str]) -> Shape:
    assert binding.networking is not None
    return {
        "namespace": binding.namespace,
        "labels": dict(binding.labels),
        "spec": {
            "ipAddressType": group.ip_address_type,
            **({"multiClusterTargetGroup": True} if binding.multi_cluster else {}),
            "networking": {
                "ingress": [
                    {
                        "from": [_peer(p, groups) for p in access.peers],
                        "ports": [{"port": p.port, "protocol": p.protocol} for p in access.ports],
                    }
                    for access in binding.networking
                ]
            },
            "serviceRef": {"name": binding.service_name, "port": binding.service_port},
            "targetGroupARN": f"tg:{group.name}",
            "targetGroupProtocol": group.protocol,
            "targetType": group.target_type,
            "vpcID": "vpc",
        },
    }


def _peer(peer: GroupToken | NetworkingPeer, groups: Mapping[GroupToken, str]) -> Shape:
    if isinstance(peer, GroupToken):
        return {"securityGroup": {"groupID": groups[peer]}}
    return {"ipBlock": {"cidr": peer.cidr}}


def recorded_shape(recording: Recording, stack_id: str) -> Shape:
    """The recorded resources that carry the stack's tag, and the stack's bindings."""
    aws = recording.aws
    balancers = _of_stack(aws["loadBalancers"], stack_id)
    ((group_name, group),) = _of_stack(aws["securityGroups"], stack_id)
    wanted = recording.model["resources"]
    balancer_specs = {
        r["spec"]["name"]: r["spec"] for r in wanted["AWS::ElasticLoadBalancingV2::LoadBalancer"].values()
    }
    listener_specs = {k: x["spec"] for k, x in wanted["AWS::ElasticLoadBalancingV2::Listener"].items()}
    target_specs = {
        r["spec"]["name"]: r["spec"] for r in wanted.get("AWS::ElasticLoadBalancingV2::TargetGroup", {}).values()
    }
    return {
        "load_balancers": {name: _recorded_load_balancer(b, balancer_specs[name]) for name, b in balancers},
        "listeners": {
            (n, port): _recorded_listener(x, listener_specs[x["tags"][_RESOURCE]].get("listenerAttributes"))
            for n, b in balancers
            for port, x in b["listeners"].items()
        },
        "target_groups": {
            n: _recorded_target_group(g, target_specs[n]) for n, g in _of_stack(aws["targetGroups"], stack_id)
        },
        "managed_group": {
            "name": group_name,
            "description": group["description"],
            "tags": group["tags"],
            "ingress": sorted((p["proto"], p["frm"], p["to"], p["cidr"], p["desc"]) for p in group["ingress"]),
        },
        "bindings": {
            b["name"]: {k: b[k] for k in ("namespace", "labels", "spec")}
            for b in recording.bindings
            if b["name"] in target_specs
        },
    }


def _recorded_load_balancer(balancer: Shape, spec: Shape) -> Shape:
    return {
        **{k: balancer[k] for k in ("type", "scheme", "ipAddressType", "securityGroups", "tags")},
        "subnets": sorted(_subnet(s) for s in balancer["subnets"]),
        "attributes": _asked(spec.get("loadBalancerAttributes"), balancer["attributes"]),
    }


def _of_stack(resources: Shape, stack_id: str) -> list[tuple[str, Shape]]:
    return [(n, r) for n, r in resources.items() if r["tags"].get("ingress.k8s.aws/stack") == stack_id]


def _subnet(recorded: str) -> str:
    return recorded.split('"subnet": "')[1].rstrip('"}')


def _asked(model: list[Shape] | None, actual: Shape) -> Shape:
    asked = {entry["key"]: entry["value"] for entry in model or ()}
    assert asked.items() <= actual.items()
    return asked


def _recorded_listener(listener: Shape, attributes: list[Shape] | None) -> Shape:
    return {
        "protocol": listener["protocol"],
        "default": [_recorded_action(a) for a in listener["defaultActions"]],
        "security": recorded_security(listener),
        "attributes": asked_attributes(attributes, listener["attributes"]),
        "tags": listener["tags"],
        "rules": [
            {
                "priority": rule["priority"],
                "conditions": sorted(map(_recorded_condition, rule["conditions"])),
                "actions": [_recorded_action(a) for a in rule["actions"]],
                "transforms": rule["transforms"],
                "tags": rule["tags"],
            }
            for rule in listener["rules"]
        ],
    }


def _recorded_condition(condition: Shape) -> tuple[str, str]:
    (config,) = (v for k, v in condition.items() if k.endswith("Config"))
    return condition["Field"], json.dumps(config, sort_keys=True)


def _recorded_action(action: Shape) -> Shape:
    if action["Type"] == "fixed-response":
        fixed = action["FixedResponseConfig"]
        return {"fixed": (fixed["StatusCode"], fixed.get("ContentType"), fixed.get("MessageBody"))}
    if action["Type"] == "redirect":
        config = action["RedirectConfig"]
        fields = ("StatusCode", "Protocol", "Host", "Port", "Path", "Query")
        names = ("status_code", "protocol", "host", "port", "path", "query")
        given = {name: config.get(field) for name, field in zip(names, fields, strict=True)}
        return {"redirect": {name: value for name, value in given.items() if value is not None}}
    if action["Type"] == "jwt-validation":
        return {action["Type"]: action["JwtValidationConfig"]}
    forward = action["ForwardConfig"]
    sticky = forward.get("TargetGroupStickinessConfig", {}).get("Enabled")
    if len(forward["TargetGroups"]) > 1:
        weights = sorted((group["TargetGroupArn"], group["Weight"]) for group in forward["TargetGroups"])
        return {"forward": weights, "sticky": sticky}
    (only,) = forward["TargetGroups"]
    assert not sticky
    return {"forward": only["TargetGroupArn"]}


def _recorded_target_group(group: Shape, spec: Shape) -> Shape:
    left_out = {"healthCheckEnabled", "loadBalancers", "targets", "vpcId", "attributes"}
    return {
        **{k: v for k, v in group.items() if k not in left_out},
        "attributes": _asked(spec.get("targetGroupAttributes"), group["attributes"]),
    }
