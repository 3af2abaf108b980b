"""Calls that change security groups."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.planner.core import parse
from services.planner.core.aws import Inventory, Permission, SecurityGroup
from services.planner.core.fold.sent import Answer, Handler, Parameters, tags
from services.planner.core.updates import RecordKind, Remove, Update, Upsert


def _create_security_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    specifications = sent.get("TagSpecifications", ())
    yield Upsert(
        record=SecurityGroup(
            id=answer["GroupId"],
            name=sent["GroupName"],
            description=sent["Description"],
            vpc_id=sent.get("VpcId", ""),
            permissions=frozenset(),
            tags={t["Key"]: t["Value"] for s in specifications for t in s.get("Tags", ())},
        )
    )


def _authorize(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.security_groups.get(sent["GroupId"])
    if old is not None:
        added = parse.permissions(sent["IpPermissions"])
        yield Upsert(record=replace(old, permissions=_without(old.permissions, added) | added))


def _revoke(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.security_groups.get(sent["GroupId"])
    if old is not None:
        gone = parse.permissions(sent["IpPermissions"])
        yield Upsert(record=replace(old, permissions=_without(old.permissions, gone)))


def _without(permissions: frozenset[Permission], gone: frozenset[Permission]) -> frozenset[Permission]:
    identities = {p.identity for p in gone}
    return frozenset(p for p in permissions if p.identity not in identities)


def _delete_security_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield Remove(kind=RecordKind.SECURITY_GROUP, id=sent["GroupId"])


def _create_ec2_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for group in (inventory.security_groups.get(r) for r in sent["Resources"]):
        if group is not None:
            yield Upsert(record=replace(group, tags={**group.tags, **tags(sent)}))


def _delete_ec2_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    gone = {t["Key"] for t in sent["Tags"]}
    for group in (inventory.security_groups.get(r) for r in sent["Resources"]):
        if group is not None:
            yield Upsert(record=replace(group, tags={k: v for k, v in group.tags.items() if k not in gone}))


HANDLERS: Mapping[str, Handler] = {
    "CreateSecurityGroup": _create_security_group,
    "AuthorizeSecurityGroupIngress": _authorize,
    "RevokeSecurityGroupIngress": _revoke,
    "DeleteSecurityGroup": _delete_security_group,
    "CreateTags": _create_ec2_tags,
    "DeleteTags": _delete_ec2_tags,
}
