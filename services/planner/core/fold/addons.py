"""Calls that change firewalls, protection, capacity and address pools of a load balancer."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.planner.core.aws import Fact, Inventory
from services.planner.core.fold.sent import Answer, Handler, Parameters
from services.planner.core.updates import Update, Upsert


def _with_facts(inventory: Inventory, arn: str, facts: Mapping[Fact, str]) -> Iterator[Update]:
    old = inventory.load_balancers.get(arn)
    if old is not None:
        yield Upsert(record=replace(old, facts={**old.facts, **facts}))


def _associate(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _with_facts(inventory, sent["ResourceArn"], {Fact.WEB_ACL: sent["WebACLArn"]})


def _disassociate(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _with_facts(inventory, sent["ResourceArn"], {Fact.WEB_ACL: ""})


def _associate_classic(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _with_facts(inventory, sent["ResourceArn"], {Fact.CLASSIC_WEB_ACL: sent["WebACLId"]})


def _disassociate_classic(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _with_facts(inventory, sent["ResourceArn"], {Fact.CLASSIC_WEB_ACL: ""})


def _protect(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    """Without an id in the answer there was a protection already, which nothing is known of."""
    if answer.get("ProtectionId"):
        facts = {Fact.PROTECTION: answer["ProtectionId"], Fact.PROTECTION_NAME: sent["Name"]}
        yield from _with_facts(inventory, sent["ResourceArn"], facts)
        return
    old = inventory.load_balancers.get(sent["ResourceArn"])
    if old is not None:
        kept: dict[Fact, str] = {
            fact: v for fact, v in old.facts.items() if fact not in (Fact.PROTECTION, Fact.PROTECTION_NAME)
        }
        yield Upsert(record=replace(old, facts=kept))


def _unprotect(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    gone = {Fact.PROTECTION: "", Fact.PROTECTION_NAME: ""}
    for arn, balancer in sorted(inventory.load_balancers.items()):
        if balancer.facts.get(Fact.PROTECTION) == sent["ProtectionId"]:
            yield from _with_facts(inventory, arn, gone)


def _modify_capacity(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    units = 0 if sent.get("ResetCapacityReservation") else sent["MinimumLoadBalancerCapacity"]["CapacityUnits"]
    yield from _with_facts(inventory, sent["LoadBalancerArn"], {Fact.CAPACITY: str(units)})


def _modify_pools(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        pool = None if sent.get("RemoveIpamPools") else sent["IpamPools"]["Ipv4IpamPoolId"]
        yield Upsert(record=replace(old, ipam_pool=pool))


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("wafv2", "AssociateWebACL"): _associate,
    ("wafv2", "DisassociateWebACL"): _disassociate,
    ("waf-regional", "AssociateWebACL"): _associate_classic,
    ("waf-regional", "DisassociateWebACL"): _disassociate_classic,
    ("shield", "CreateProtection"): _protect,
    ("shield", "DeleteProtection"): _unprotect,
    ("elbv2", "ModifyCapacityReservation"): _modify_capacity,
    ("elbv2", "ModifyIpPools"): _modify_pools,
}
"""By service and operation: two services name theirs alike."""
