"""Load balancers: create, describe, change their placement, delete. Installed by the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.aws.patches.actions import forwarded, update_references
from sandbox.aws.patches.lookup import check_at_most, find_load_balancer
from sandbox.aws.patches.paging import page
from sandbox.aws.patches.patching import Call, Patches, refusal
from sandbox.aws.patches.placement import check_addresses, check_security_groups, find_subnets
from sandbox.aws.patches.tags import check_new_tags, forget_tags, put_tags

ARN_SEGMENTS = {"application": "app", "network": "net", "gateway": "gwy"}
ADDRESS_TYPES = {
    "application": ("ipv4", "dualstack", "dualstack-without-public-ipv4"),
    "network": ("ipv4", "dualstack"),
    "gateway": ("ipv4", "dualstack"),
}


def install(patches: Patches) -> None:
    """Section 6, rows 4, 7, 8, 10, 14 and 22."""
    patches.answer("CreateLoadBalancer", _create)
    patches.answer("DescribeLoadBalancers", _describe)
    patches.answer("DeleteLoadBalancer", _delete)
    patches.answer("SetSubnets", _set_subnets)
    patches.answer("SetSecurityGroups", _set_security_groups)
    patches.answer("SetIpAddressType", _set_ip_address_type)


def _create(call: Call) -> dict[str, Any]:
    """Rows 4, 7 and 8: the same call again gives what stands; other settings under a taken name are refused."""
    params, backend = call.params, call.backend
    settings = _settings(params)
    _check_name(params["Name"])
    check_new_tags(params.get("Tags"))
    subnets = find_subnets(backend, settings["type"], params)
    check_addresses(
        backend,
        params,
        subnets,
        balancer_type=settings["type"],
        scheme=settings["scheme"],
        address_type=settings["ip_address_type"],
    )
    groups = list(params.get("SecurityGroups", ()))
    check_security_groups(backend, subnets[0].vpc_id, groups)
    if settings["type"] == "application" and not groups:
        groups = [backend.ec2_backend.get_default_security_group(subnets[0].vpc_id).id]
    standing = next((one for one in backend.load_balancers.values() if one.name == params["Name"]), None)
    if standing is not None:
        wanted = {**settings, "subnets": {subnet.id for subnet in subnets}, "groups": set(groups)}
        if _settings_of(standing) != wanted:
            message = f"A load balancer with the same name '{params['Name']}' exists, but with different settings"
            raise refusal("DuplicateLoadBalancerName", message)
        return {"LoadBalancers": [standing]}
    balancer = backend.create_load_balancer(
        name=params["Name"],
        security_groups=groups,
        subnet_ids=[subnet.id for subnet in subnets],
        scheme=settings["scheme"],
        loadbalancer_type=settings["type"],
    )
    balancer.ip_address_type = settings["ip_address_type"]
    balancer.attrs = {}
    balancer.customer_owned_ipv4_pool = params.get("CustomerOwnedIpv4Pool")
    balancer.ipam_pools = params.get("IpamPools")
    if settings["type"] == "network":
        balancer.enable_prefix_for_ipv6_source_nat = params.get("EnablePrefixForIpv6SourceNat", "off")
        if groups:
            balancer.enforce_security_group_inbound_rules_on_private_link_traffic = "on"
    del backend.load_balancers[balancer.arn]
    balancer.arn = balancer.arn.replace(":loadbalancer/app/", f":loadbalancer/{ARN_SEGMENTS[settings['type']]}/")
    backend.load_balancers[balancer.arn] = balancer
    put_tags(backend, balancer.arn, params.get("Tags"))
    return {"LoadBalancers": [balancer]}


def _settings(params: Mapping[str, Any]) -> dict[str, Any]:
    settings = {
        "type": params.get("Type", "application"),
        "scheme": params.get("Scheme", "internet-facing"),
        "ip_address_type": params.get("IpAddressType", "ipv4"),
    }
    if settings["type"] not in ARN_SEGMENTS:
        raise refusal("ValidationError", f"Load balancer type '{settings['type']}' is not one of {list(ARN_SEGMENTS)}")
    if settings["scheme"] not in ("internet-facing", "internal"):
        raise refusal("InvalidScheme", f"Scheme '{settings['scheme']}' is neither internet-facing nor internal")
    _check_address_type(settings["type"], settings["ip_address_type"])
    return settings


def _settings_of(balancer: Any) -> dict[str, Any]:
    return {
        "type": balancer.type,
        "scheme": balancer.scheme,
        "ip_address_type": balancer.ip_address_type,
        "subnets": {subnet.id for subnet in balancer.subnets},
        "groups": set(balancer.security_groups),
    }


def _check_name(name: str) -> None:
    """Row 8, by the rules of aws-elbv2, section 2.1."""
    if len(name) > 32:
        raise refusal("ValidationError", f"The load balancer name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        message = f"The load balancer name '{name}' can only contain alphanumeric characters and hyphens(-)"
        raise refusal("ValidationError", message)
    if name.startswith("-") or name.endswith("-"):
        raise refusal("ValidationError", f"The load balancer name '{name}' cannot begin or end with '-'")
    if name.startswith("internal-"):
        raise refusal("ValidationError", f"The load balancer name '{name}' cannot begin with 'internal-'")


def _check_address_type(balancer_type: str, address_type: str) -> None:
    if address_type not in ADDRESS_TYPES[balancer_type]:
        allowed = list(ADDRESS_TYPES[balancer_type])
        raise refusal("ValidationError", f"IP address type '{address_type}' is not one of {allowed}")


def _describe(call: Call) -> dict[str, Any]:
    """Row 10: everything that is named exists, at most 20 of it."""
    arns, names = call.params.get("LoadBalancerArns", []), call.params.get("Names", [])
    if arns and names:
        message = "Load balancer names and load balancer ARNs cannot be specified at the same time"
        raise refusal("ValidationError", message)
    check_at_most(arns or names, "load balancers")
    balancers = list(call.backend.load_balancers.values())
    if arns:
        balancers = [find_load_balancer(call.backend, arn) for arn in dict.fromkeys(arns)]
    elif names:
        by_name = {balancer.name: balancer for balancer in balancers}
        missing = [name for name in names if name not in by_name]
        if missing:
            raise refusal("LoadBalancerNotFound", f"Load balancers '{missing}' not found")
        balancers = [by_name[name] for name in dict.fromkeys(names)]
    result = page("LoadBalancers", balancers, call.params)
    for balancer in result["LoadBalancers"]:
        balancer.activate()
    return result


def _delete(call: Call) -> None:
    """Row 14: deletion protection holds; what hangs on the load balancer goes with it. An absent one is success."""
    backend, arn = call.backend, call.params["LoadBalancerArn"]
    balancer = backend.load_balancers.get(arn)
    if balancer is None:
        return
    if balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise refusal("OperationNotPermitted", message)
    released: set[str] = set()
    for listener in balancer.listeners.values():
        forget_tags(backend, listener.arn)
        for rule in listener.rules.values():
            forget_tags(backend, rule.arn)
            released |= forwarded(rule.actions)
    del backend.load_balancers[arn]
    forget_tags(backend, arn)
    update_references(backend, arn, released)


def _set_subnets(call: Call) -> dict[str, Any]:
    """Row 22: a Network Load Balancer may stand in one zone, and an unknown subnet is SubnetNotFound."""
    balancer = find_load_balancer(call.backend, call.params["LoadBalancerArn"])
    address_type = call.params.get("IpAddressType", balancer.ip_address_type)
    _check_address_type(balancer.type, address_type)
    subnets = find_subnets(call.backend, balancer.type, call.params)
    check_addresses(
        call.backend,
        call.params,
        subnets,
        balancer_type=balancer.type,
        scheme=balancer.scheme,
        address_type=address_type,
    )
    balancer.subnets = subnets
    balancer.ip_address_type = address_type
    answer = {"AvailabilityZones": balancer.availability_zones, "IpAddressType": address_type}
    if balancer.type == "network":
        source_nat = call.params.get("EnablePrefixForIpv6SourceNat", "off")
        balancer.enable_prefix_for_ipv6_source_nat = answer["EnablePrefixForIpv6SourceNat"] = source_nat
    return answer


def _set_security_groups(call: Call) -> dict[str, Any]:
    """Row 22: a Network Load Balancer made without security groups never gets any; one made with them keeps some."""
    balancer = find_load_balancer(call.backend, call.params["LoadBalancerArn"])
    groups = list(call.params["SecurityGroups"])
    if balancer.type == "network" and bool(groups) != bool(balancer.security_groups):
        message = "A Network Load Balancer keeps having, or not having, security groups"
        raise refusal("InvalidConfigurationRequest", message)
    if balancer.type == "application" and not groups:
        raise refusal("ValidationError", "At least one security group must be specified")
    check_security_groups(call.backend, balancer.vpc_id, groups)
    balancer.security_groups = groups
    name = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    if name not in call.params:
        return {"SecurityGroupIds": groups}
    if balancer.type != "network":
        raise refusal("InvalidConfigurationRequest", "Only a Network Load Balancer has rules for PrivateLink traffic")
    balancer.enforce_security_group_inbound_rules_on_private_link_traffic = call.params[name]
    return {"SecurityGroupIds": groups, name: call.params[name]}


def _set_ip_address_type(call: Call) -> dict[str, Any]:
    """Row 8: dualstack-without-public-ipv4 exists, for Application Load Balancers."""
    balancer = find_load_balancer(call.backend, call.params["LoadBalancerArn"])
    _check_address_type(balancer.type, call.params["IpAddressType"])
    balancer.ip_address_type = call.params["IpAddressType"]
    return {"IpAddressType": balancer.ip_address_type}
