"""Calls that change load balancers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.planner.core import attribute_defaults, parse
from services.planner.core.aws import FACTS_OF_NEW, Inventory
from services.planner.core.fold.sent import Answer, Handler, Parameters, pairs, tags
from services.planner.core.updates import RecordKind, Remove, Update, Upsert

_PRIVATE_LINK = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"


def _create_load_balancer(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["LoadBalancers"]:
        made = all(b.name != sent["Name"] for b in inventory.load_balancers.values())
        record = parse.load_balancer(description, None, None, "")
        if not record.subnets:
            mappings = [m["SubnetId"] for m in sent.get("SubnetMappings", ())] or list(sent.get("Subnets", ()))
            record = replace(record, subnets=tuple(sorted(mappings)))
        if made:
            defaults = attribute_defaults.load_balancer(record.type)
            record = replace(record, tags=tags(sent), attributes=defaults, facts=FACTS_OF_NEW)
        yield Upsert(record=record)


def _load_balancer_attributes(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None and old.attributes is not None:
        yield Upsert(record=replace(old, attributes={**old.attributes, **pairs(sent)}))


def _set_security_groups(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        groups = tuple(sent["SecurityGroups"])
        rules = sent.get(_PRIVATE_LINK, old.private_link_rules)
        yield Upsert(record=replace(old, security_groups=groups, private_link_rules=rules))


def _set_subnets(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        ids = [m["SubnetId"] for m in sent.get("SubnetMappings", ())] or list(sent.get("Subnets", ()))
        zones = answer.get("AvailabilityZones", ())
        yield Upsert(
            record=replace(
                old,
                subnets=tuple(sorted(ids)),
                ip_address_type=sent.get("IpAddressType", old.ip_address_type),
                source_nat=sent.get("EnablePrefixForIpv6SourceNat") == "on",
                source_nat_prefixes=tuple(sorted(p for z in zones for p in z.get("SourceNatIpv6Prefixes") or ())),
            )
        )


def _set_ip_address_type(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        yield Upsert(record=replace(old, ip_address_type=sent["IpAddressType"]))


def _delete_load_balancer(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["LoadBalancerArn"]
    listeners = {a for a, s in inventory.listeners.items() if s.load_balancer_arn == arn}
    yield Remove(kind=RecordKind.LOAD_BALANCER, id=arn)
    yield from (
        Remove(kind=RecordKind.RULE, id=a) for a, r in sorted(inventory.rules.items()) if r.listener_arn in listeners
    )
    yield from (Remove(kind=RecordKind.LISTENER, id=a) for a in sorted(listeners))
    for _, group in sorted(inventory.target_groups.items()):
        if arn in group.load_balancers:
            yield Upsert(record=replace(group, load_balancers=tuple(b for b in group.load_balancers if b != arn)))


HANDLERS: Mapping[str, Handler] = {
    "CreateLoadBalancer": _create_load_balancer,
    "ModifyLoadBalancerAttributes": _load_balancer_attributes,
    "SetSecurityGroups": _set_security_groups,
    "SetSubnets": _set_subnets,
    "SetIpAddressType": _set_ip_address_type,
    "DeleteLoadBalancer": _delete_load_balancer,
}
