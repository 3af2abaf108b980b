"""Own writes, folded: what a call that AWS accepted makes of the inventory (architecture, sections 3 and 7).

`fold` is a pure function of inventory, call and answer, so that our own writes cost no read. It never guesses: what
the call and its answer do not say stays as it was, and what is adopted instead of made has unknown tags and attributes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.planner.core import attribute_defaults, parse
from services.planner.core.aws import (
    Forward,
    Health,
    Inventory,
    Permission,
    SecurityGroup,
    Target,
)
from services.planner.core.plans import AwsCall
from services.planner.core.updates import (
    ForgetTargets,
    MergeTargets,
    RecordKind,
    Remove,
    SetTargets,
    Update,
    Upsert,
)

Parameters = Mapping[str, Any]
Answer = Mapping[str, Any]
REGISTERING = Health(state="initial", reason="Elb.RegistrationInProgress")
DRAINING = Health(state="draining", reason="Target.DeregistrationInProgress")


def fold(inventory: Inventory, call: AwsCall, answer: Answer) -> tuple[Update, ...]:
    """Updates that follow from an accepted call.

    The call's parameters are as sent (references resolved), `answer` is AWS's answer, both with the API model's keys.
    An operation that changes nothing we keep (or is unknown here) gives no update.
    """
    handler = _HANDLERS.get(call.operation)
    return tuple(handler(inventory, call.parameters, answer)) if handler else ()


def _create_load_balancer(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["LoadBalancers"]:
        made = all(b.name != sent["Name"] for b in inventory.load_balancers.values())
        record = parse.load_balancer(description, None, None, "")
        if not record.subnets:
            mappings = [m["SubnetId"] for m in sent.get("SubnetMappings", ())] or list(sent.get("Subnets", ()))
            record = replace(record, subnets=tuple(sorted(mappings)))
        if made:
            defaults = attribute_defaults.load_balancer(record.type)
            record = replace(record, tags=_tags(sent), attributes=defaults)
        yield Upsert(record=record)


def _create_target_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["TargetGroups"]:
        made = all(g.name != sent["Name"] for g in inventory.target_groups.values())
        record = parse.target_group(description, None, None, "")
        if made:
            defaults = attribute_defaults.target_group(record.protocol, record.target_type)
            record = replace(record, tags=_tags(sent), attributes=defaults)
            yield SetTargets(arn=record.arn, targets={})
        yield Upsert(record=record)


def _create_listener(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["Listeners"]:
        record = parse.listener(description, _tags(sent), None, sent["LoadBalancerArn"])
        changed = _with(inventory, RecordKind.LISTENER, record.arn, record)
        yield Upsert(record=record)
        yield from _references(inventory, changed)


def _create_rule(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["Rules"]:
        record = parse.rule(description, _tags(sent), None, sent["ListenerArn"])
        if record is not None:
            yield Upsert(record=record)
            yield from _references(inventory, _with(inventory, RecordKind.RULE, record.arn, record))


def _modify_listener(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["Listeners"]:
        old = inventory.listeners.get(description["ListenerArn"])
        record = parse.listener(description, old.tags if old else None, old.attributes if old else None, "")
        yield Upsert(record=record)
        yield from _references(inventory, _with(inventory, RecordKind.LISTENER, record.arn, record))


def _modify_rules(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    changed = inventory
    for description in answer["Rules"]:
        old = inventory.rules.get(description["RuleArn"])
        if old is None:
            continue
        record = parse.rule(description, old.tags, None, old.listener_arn)
        if record is not None:
            yield Upsert(record=record)
            changed = _with(changed, RecordKind.RULE, record.arn, record)
    yield from _references(inventory, changed)


def _set_rule_priorities(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for move in sent["RulePriorities"]:
        old = inventory.rules.get(move["RuleArn"])
        if old is not None:
            yield Upsert(record=replace(old, priority=int(move["Priority"])))


def _modify_target_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["TargetGroups"]:
        old = inventory.target_groups.get(description["TargetGroupArn"])
        if old is not None:
            record = parse.target_group(description, old.tags, old.attributes, "")
            yield Upsert(record=replace(record, load_balancers=old.load_balancers))


def _load_balancer_attributes(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None and old.attributes is not None:
        yield Upsert(record=replace(old, attributes={**old.attributes, **_pairs(sent)}))


def _target_group_attributes(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.target_groups.get(sent["TargetGroupArn"])
    if old is not None and old.attributes is not None:
        yield Upsert(record=replace(old, attributes={**old.attributes, **_pairs(sent)}))


def _listener_attributes(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.listeners.get(sent["ListenerArn"])
    if old is not None and old.attributes is not None:
        yield Upsert(record=replace(old, attributes={**old.attributes, **_pairs(sent)}))


def _set_security_groups(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        yield Upsert(record=replace(old, security_groups=tuple(sent["SecurityGroups"])))


def _set_subnets(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        ids = [m["SubnetId"] for m in sent.get("SubnetMappings", ())] or list(sent.get("Subnets", ()))
        yield Upsert(record=replace(old, subnets=tuple(sorted(ids))))


def _set_ip_address_type(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.load_balancers.get(sent["LoadBalancerArn"])
    if old is not None:
        yield Upsert(record=replace(old, ip_address_type=sent["IpAddressType"]))


def _add_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _retagged(inventory, sent["ResourceArns"], lambda tags: {**tags, **_tags(sent)})


def _remove_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    gone = set(sent["TagKeys"])
    yield from _retagged(inventory, sent["ResourceArns"], lambda tags: {k: v for k, v in tags.items() if k not in gone})


def _retagged(
    inventory: Inventory, arns: list[str], change: Callable[[Mapping[str, str]], dict[str, str]]
) -> Iterator[Update]:
    for arn in arns:
        for records in (
            inventory.load_balancers,
            inventory.target_groups,
            inventory.listeners,
            inventory.rules,
        ):
            record: Any = records.get(arn)
            if record is not None and record.tags is not None:
                yield Upsert(record=replace(record, tags=change(record.tags)))


def _delete_load_balancer(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["LoadBalancerArn"]
    listeners = {a for a, s in inventory.listeners.items() if s.load_balancer_arn == arn}
    yield Remove(kind=RecordKind.LOAD_BALANCER, id=arn)
    yield from _without_listeners(inventory, listeners)


def _delete_listener(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _without_listeners(inventory, {sent["ListenerArn"]})


def _without_listeners(inventory: Inventory, listeners: set[str]) -> Iterator[Update]:
    rules = {a for a, r in inventory.rules.items() if r.listener_arn in listeners}
    yield from (Remove(kind=RecordKind.RULE, id=a) for a in sorted(rules))
    yield from (Remove(kind=RecordKind.LISTENER, id=a) for a in sorted(listeners))
    yield from _references(
        inventory,
        replace(
            inventory,
            listeners={a: s for a, s in inventory.listeners.items() if a not in listeners},
            rules={a: r for a, r in inventory.rules.items() if a not in rules},
        ),
    )


def _delete_rule(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["RuleArn"]
    yield Remove(kind=RecordKind.RULE, id=arn)
    rest = {a: r for a, r in inventory.rules.items() if a != arn}
    yield from _references(inventory, replace(inventory, rules=rest))


def _delete_target_group(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield Remove(kind=RecordKind.TARGET_GROUP, id=sent["TargetGroupArn"])
    yield ForgetTargets(arn=sent["TargetGroupArn"])


def _register(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["TargetGroupArn"]
    known = inventory.targets.get(arn, {})
    fresh = {t: REGISTERING for t in _targets(sent) if known.get(t) is None or known[t].state in ("draining", "unused")}
    yield MergeTargets(arn=arn, targets=fresh)


def _deregister(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield MergeTargets(arn=sent["TargetGroupArn"], targets=dict.fromkeys(_targets(sent), DRAINING))


def _targets(sent: Parameters) -> list[Target]:
    return [Target(id=t["Id"], port=int(t.get("Port", 0))) for t in sent["Targets"]]


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
            yield Upsert(record=replace(group, tags={**group.tags, **_tags(sent)}))


def _delete_ec2_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    gone = {t["Key"] for t in sent["Tags"]}
    for group in (inventory.security_groups.get(r) for r in sent["Resources"]):
        if group is not None:
            yield Upsert(record=replace(group, tags={k: v for k, v in group.tags.items() if k not in gone}))


def _references(before: Inventory, after: Inventory) -> Iterator[Update]:
    """Target groups whose load balancers are others after a change of listeners and rules."""
    old, new = _used_by(before), _used_by(after)
    for arn, group in sorted(before.target_groups.items()):
        users = tuple(sorted(new.get(arn, ())))
        if old.get(arn, set()) != set(users):
            yield Upsert(record=replace(group, load_balancers=users))


def _used_by(inventory: Inventory) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    for listener in inventory.listeners.values():
        for action in listener.default_actions:
            if isinstance(action, Forward):
                for g in action.groups:
                    used.setdefault(g.target_group, set()).add(listener.load_balancer_arn)
    for rule in inventory.rules.values():
        owner = inventory.listeners.get(rule.listener_arn)
        for action in rule.actions:
            if owner is not None and isinstance(action, Forward):
                for g in action.groups:
                    used.setdefault(g.target_group, set()).add(owner.load_balancer_arn)
    return used


def _with(inventory: Inventory, kind: RecordKind, id_: str, record: object) -> Inventory:
    return replace(inventory, **{str(kind): {**getattr(inventory, kind), id_: record}})  # type: ignore[arg-type]


def _tags(sent: Parameters) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in sent.get("Tags", ())}


def _pairs(sent: Parameters) -> dict[str, str]:
    return {a["Key"]: a["Value"] for a in sent.get("Attributes", ())}


_HANDLERS: Mapping[str, Callable[[Inventory, Parameters, Answer], Iterator[Update]]] = {
    "CreateLoadBalancer": _create_load_balancer,
    "CreateTargetGroup": _create_target_group,
    "CreateListener": _create_listener,
    "CreateRule": _create_rule,
    "ModifyListener": _modify_listener,
    "ModifyRule": _modify_rules,
    "SetRulePriorities": _set_rule_priorities,
    "ModifyTargetGroup": _modify_target_group,
    "ModifyLoadBalancerAttributes": _load_balancer_attributes,
    "ModifyTargetGroupAttributes": _target_group_attributes,
    "ModifyListenerAttributes": _listener_attributes,
    "SetSecurityGroups": _set_security_groups,
    "SetSubnets": _set_subnets,
    "SetIpAddressType": _set_ip_address_type,
    "AddTags": _add_tags,
    "RemoveTags": _remove_tags,
    "DeleteLoadBalancer": _delete_load_balancer,
    "DeleteListener": _delete_listener,
    "DeleteRule": _delete_rule,
    "DeleteTargetGroup": _delete_target_group,
    "RegisterTargets": _register,
    "DeregisterTargets": _deregister,
    "CreateSecurityGroup": _create_security_group,
    "AuthorizeSecurityGroupIngress": _authorize,
    "RevokeSecurityGroupIngress": _revoke,
    "DeleteSecurityGroup": _delete_security_group,
    "CreateTags": _create_ec2_tags,
    "DeleteTags": _delete_ec2_tags,
}
