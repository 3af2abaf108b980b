"""A Service's desired stack and the recorded one in one shape, so that both can be held against each other as wholes.

The attributes that were asked for are those that the reference controller's own calls set, up to the step.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.planner.core import naming
from services.planner.core.aws import Forward
from services.planner.core.desired import DesiredBinding, DesiredListener, DesiredStack, DesiredTargetGroup, GroupToken
from services.planner.core.diff.bindings import binding_spec
from tests.conformance.recordings import Raw, Recording, cluster, recordings, symbols

Shape = dict[str, Any]
STACK_TAG = "service.k8s.aws/stack"


def desired_shape(desired: DesiredStack) -> Shape:
    """The stack that was built, ids and references replaced by names."""
    balancer, group = desired.load_balancer, desired.managed_group
    assert balancer is not None
    groups = {GroupToken.SHARED: f"sg:{naming.shared_group_name(cluster().name)}"}
    if group is not None:
        groups[GroupToken.MANAGED] = f"sg:{group.name}"
    names = {g.resource_id: f"tg:{g.name}" for g in desired.target_groups}
    return {
        "load_balancer": {
            "name": balancer.name,
            "type": balancer.type,
            "scheme": balancer.scheme,
            "ipAddressType": balancer.ip_address_type,
            "subnets": sorted(symbols()[s] for s in balancer.subnets),
            "securityGroups": sorted(groups[GroupToken(g)] for g in balancer.security_groups),
            "tags": dict(balancer.tags),
            "attributes": dict(balancer.attributes),
        },
        "listeners": {str(x.port): _listener(x, names) for x in desired.listeners},
        "target_groups": {g.name: _target_group(g) for g in desired.target_groups},
        "managed_groups": {
            g.name: {
                "description": g.description,
                "tags": dict(g.tags),
                "ingress": sorted(
                    (p.protocol, p.from_port, p.to_port, p.cidr, p.prefix_list, p.description) for p in g.permissions
                ),
            }
            for g in (group,)
            if g is not None
        },
        "bindings": {g.name: _binding(g, g.binding, groups) for g in desired.target_groups},
    }


def _listener(listener: DesiredListener, names: Mapping[str, str]) -> Shape:
    (action,) = listener.default_actions
    assert isinstance(action, Forward)
    assert listener.rules == ()
    alone = len(action.groups) == 1
    return {
        "protocol": listener.protocol,
        "forward": {names[g.target_group]: 1 if alone else g.weight for g in action.groups},
        "sticky": bool(action.sticky),
        "tags": dict(listener.tags),
        "attributes": dict(listener.attributes),
        "alpn": [listener.alpn_policy] if listener.alpn_policy else [],
        **(
            {
                "policy": listener.ssl_policy,
                "default": symbols()[listener.certificates[0]],
                "certificates": sorted(symbols()[c] for c in listener.certificates),
            }
            if listener.certificates
            else {}
        ),
    }


def _target_group(group: DesiredTargetGroup) -> Shape:
    check = group.health_check
    assert group.protocol_version is None
    shape = {
        "targetType": group.target_type,
        "protocol": group.protocol,
        "port": group.port,
        "ipAddressType": group.ip_address_type,
        "healthCheckProtocol": check.protocol,
        "healthCheckPort": check.port,
        "healthCheckPath": check.path,
        "healthCheckIntervalSeconds": check.interval_seconds,
        "healthCheckTimeoutSeconds": check.timeout_seconds,
        "healthyThresholdCount": check.healthy_threshold,
        "unhealthyThresholdCount": check.unhealthy_threshold,
        "matcher": {"HttpCode": check.http_codes} if check.http_codes else None,
        "tags": dict(group.tags),
        "attributes": dict(group.attributes),
    }
    return {k: v for k, v in shape.items() if v is not None}


def _binding(group: DesiredTargetGroup, binding: DesiredBinding, groups: Mapping[GroupToken, str]) -> Shape:
    return {
        "namespace": binding.namespace,
        "labels": dict(binding.labels),
        "spec": binding_spec(group, f"tg:{group.name}", vpc="vpc", groups=groups),
    }


def recorded_shape(recording: Recording, stack_id: str) -> Shape:
    """The recorded resources that carry the stack's tag, and the stack's bindings."""
    aws = recording.aws
    ((name, balancer),) = _of_stack(aws["loadBalancers"], stack_id)
    groups = dict(_of_stack(aws["targetGroups"], stack_id))
    return {
        "load_balancer": {
            "name": name,
            **{k: balancer[k] for k in ("type", "scheme", "ipAddressType", "securityGroups", "tags")},
            "subnets": sorted(s.split('"subnet": "')[1].rstrip('"}') for s in balancer["subnets"]),
            "attributes": _asked(recording, f"lb:{name}", balancer["attributes"]),
        },
        "listeners": {
            port: _recorded_listener(recording, f"listener:{name}:{port}", x)
            for port, x in balancer["listeners"].items()
        },
        "target_groups": {n: _recorded_target_group(recording, n, g) for n, g in groups.items()},
        "managed_groups": {
            n: {
                "description": g["description"],
                "tags": g["tags"],
                "ingress": sorted(
                    (p["proto"], p["frm"], p["to"], p.get("cidr", ""), p.get("pl", ""), p["desc"]) for p in g["ingress"]
                ),
            }
            for n, g in _of_stack(aws["securityGroups"], stack_id)
        },
        "bindings": {
            b["name"]: {k: b[k] for k in ("namespace", "labels", "spec")}
            for b in recording.bindings
            if b["name"] in groups
        },
    }


def _of_stack(resources: Shape, stack_id: str) -> list[tuple[str, Shape]]:
    return [(n, r) for n, r in resources.items() if r["tags"].get(STACK_TAG) == stack_id]


def _recorded_listener(recording: Recording, arn: str, listener: Shape) -> Shape:
    (action,) = listener["defaultActions"]
    assert listener["rules"] == []
    certificates = {
        "policy": listener["sslPolicy"],
        "default": next(iter(listener["defaultCert"]), ""),
        "certificates": sorted(listener["extraCerts"]),
    }
    return {
        "protocol": listener["protocol"],
        "forward": {g["TargetGroupArn"]: g["Weight"] for g in action["ForwardConfig"]["TargetGroups"]},
        "sticky": action["ForwardConfig"]["TargetGroupStickinessConfig"]["Enabled"],
        "tags": listener["tags"],
        "attributes": _asked(recording, arn, listener["attributes"]),
        "alpn": listener["alpn"],
        **(certificates if listener["defaultCert"] else {}),
    }


def _recorded_target_group(recording: Recording, name: str, group: Shape) -> Shape:
    left_out = {"healthCheckEnabled", "loadBalancers", "targets", "vpcId", "attributes"}
    return {
        **{k: v for k, v in group.items() if k not in left_out},
        "attributes": _asked(recording, f"tg:{name}", group["attributes"]),
    }


def _asked(recording: Recording, arn: str, actual: Mapping[str, str]) -> Shape:
    asked: Shape = {}
    for earlier in recordings(recording.scenario):
        if earlier.step <= recording.step:
            for request in earlier.requests:
                parameters = request["parameters"]
                named = ("LoadBalancerArn", "TargetGroupArn", "ListenerArn")
                if arn in [parameters.get(name) for name in named]:
                    asked.update(_attributes(parameters))
    assert asked.items() <= actual.items()
    return asked


def _attributes(parameters: Raw) -> Iterator[tuple[str, str]]:
    number = 1
    while f"Attributes.member.{number}.Key" in parameters:
        yield parameters[f"Attributes.member.{number}.Key"], parameters[f"Attributes.member.{number}.Value"]
        number += 1
