"""Load balancers, listeners, rules, target groups and targets as ELBv2 describes them."""

from collections.abc import Sequence

from services.planner.core.aws import (
    PRIVATE_LINK_DEFAULT,
    AccountLimit,
    Health,
    HealthCheck,
    Listener,
    LoadBalancer,
    MutualAuthentication,
    Rule,
    Target,
    TargetGroup,
    TrustStore,
)
from services.planner.core.parse.descriptions import Description, Pairs
from services.planner.core.parse.forwarding import actions, condition, transforms

_ON = "on"


def load_balancer(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> LoadBalancer:
    """A load balancer; AWS leaves the scheme out for none."""
    del parent
    zones = d.get("AvailabilityZones", ())
    return LoadBalancer(
        arn=d["LoadBalancerArn"],
        name=d["LoadBalancerName"],
        type=d["Type"],
        scheme=d.get("Scheme", "internet-facing"),
        ip_address_type=d.get("IpAddressType", "ipv4"),
        vpc_id=d.get("VpcId", ""),
        dns_name=d.get("DNSName", ""),
        state=d.get("State", {}).get("Code", ""),
        subnets=tuple(sorted(z["SubnetId"] for z in zones)),
        security_groups=tuple(d.get("SecurityGroups", ())),
        source_nat=d.get("EnablePrefixForIpv6SourceNat") == _ON,
        source_nat_prefixes=tuple(sorted(p for z in zones for p in z.get("SourceNatIpv6Prefixes") or ())),
        private_link_rules=d.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") or PRIVATE_LINK_DEFAULT,
        ipam_pool=d.get("IpamPools", {}).get("Ipv4IpamPoolId"),
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
        alpn_policy=next(iter(d.get("AlpnPolicy") or ()), None),
        mutual_authentication=_mutual_authentication(d.get("MutualAuthentication") or {}),
        tags=tags,
        attributes=attributes,
    )


def _mutual_authentication(d: Description) -> MutualAuthentication:
    """Without a description clients are not asked; names of authorities are told only where AWS says so."""
    store = d.get("TrustStoreArn") or ""
    return MutualAuthentication(
        mode=d.get("Mode") or "off",
        trust_store=store,
        ignore_expiry=bool(d.get("IgnoreClientCertificateExpiry")),
        advertise_ca_names=(d.get("AdvertiseTrustStoreCaNames") or "off") if store else "",
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
        transforms=transforms(d.get("Transforms") or ()),
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
        control_port=int(d["TargetControlPort"]) if d.get("TargetControlPort") else None,
        load_balancers=tuple(sorted(set(d.get("LoadBalancerArns", ())))),
        tags=tags,
        attributes=attributes,
    )


def trust_store(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> TrustStore:
    """A trust store."""
    del tags, attributes, parent
    return TrustStore(arn=d["TrustStoreArn"], name=d["Name"])


def targets(entries: Sequence[Description]) -> dict[Target, Health]:
    """TargetHealthDescriptions by target; a target that is not registered (`Target.NotRegistered`) is left out."""
    found: dict[Target, Health] = {}
    for entry in entries:
        health = entry.get("TargetHealth", {})
        if health.get("Reason") == "Target.NotRegistered":
            continue
        described = entry["Target"]
        quic = described.get("QuicServerId") or ""
        target = Target(id=described["Id"], port=int(described.get("Port", 0)), quic_id=quic)
        found[target] = Health(
            state=health.get("State", ""),
            reason=health.get("Reason") or "",
            description=health.get("Description") or "",
        )
    return found


def account_limit(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> AccountLimit:
    """A limit, as DescribeAccountLimits gives it."""
    del tags, attributes, parent
    return AccountLimit(id=d["Name"], most=int(d["Max"]))
