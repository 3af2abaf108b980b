"""What stood in AWS when a step was recorded, as the planner's inventory: names stand in for volatile ids.

For adoption: another controller's resources are taken over as they are. Bindings get the same names in place of ids, so
that both sides fit together.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.planner.core import parse
from services.planner.core.aws import (
    Health,
    Inventory,
    Listener,
    LoadBalancer,
    Permission,
    Rule,
    SecurityGroup,
    Target,
    TargetGroup,
)
from tests.conformance.recordings import Raw, Recording, inventory, symbols, world


def standing(recording: Recording) -> Inventory:
    """The account with everything that the recorded step left in it."""
    aws = recording.aws
    balancers = [_load_balancer(recording, name, x) for name, x in aws["loadBalancers"].items()]
    listeners = [listener for name, x in aws["loadBalancers"].items() for listener in _listeners(name, x["listeners"])]
    rules = [rule for name, x in aws["loadBalancers"].items() for rule in _rules(name, x["listeners"])]
    groups = [_target_group(name, x) for name, x in aws["targetGroups"].items()]
    security = [_security_group(name, x) for name, x in aws["securityGroups"].items()]
    return replace(
        inventory(),
        load_balancers={b.arn: b for b in balancers},
        listeners={x.arn: x for x in listeners},
        rules={r.arn: r for r in rules},
        target_groups={g.arn: g for g in groups},
        targets={f"tg:{name}": _targets(x) for name, x in aws["targetGroups"].items()},
        security_groups={g.id: g for g in security},
    )


def adopted_objects(recording: Recording) -> tuple[Raw, ...]:
    """The recorded objects, bindings with names in place of the ids that AWS gave."""
    named = {(b["namespace"], b["name"]): b["spec"] for b in recording.bindings}
    found = []
    for item in recording.raw:
        own = copy.deepcopy(item)
        if own["kind"] == "TargetGroupBinding":
            meta = own["metadata"]
            own["spec"] = {**named[meta["namespace"], meta["name"]], "vpcID": world()["world"]["vpc"]}
        found.append(own)
    return tuple(found)


def _load_balancer(recording: Recording, name: str, x: Mapping[str, Any]) -> LoadBalancer:
    ids = {symbol: real for real, symbol in symbols().items()}
    subnets = [ids[json.loads(s)["subnet"]] for s in x["subnets"]]
    description = {
        "LoadBalancerArn": f"lb:{name}",
        "LoadBalancerName": name,
        "Type": x["type"],
        "Scheme": x["scheme"],
        "IpAddressType": x["ipAddressType"],
        "VpcId": world()["world"]["vpc"],
        "DNSName": _host(recording, name),
        "State": {"Code": "active"},
        "AvailabilityZones": [{"SubnetId": s} for s in subnets],
        "SecurityGroups": x["securityGroups"],
    }
    return parse.load_balancer(description, x["tags"], x["attributes"], "")


def _host(recording: Recording, name: str) -> str:
    """The DNS name as it was published in the status of an Ingress or a Service."""
    for item in recording.raw:
        for entry in item.get("status", {}).get("loadBalancer", {}).get("ingress", ()):
            if entry["hostname"].startswith(f"{name}-"):
                return str(entry["hostname"])
    raise AssertionError(f"nobody publishes {name}")


def _listeners(balancer: str, recorded: Mapping[str, Any]) -> Iterator[Listener]:
    ids = {symbol: real for real, symbol in symbols().items()}
    for port, x in recorded.items():
        description = {
            "ListenerArn": f"listener:{balancer}:{port}",
            "LoadBalancerArn": f"lb:{balancer}",
            "Port": int(port),
            "Protocol": x["protocol"],
            "DefaultActions": x["defaultActions"],
            "SslPolicy": x["sslPolicy"],
            "Certificates": [{"CertificateArn": ids[c]} for c in x["defaultCert"]],
            "AlpnPolicy": x["alpn"],
            "MutualAuthentication": x["mtls"],
        }
        listener = parse.listener(description, x["tags"], x["attributes"], "")
        yield replace(listener, extra_certificates=tuple(sorted(ids[c] for c in x["extraCerts"])))


def _rules(balancer: str, recorded: Mapping[str, Any]) -> Iterator[Rule]:
    for port, x in recorded.items():
        for rule in x["rules"]:
            description = {
                "RuleArn": f"rule:{balancer}:{port}:{rule['priority']}",
                "Priority": str(rule["priority"]),
                "IsDefault": False,
                "Conditions": rule["conditions"],
                "Actions": rule["actions"],
                "Transforms": rule["transforms"],
            }
            found = parse.rule(description, rule["tags"], None, f"listener:{balancer}:{port}")
            assert found is not None
            yield found


def _target_group(name: str, x: Mapping[str, Any]) -> TargetGroup:
    described = {k[0].upper() + k[1:]: v for k, v in x.items() if k not in ("tags", "attributes", "targets")}
    description = {
        **described,
        "TargetGroupArn": f"tg:{name}",
        "TargetGroupName": name,
        "VpcId": world()["world"]["vpc"],
        "LoadBalancerArns": x["loadBalancers"],
    }
    return parse.target_group(description, x["tags"], x["attributes"], "")


def _targets(x: Mapping[str, Any]) -> dict[Target, Health]:
    found = (json.loads(target) for target in x["targets"])
    return {Target(id=t["Id"], port=t["Port"]): Health(state="healthy") for t in found}


def _security_group(name: str, x: Mapping[str, Any]) -> SecurityGroup:
    return SecurityGroup(
        id=f"sg:{name}",
        name=name,
        description=x["description"],
        vpc_id=world()["world"]["vpc"],
        permissions=frozenset(
            Permission(
                protocol=p["proto"],
                from_port=p["frm"],
                to_port=p["to"],
                cidr=p.get("cidr", ""),
                cidr6=p.get("cidr6", ""),
                prefix_list=p.get("pl", ""),
                group=p.get("sg", ""),
                description=p["desc"],
            )
            for p in x["ingress"]
        ),
        tags=x["tags"],
    )
