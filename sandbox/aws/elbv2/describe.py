"""Resources as the API shows them. The operations answer with these shapes.

Elastic Load Balancing API reference: LoadBalancer, Listener, Rule, TargetGroup, TrustStore.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.aws.elbv2.model import Listener, LoadBalancer, Rule, TargetGroup, TrustStore, Zone

Shown = dict[str, Any]


def load_balancer(balancer: LoadBalancer, state: str) -> Shown:
    """`state` is its state code: provisioning or active."""
    return {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": balancer.hosted_zone_id,
        "CreatedTime": balancer.created,
        "LoadBalancerName": balancer.name,
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc_id,
        "State": {"Code": state},
        "Type": balancer.type,
        "AvailabilityZones": zones(balancer),
        "SecurityGroups": balancer.security_groups or None,
        "IpAddressType": balancer.ip_address_type,
        "CustomerOwnedIpv4Pool": balancer.customer_owned_pool,
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.private_link_rules,
        "EnablePrefixForIpv6SourceNat": balancer.source_nat,
        "IpamPools": {"Ipv4IpamPoolId": balancer.ipam_pool} if balancer.ipam_pool else None,
    }


def zones(balancer: LoadBalancer) -> list[Shown]:
    return [_zone(zone) for zone in balancer.zones]


def _zone(zone: Zone) -> Shown:
    """Addresses are shown where somebody chose them (API reference, LoadBalancerAddress)."""
    addresses: list[Shown] = []
    if zone.allocation_id is not None:
        addresses.append({"IpAddress": zone.public_address, "AllocationId": zone.allocation_id})
    if zone.chosen_address:
        addresses.append({"PrivateIPv4Address": zone.address})
    if zone.ipv6_address is not None:
        addresses.append({"IPv6Address": zone.ipv6_address})
    prefixes = [zone.source_nat_prefix] if zone.source_nat_prefix else None
    shown = {"ZoneName": zone.name, "SubnetId": zone.subnet_id, "LoadBalancerAddresses": addresses}
    return {**shown, "SourceNatIpv6Prefixes": prefixes}


def listener(one: Listener) -> Shown:
    """Of its certificates only the default one is shown."""
    return {
        "ListenerArn": one.arn,
        "LoadBalancerArn": one.load_balancer_arn,
        "Port": one.port,
        "Protocol": one.protocol,
        "Certificates": [{"CertificateArn": one.certificate}] if one.certificate else None,
        "SslPolicy": one.ssl_policy,
        "DefaultActions": one.default_rule.actions,
        "AlpnPolicy": one.alpn or None,
        "MutualAuthentication": one.mutual_authentication,
    }


def rule(one: Rule) -> Shown:
    return {
        "RuleArn": one.arn,
        "Priority": "default" if one.priority is None else str(one.priority),
        "Conditions": one.conditions,
        "Actions": one.actions,
        "IsDefault": one.is_default,
        "Transforms": one.transforms,
    }


def target_group(group: TargetGroup, load_balancers: list[str]) -> Shown:
    """`load_balancers` are the ARNs of those that forward to it."""
    check = group.health_check
    return {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "Port": group.port,
        "VpcId": group.vpc_id,
        "HealthCheckProtocol": check.protocol,
        "HealthCheckPort": check.port,
        "HealthCheckEnabled": check.enabled,
        "HealthCheckIntervalSeconds": check.interval,
        "HealthCheckTimeoutSeconds": check.timeout,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "HealthCheckPath": check.path,
        "Matcher": check.matcher,
        "LoadBalancerArns": load_balancers,
        "TargetType": group.target_type,
        "ProtocolVersion": group.protocol_version,
        "IpAddressType": group.ip_address_type,
        "TargetControlPort": group.target_control_port,
    }


def trust_store(store: TrustStore) -> Shown:
    return {
        "Name": store.name,
        "TrustStoreArn": store.arn,
        "Status": "ACTIVE",
        "NumberOfCaCertificates": 1,
        "TotalRevokedEntries": sum(one.entries for one in store.revocations.values()),
    }


def tags(of: Mapping[str, str]) -> list[Shown]:
    return [{"Key": key, "Value": value} for key, value in of.items()]
