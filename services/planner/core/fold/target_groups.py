"""Calls that change target groups and their targets."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.planner.core import attribute_defaults, parse
from services.planner.core.aws import Health, Inventory, Target
from services.planner.core.fold.sent import Answer, Handler, Parameters, pairs, tags
from services.planner.core.updates import ForgetTargets, MergeTargets, RecordKind, Remove, SetTargets, Update, Upsert

REGISTERING = Health(state="initial", reason="Elb.RegistrationInProgress")
DRAINING = Health(state="draining", reason="Target.DeregistrationInProgress")


def _create_target_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["TargetGroups"]:
        made = all(g.name != sent["Name"] for g in inventory.target_groups.values())
        record = parse.target_group(description, None, None, "")
        if made:
            defaults = attribute_defaults.target_group(record.protocol, record.target_type)
            record = replace(record, tags=tags(sent), attributes=defaults)
            yield SetTargets(arn=record.arn, targets={})
        yield Upsert(record=record)


def _modify_target_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["TargetGroups"]:
        old = inventory.target_groups.get(description["TargetGroupArn"])
        if old is not None:
            record = parse.target_group(description, old.tags, old.attributes, "")
            yield Upsert(record=replace(record, load_balancers=old.load_balancers))


def _target_group_attributes(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.target_groups.get(sent["TargetGroupArn"])
    if old is not None and old.attributes is not None:
        yield Upsert(record=replace(old, attributes={**old.attributes, **pairs(sent)}))


def _delete_target_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield Remove(kind=RecordKind.TARGET_GROUP, id=sent["TargetGroupArn"])
    yield ForgetTargets(arn=sent["TargetGroupArn"])


def _register(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["TargetGroupArn"]
    known = inventory.targets.get(arn, {})
    fresh = {t: REGISTERING for t in _targets(sent) if t not in known or known[t].going or known[t].state == "unused"}
    yield MergeTargets(arn=arn, targets=fresh)


def _deregister(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield MergeTargets(arn=sent["TargetGroupArn"], targets=dict.fromkeys(_targets(sent), DRAINING))


def _targets(sent: Parameters) -> list[Target]:
    return [
        Target(id=t["Id"], port=int(t.get("Port", 0)), quic_id=t.get("QuicServerId") or "") for t in sent["Targets"]
    ]


HANDLERS: Mapping[str, Handler] = {
    "CreateTargetGroup": _create_target_group,
    "ModifyTargetGroup": _modify_target_group,
    "ModifyTargetGroupAttributes": _target_group_attributes,
    "DeleteTargetGroup": _delete_target_group,
    "RegisterTargets": _register,
    "DeregisterTargets": _deregister,
}
