"""Load balancers: create, describe, change their placement, delete."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2.arns import SEGMENTS, load_balancer_arn
from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.model import LeftInterfaces, LoadBalancer
from sandbox.aws.elbv2.operations.paging import check_at_most, page
from sandbox.aws.elbv2.operations.placement import Placement, Stand
from sandbox.aws.elbv2.operations.tags import new_tags
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured
from sandbox.aws.elbv2.store import Store

_ADDRESS_TYPES = {
    "application": ("ipv4", "dualstack", "dualstack-without-public-ipv4"),
    "network": ("ipv4", "dualstack"),
    "gateway": ("ipv4", "dualstack"),
}
_HOSTED_ZONES = {"application": "Z1H1FL5HABSF5", "network": "Z18D5FSROUN65G", "gateway": ""}
"""Of us-west-2 (AWS General Reference, Elastic Load Balancing endpoints); gateway load balancers have no name."""
_PRIVATE_LINK = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
_SOURCE_NAT = "EnablePrefixForIpv6SourceNat"
_NAME_LIMIT = 32


class LoadBalancers:
    def __init__(self, store: Store, *, placement: Placement, quotas: Quotas, conditions: Conditions) -> None:
        self._store = store
        self._placement = placement
        self._quotas = quotas
        self._conditions = conditions

    def state_of(self, balancer: LoadBalancer) -> str:
        """Its state code."""
        return "active" if self._conditions.clock.now() >= balancer.active_at else "provisioning"

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The same call again gives what stands; other settings under a taken name are refused. Tags are no setting."""
        name, stand = params["Name"], _stand(params)
        _check_name(name)
        tags = new_tags(params)
        self._release_interfaces()
        places = self._placement.places(params, stand)
        vpc = places[0].subnet.vpc_id
        groups = self._placement.security_groups(stand.type, vpc, params.get("SecurityGroups", ()))
        standing = self._store.load_balancer_named(name)
        if standing is not None:
            if not _is(standing, stand, {place.subnet.id for place in places}, set(groups)):
                message = f"A load balancer with the same name '{name}' exists, but with different settings"
                raise RefusedError("DuplicateLoadBalancerName", message)
            return self._shown(standing)
        count = sum(one.type == stand.type for one in self._store.load_balancers.values())
        self._quotas.check(f"{stand.type}-load-balancers", count + 1)
        now = self._conditions.clock.now()
        balancer = LoadBalancer(
            arn=load_balancer_arn(self._store.place, stand.type, name),
            name=name,
            type=stand.type,
            scheme=stand.scheme,
            ip_address_type=stand.ip_address_type,
            vpc_id=vpc,
            dns_name=_dns_name(name, stand, self._store.region),
            hosted_zone_id=_HOSTED_ZONES[stand.type],
            zones=self._placement.settle(places),
            security_groups=groups,
            customer_owned_pool=params.get("CustomerOwnedIpv4Pool"),
            ipam_pool=params.get("IpamPools", {}).get("Ipv4IpamPoolId"),
            source_nat=stand.source_nat,
            private_link_rules="on" if stand.type == "network" and groups else None,
            tags=tags,
            created=datetime.now(UTC),
            created_at=now,
            active_at=now + self._conditions.delays.provisioning(network=stand.type == "network"),
        )
        self._store.add_load_balancer(balancer)
        # AWS answers before anything has been provisioned.
        return {"LoadBalancers": [describe.load_balancer(balancer, "provisioning")]}

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Everything that is named exists, at most 20 of it."""
        arns, names = params.get("LoadBalancerArns"), params.get("Names")
        if arns and names:
            raise invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
        check_at_most(arns or names, "load balancers")
        if arns:
            found = [self._store.load_balancer(arn) for arn in dict.fromkeys(arns)]
        elif names:
            found = [self._named(name) for name in dict.fromkeys(names)]
        else:
            found = list(self._store.load_balancers.values())
        return page(
            "LoadBalancers",
            found,
            params,
            identity=lambda one: one.arn,
            show=lambda one: describe.load_balancer(one, self.state_of(one)),
        )

    def _named(self, name: str) -> LoadBalancer:
        found = self._store.load_balancer_named(name)
        if found is None:
            raise RefusedError("LoadBalancerNotFound", f"Load balancers '[{name}]' not found")
        return found

    def delete(self, params: Mapping[str, Any]) -> None:
        """Deletion protection holds; what hangs on the load balancer goes with it. An absent one is success."""
        arn = params["LoadBalancerArn"]
        balancer = self._store.load_balancers.get(arn)
        if balancer is None:
            return
        if balancer.attributes.get("deletion_protection.enabled") == "true":
            message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            raise RefusedError("OperationNotPermitted", message)
        targets = (target for group in self._store.target_groups.values() for target in group.targets.values())
        if any(target.id == arn and not target.is_leaving for target in targets):
            raise RefusedError("ResourceInUse", f"Load balancer '{arn}' is currently in use as a target")
        self._store.remove_load_balancer(balancer)
        until = self._conditions.clock.now() + self._conditions.delays.interface_release
        left = LeftInterfaces(zones=balancer.zones, security_groups=balancer.security_groups, until=until)
        self._store.left_interfaces.append(left)
        self._release_interfaces()

    def _release_interfaces(self) -> None:
        """Give back the addresses of what is left over no longer."""
        now = self._conditions.clock.now()
        for left in [one for one in self._store.left_interfaces if one.until <= now]:
            self._placement.leave(left.zones)
            self._store.left_interfaces.remove(left)

    def set_subnets(self, params: Mapping[str, Any]) -> dict[str, Any]:
        balancer = self._store.load_balancer(params["LoadBalancerArn"])
        address_type = params.get("IpAddressType", balancer.ip_address_type)
        _check_address_type(balancer.type, address_type)
        source_nat = params.get(_SOURCE_NAT, "off") if balancer.type == "network" else None
        stand = Stand(type=balancer.type, scheme=balancer.scheme, ip_address_type=address_type, source_nat=source_nat)
        places = self._placement.places(params, stand)
        if places[0].subnet.vpc_id != balancer.vpc_id:
            raise misconfigured(f"The subnets are not in VPC '{balancer.vpc_id}' of the load balancer")
        balancer.zones = self._placement.settle(places, balancer.zones)
        balancer.ip_address_type, balancer.source_nat = address_type, source_nat
        answer = {"AvailabilityZones": describe.zones(balancer), "IpAddressType": address_type}
        return {**answer, _SOURCE_NAT: source_nat}

    def set_security_groups(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A Network Load Balancer made without security groups never gets any; one made with them keeps some."""
        balancer = self._store.load_balancer(params["LoadBalancerArn"])
        groups, private_link = params["SecurityGroups"], params.get(_PRIVATE_LINK)
        if balancer.type == "network" and bool(groups) != bool(balancer.security_groups):
            raise misconfigured("A Network Load Balancer keeps having, or not having, security groups")
        if balancer.type == "application" and not groups:
            raise invalid("At least one security group must be specified")
        if private_link is not None and balancer.type != "network":
            raise misconfigured("Only a Network Load Balancer has rules for PrivateLink traffic")
        self._placement.check_security_groups(balancer.vpc_id, groups)
        balancer.security_groups = groups
        if private_link is not None:
            balancer.private_link_rules = private_link
        return {"SecurityGroupIds": groups, _PRIVATE_LINK: private_link}

    def set_ip_address_type(self, params: Mapping[str, Any]) -> dict[str, Any]:
        balancer = self._store.load_balancer(params["LoadBalancerArn"])
        _check_address_type(balancer.type, params["IpAddressType"])
        balancer.ip_address_type = params["IpAddressType"]
        return {"IpAddressType": balancer.ip_address_type}

    def _shown(self, balancer: LoadBalancer) -> dict[str, Any]:
        return {"LoadBalancers": [describe.load_balancer(balancer, self.state_of(balancer))]}


def _stand(params: Mapping[str, Any]) -> Stand:
    balancer_type = params.get("Type", "application")
    address_type = params.get("IpAddressType", "ipv4")
    _check_address_type(balancer_type, address_type)
    source_nat = params.get(_SOURCE_NAT)
    if source_nat == "on" and balancer_type != "network":
        raise misconfigured("Only a Network Load Balancer has source NAT prefixes")
    return Stand(
        type=balancer_type,
        scheme=params.get("Scheme", "internet-facing"),
        ip_address_type=address_type,
        source_nat=(source_nat or "off") if balancer_type == "network" else None,
    )


def _check_address_type(balancer_type: str, address_type: str) -> None:
    if address_type not in _ADDRESS_TYPES[balancer_type]:
        raise invalid(f"IP address type '{address_type}' is not one of {list(_ADDRESS_TYPES[balancer_type])}")


def _check_name(name: str) -> None:
    """By the rules of CreateLoadBalancer (aws-elbv2, section 2.1)."""
    if len(name) > _NAME_LIMIT:
        raise invalid(f"The load balancer name '{name}' cannot be longer than '{_NAME_LIMIT}' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise invalid(f"The load balancer name '{name}' can only contain alphanumeric characters and hyphens(-)")
    if name.startswith("-") or name.endswith("-"):
        raise invalid(f"The load balancer name '{name}' cannot begin or end with '-'")
    if name.startswith("internal-"):
        raise invalid(f"The load balancer name '{name}' cannot begin with 'internal-'")


def _is(standing: LoadBalancer, stand: Stand, subnets: set[str], groups: set[str]) -> bool:
    """Whether a load balancer that stands is what a create call asks for."""
    same = (standing.type, standing.scheme, standing.ip_address_type) == (
        stand.type,
        stand.scheme,
        stand.ip_address_type,
    )
    return same and {zone.subnet_id for zone in standing.zones} == subnets and set(standing.security_groups) == groups


def _dns_name(name: str, stand: Stand, region: str) -> str:
    """A name of its own for every load balancer, in the form of its type."""
    if SEGMENTS[stand.type] == "app":
        prefix = "internal-" if stand.scheme == "internal" else ""
        return f"{prefix}{name}-{secrets.randbelow(9 * 10**8) + 10**8}.{region}.elb.amazonaws.com"
    return f"{name}-{secrets.token_hex(8)}.elb.{region}.amazonaws.com"
