"""An AWS account as plain data in the form of the recordings: what a load balancer controller owns, ids as names.

Read from any endpoint through the SDK. Used by `recorder` and by tests that hold two accounts against each other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Raw = dict[str, Any]


class Names:
    """Names that stand for ids: those of the world, and of every resource as it is met."""

    def __init__(self, world: Mapping[str, Any]) -> None:
        self._names: dict[str, str] = {
            **{value: f"subnet:{name}" for name, value in world["subnets"].items()},
            **{node["id"]: f"node:{node['az']}" for node in world["nodes"]},
            **{value: f"cert:{name}" for name, value in world["certs"].items()},
            **{value: f"eip:{number}" for number, value in enumerate(world["eips"])},
            world["vpc"]: "vpc",
            world["acl"]: "acl",
        }

    def learn(self, identity: str, name: str) -> None:
        self._names[identity] = name

    def of(self, identity: str) -> str:
        """Its name; what is no known id stays as it is."""
        return self._names.get(identity, identity)

    def applied(self, value: Any) -> Any:
        """The value with every known id in it replaced."""
        match value:
            case str():
                return self.of(value)
            case list():
                return [self.applied(one) for one in value]
            case dict():
                return {key: self.applied(one) for key, one in value.items()}
        return value


def snapshot(world: Mapping[str, Any], *, elbv2: Any, ec2: Any) -> tuple[Raw, Names]:
    """The account's load balancers, target groups and security groups, and the names that were given."""
    names = Names(world)
    return _Reader(names, elbv2, ec2, world["vpc"]).read(), names


class _Reader:
    def __init__(self, names: Names, elbv2: Any, ec2: Any, vpc: str) -> None:
        self._names = names
        self._elbv2 = elbv2
        self._ec2 = ec2
        self._vpc = vpc

    def read(self) -> Raw:
        # Every id gets its name before the first of them is written down.
        filters = [{"Name": "vpc-id", "Values": [self._vpc]}]
        groups = _paged(self._ec2, "describe_security_groups", "SecurityGroups", Filters=filters)
        balancers = _paged(self._elbv2, "describe_load_balancers", "LoadBalancers")
        target_groups = _paged(self._elbv2, "describe_target_groups", "TargetGroups")
        for group in groups:
            self._names.learn(group["GroupId"], f"sg:{group['GroupName']}")
        for balancer in balancers:
            self._names.learn(balancer["LoadBalancerArn"], f"lb:{balancer['LoadBalancerName']}")
        for target_group in target_groups:
            self._names.learn(target_group["TargetGroupArn"], f"tg:{target_group['TargetGroupName']}")
        found = {b["LoadBalancerName"]: self._balancer(b) for b in balancers}
        return {
            "loadBalancers": dict(sorted(found.items())),
            "targetGroups": {g["TargetGroupName"]: self._target_group(g, found) for g in target_groups},
            "securityGroups": {g["GroupName"]: self._group(g) for g in groups if g["GroupName"] != "default"},
        }

    def _balancer(self, balancer: Raw) -> Raw:
        arn, name = balancer["LoadBalancerArn"], balancer["LoadBalancerName"]
        listeners = _paged(self._elbv2, "describe_listeners", "Listeners", LoadBalancerArn=arn)
        zones = [
            {"subnet": self._names.of(z["SubnetId"]), "addrs": self._names.applied(z.get("LoadBalancerAddresses", []))}
            for z in balancer["AvailabilityZones"]
        ]
        return {
            "type": balancer["Type"],
            "scheme": balancer["Scheme"],
            "ipAddressType": balancer.get("IpAddressType"),
            "subnets": sorted(json.dumps(zone, sort_keys=True) for zone in zones),
            "securityGroups": sorted(self._names.applied(balancer.get("SecurityGroups", []))),
            "attributes": _pairs(self._elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]),
            "tags": self._tags(arn),
            "listeners": {str(x["Port"]): self._listener(x, name) for x in listeners},
        }

    def _listener(self, listener: Raw, balancer: str) -> Raw:
        arn, port = listener["ListenerArn"], listener["Port"]
        self._names.learn(arn, f"listener:{balancer}:{port}")
        rules = [r for r in _paged(self._elbv2, "describe_rules", "Rules", ListenerArn=arn) if not r["IsDefault"]]
        for rule in rules:
            self._names.learn(rule["RuleArn"], f"rule:{balancer}:{port}:{rule['Priority']}")
        return {
            "protocol": listener["Protocol"],
            "sslPolicy": listener.get("SslPolicy"),
            "defaultCert": self._names.applied([c["CertificateArn"] for c in listener.get("Certificates", [])]),
            "extraCerts": self._extra_certificates(listener),
            "alpn": listener.get("AlpnPolicy", []),
            "mtls": self._names.applied(listener.get("MutualAuthentication")),
            "attributes": _pairs(self._elbv2.describe_listener_attributes(ListenerArn=arn)["Attributes"]),
            "defaultActions": self._actions(listener["DefaultActions"]),
            "rules": sorted((self._rule(r) for r in rules), key=lambda r: int(r["priority"])),
            "tags": self._tags(arn),
        }

    def _extra_certificates(self, listener: Raw) -> list[str]:
        if not listener.get("Certificates"):
            return []
        found = self._elbv2.describe_listener_certificates(ListenerArn=listener["ListenerArn"])["Certificates"]
        return sorted({self._names.of(c["CertificateArn"]) for c in found if not c.get("IsDefault")})

    def _rule(self, rule: Raw) -> Raw:
        return {
            "priority": int(rule["Priority"]),
            "conditions": sorted(self._names.applied(rule["Conditions"]), key=rank),
            "actions": self._actions(rule["Actions"]),
            "transforms": rule.get("Transforms", []),
            "tags": self._tags(rule["RuleArn"]),
        }

    def _actions(self, actions: Sequence[Raw]) -> Any:
        return self._names.applied(sorted(actions, key=lambda action: int(action.get("Order", 0))))

    def _target_group(self, group: Raw, balancers: Mapping[str, Raw]) -> Raw:
        arn, name = group["TargetGroupArn"], f"tg:{group['TargetGroupName']}"
        left_out = {"TargetGroupArn", "TargetGroupName", "LoadBalancerArns"}
        health = self._elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        targets = [self._names.applied(h["Target"]) for h in health if h["TargetHealth"]["State"] != "draining"]
        return {
            **{k[0].lower() + k[1:]: self._names.applied(v) for k, v in group.items() if k not in left_out},
            "loadBalancers": sorted(f"lb:{b}" for b, found in balancers.items() if name in set(_texts(found))),
            "attributes": _pairs(self._elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]),
            "tags": self._tags(arn),
            "targets": sorted(json.dumps(target, sort_keys=True) for target in targets),
        }

    def _group(self, group: Raw) -> Raw:
        return {
            "description": group["Description"],
            "tags": _pairs(group.get("Tags", [])),
            "ingress": sorted(self._permissions(group["IpPermissions"]), key=rank),
        }

    def _permissions(self, permissions: Sequence[Raw]) -> Iterator[Raw]:
        for permission in permissions:
            ports = {
                "proto": permission["IpProtocol"],
                "frm": permission.get("FromPort"),
                "to": permission.get("ToPort"),
            }
            for part, field, name in _SOURCES:
                for source in permission.get(part, []):
                    described = {"desc": source.get("Description", "")}
                    yield {**ports, name: self._names.of(source[field]), **described}

    def _tags(self, arn: str) -> Raw:
        (found,) = self._elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return _pairs(found["Tags"])


_SOURCES = (
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr6"),
    ("PrefixListIds", "PrefixListId", "pl"),
    ("UserIdGroupPairs", "GroupId", "sg"),
)


def rank(value: Any) -> str:
    """A key that puts plain data in an order of its content alone."""
    return json.dumps(value, sort_keys=True)


def _pairs(items: Sequence[Mapping[str, str]]) -> Raw:
    return {item["Key"]: item.get("Value", "") for item in items}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _texts(one)
        case dict():
            for one in value.values():
                yield from _texts(one)


def _paged(client: Any, operation: str, field: str, **parameters: Any) -> list[Raw]:
    pages = client.get_paginator(operation).paginate(**parameters)
    return [item for page in pages for item in page[field]]
