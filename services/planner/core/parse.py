"""AWS's own descriptions (elements of Describe answers, keys as in the API models) as core records.

Called for observations and by the fold for the answers of our own calls. A description that lacks a required key is a
fault of the peer and raises `MalformedDescriptionError`, which names the key; what AWS may leave out has a default.
Read-back differences (a single forward given twice, defaulted redirects, values listed twice) are evened out here
(ELBv2 behaviour, section 4.6), so that the diff compares like with like.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.planner.core.aws import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    Health,
    HealthCheck,
    Interface,
    Listener,
    LoadBalancer,
    OpaqueAction,
    Permission,
    Redirect,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
    TargetGroup,
    TargetGroupWeight,
    Vpc,
    Zone,
)
from services.planner.core.updates import Record, RecordKind

Description = Mapping[str, Any]
Pairs = Mapping[str, str]


class MalformedDescriptionError(ValueError):
    """A description lacks what AWS always gives."""


def parse(
    kind: RecordKind,
    description: Description,
    *,
    tags: Pairs | None = None,
    attributes: Pairs | None = None,
    parent: str = "",
) -> Record | None:
    """The record of one description; None for a listener's default rule, which is part of its listener.

    `tags` and `attributes` are None where they were not read; EC2 descriptions bring their tags themselves.
    """
    try:
        return _PARSERS[kind](description, tags, attributes, parent)
    except (KeyError, TypeError, IndexError) as fault:
        raise MalformedDescriptionError(f"{kind.name.lower()} without {fault}") from fault


def load_balancer(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> LoadBalancer:
    """A load balancer; AWS leaves the scheme out for none."""
    del parent
    return LoadBalancer(
        arn=d["LoadBalancerArn"],
        name=d["LoadBalancerName"],
        type=d["Type"],
        scheme=d.get("Scheme", "internet-facing"),
        ip_address_type=d.get("IpAddressType", "ipv4"),
        vpc_id=d.get("VpcId", ""),
        dns_name=d.get("DNSName", ""),
        state=d.get("State", {}).get("Code", ""),
        subnets=tuple(sorted(z["SubnetId"] for z in d.get("AvailabilityZones", ()))),
        security_groups=tuple(d.get("SecurityGroups", ())),
        tags=tags,
        attributes=attributes,
    )


def listener(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Listener:
    """A listener with its default certificate."""
    return Listener(
        arn=d["ListenerArn"],
        load_balancer_arn=d.get("LoadBalancerArn", parent),
        port=int(d["Port"]),
        protocol=d["Protocol"],
        default_actions=actions(d.get("DefaultActions", ())),
        ssl_policy=d.get("SslPolicy"),
        certificates=tuple(c["CertificateArn"] for c in d.get("Certificates", ())),
        tags=tags,
        attributes=attributes,
    )


def rule(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Rule | None:
    """A rule; None for the default rule."""
    del attributes
    if d.get("IsDefault") or d["Priority"] == "default":
        return None
    return Rule(
        arn=d["RuleArn"],
        listener_arn=parent,
        priority=int(d["Priority"]),
        conditions=tuple(sorted((condition(c) for c in d.get("Conditions", ())), key=lambda c: (c.field, c.json))),
        actions=actions(d.get("Actions", ())),
        transforms=_canonical(d["Transforms"]) if d.get("Transforms") else "",
        tags=tags,
    )


def target_group(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> TargetGroup:
    """A target group with its health check."""
    del parent
    matcher = d.get("Matcher", {})
    return TargetGroup(
        arn=d["TargetGroupArn"],
        name=d["TargetGroupName"],
        target_type=d.get("TargetType", "instance"),
        protocol=d.get("Protocol", ""),
        protocol_version=d.get("ProtocolVersion"),
        port=int(d["Port"]) if d.get("Port") is not None else None,
        vpc_id=d.get("VpcId", ""),
        ip_address_type=d.get("IpAddressType", "ipv4"),
        health_check=HealthCheck(
            protocol=d.get("HealthCheckProtocol", ""),
            port=str(d.get("HealthCheckPort", "traffic-port")),
            interval_seconds=int(d.get("HealthCheckIntervalSeconds", 0)),
            timeout_seconds=int(d.get("HealthCheckTimeoutSeconds", 0)),
            healthy_threshold=int(d.get("HealthyThresholdCount", 0)),
            unhealthy_threshold=int(d.get("UnhealthyThresholdCount", 0)),
            path=d.get("HealthCheckPath"),
            http_codes=matcher.get("HttpCode"),
            grpc_codes=matcher.get("GrpcCode"),
        ),
        load_balancers=tuple(sorted(set(d.get("LoadBalancerArns", ())))),
        tags=tags,
        attributes=attributes,
    )


def security_group(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> SecurityGroup:
    """A security group with one `Permission` per source of each inbound rule."""
    del attributes, parent
    return SecurityGroup(
        id=d["GroupId"],
        name=d["GroupName"],
        description=d.get("Description", ""),
        vpc_id=d.get("VpcId", ""),
        permissions=permissions(d.get("IpPermissions", ())),
        tags=_tags(d) if tags is None else tags,
    )


def permissions(entries: Sequence[Description]) -> frozenset[Permission]:
    """IpPermissions expanded to one source each (networking, section 6)."""
    found: set[Permission] = set()
    for entry in entries:
        base = {
            "protocol": entry["IpProtocol"],
            "from_port": entry.get("FromPort"),
            "to_port": entry.get("ToPort"),
        }
        for list_key, source_key, field in _SOURCES:
            for source in entry.get(list_key) or ():
                if source.get(source_key):
                    found.add(
                        Permission(**base, **{field: source[source_key]}, description=source.get("Description") or "")
                    )
    return frozenset(found)


_SOURCES = (
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr6"),
    ("PrefixListIds", "PrefixListId", "prefix_list"),
    ("UserIdGroupPairs", "GroupId", "group"),
)


def targets(entries: Sequence[Description]) -> dict[Target, Health]:
    """TargetHealthDescriptions by target; a target that is not registered (`Target.NotRegistered`) is left out."""
    found: dict[Target, Health] = {}
    for entry in entries:
        health = entry.get("TargetHealth", {})
        if health.get("Reason") == "Target.NotRegistered":
            continue
        target = Target(id=entry["Target"]["Id"], port=int(entry["Target"].get("Port", 0)))
        found[target] = Health(
            state=health.get("State", ""),
            reason=health.get("Reason") or "",
            description=health.get("Description") or "",
        )
    return found


def actions(entries: Sequence[Description]) -> tuple[Action, ...]:
    """Actions in the order of `Order`."""
    return tuple(_action(a) for a in sorted(entries, key=lambda a: int(a.get("Order") or 0)))


def _action(a: Description) -> Action:
    match a.get("Type"):
        case "forward":
            return _forward(a)
        case "fixed-response":
            c = a["FixedResponseConfig"]
            return FixedResponse(
                status_code=c["StatusCode"],
                content_type=c.get("ContentType") or None,
                body=c.get("MessageBody") or None,
            )
        case "redirect":
            c = a["RedirectConfig"]
            return Redirect(
                status_code=c["StatusCode"],
                protocol=_unless(c.get("Protocol"), "#{protocol}"),
                host=_unless(c.get("Host"), "#{host}"),
                port=_unless(c.get("Port"), "#{port}"),
                path=_unless(c.get("Path"), "/#{path}"),
                query=_unless(c.get("Query"), "#{query}"),
            )
        case _:
            return OpaqueAction(json=_canonical({k: v for k, v in a.items() if k != "Order"}))


def _forward(a: Description) -> Forward:
    config = a.get("ForwardConfig") or {}
    entries = config.get("TargetGroups") or [{"TargetGroupArn": a["TargetGroupArn"]}]
    alone = len(entries) == 1
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    sticky = bool(stickiness.get("Enabled")) or None
    return Forward(
        groups=tuple(
            sorted(
                (
                    TargetGroupWeight(
                        target_group=e["TargetGroupArn"],
                        weight=None if alone or e.get("Weight") is None else int(e["Weight"]),
                    )
                    for e in entries
                ),
                key=lambda g: g.target_group,
            )
        ),
        sticky=sticky,
        sticky_seconds=stickiness.get("DurationSeconds") if sticky else None,
    )


def condition(c: Description) -> Condition:
    """A condition; plain values where the field has a plain value list, the JSON of its config otherwise."""
    field = c["Field"]
    config = c.get(CONDITION_CONFIGS.get(field, ""), {}) or {}
    values = config.get("Values") or c.get("Values") or ()
    if all(isinstance(v, str) for v in values) and values and set(config) <= {"Values"}:
        return Condition(field=field, values=tuple(values))
    return Condition(field=field, json=_canonical(config))


CONDITION_CONFIGS: Mapping[str, str] = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def subnet(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Subnet:
    """A subnet; only associated IPv6 ranges count."""
    del attributes, parent
    return Subnet(
        id=d["SubnetId"],
        zone=d["AvailabilityZone"],
        zone_id=d.get("AvailabilityZoneId", ""),
        vpc_id=d["VpcId"],
        available_addresses=int(d.get("AvailableIpAddressCount", 0)),
        cidr=d.get("CidrBlock", ""),
        ipv6_cidrs=tuple(
            a["Ipv6CidrBlock"]
            for a in d.get("Ipv6CidrBlockAssociationSet", ())
            if a.get("Ipv6CidrBlockState", {}).get("State") == "associated"
        ),
        outpost_arn=d.get("OutpostArn", ""),
        tags=_tags(d) if tags is None else tags,
    )


def zone(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Zone:
    """An availability zone."""
    del tags, attributes, parent
    return Zone(id=d["ZoneId"], name=d["ZoneName"], type=d.get("ZoneType", "availability-zone"))


def vpc(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Vpc:
    """A VPC with its associated ranges."""
    del tags, attributes, parent
    return Vpc(
        id=d["VpcId"],
        cidrs=tuple(
            a["CidrBlock"]
            for a in d.get("CidrBlockAssociationSet", ())
            if a.get("CidrBlockState", {}).get("State") == "associated"
        ),
        ipv6_cidrs=tuple(
            a["Ipv6CidrBlock"]
            for a in d.get("Ipv6CidrBlockAssociationSet", ())
            if a.get("Ipv6CidrBlockState", {}).get("State") == "associated"
        ),
    )


def route_table(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> RouteTable:
    """A route table."""
    del tags, attributes, parent
    associations = d.get("Associations", ())
    return RouteTable(
        id=d["RouteTableId"],
        main=any(a.get("Main") for a in associations),
        subnets=tuple(sorted(a["SubnetId"] for a in associations if a.get("SubnetId"))),
        gateways=tuple(r["GatewayId"] for r in d.get("Routes", ()) if r.get("GatewayId")),
    )


def interface(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Interface:
    """A network interface with its addresses and prefixes."""
    del tags, attributes, parent
    attachment = d.get("Attachment") or {}
    primary = [d["PrivateIpAddress"]] if d.get("PrivateIpAddress") else []
    addresses = [a["PrivateIpAddress"] for a in d.get("PrivateIpAddresses", ())]
    return Interface(
        id=d["NetworkInterfaceId"],
        groups=tuple(sorted(g["GroupId"] for g in d.get("Groups", ()))),
        addresses=tuple(sorted({*primary, *addresses})),
        prefixes=tuple(
            sorted(
                [p["Ipv4Prefix"] for p in d.get("Ipv4Prefixes") or ()]
                + [p["Ipv6Prefix"] for p in d.get("Ipv6Prefixes") or ()]
            )
        ),
        ipv6_addresses=tuple(sorted(a["Ipv6Address"] for a in d.get("Ipv6Addresses") or ())),
        instance_id=attachment.get("InstanceId", ""),
        device_index=int(attachment.get("DeviceIndex", -1)),
    )


_PARSERS: Mapping[RecordKind, Callable[[Description, Pairs | None, Pairs | None, str], Record | None]] = {
    RecordKind.LOAD_BALANCER: load_balancer,
    RecordKind.LISTENER: listener,
    RecordKind.RULE: rule,
    RecordKind.TARGET_GROUP: target_group,
    RecordKind.SECURITY_GROUP: security_group,
    RecordKind.SUBNET: subnet,
    RecordKind.ZONE: zone,
    RecordKind.VPC: vpc,
    RecordKind.ROUTE_TABLE: route_table,
    RecordKind.INTERFACE: interface,
}


def _tags(d: Description) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in d.get("Tags", ())}


def _unless(value: str | None, default: str) -> str | None:
    return None if value in (None, "", default) else value


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
