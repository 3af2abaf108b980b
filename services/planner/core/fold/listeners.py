"""Calls that change listeners and rules, and with them which load balancers a target group serves."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from services.planner.core import attribute_defaults, parse
from services.planner.core.aws import Action, Forward, Inventory, Listener, Rule
from services.planner.core.fold.sent import Answer, Handler, Parameters, pairs, tags
from services.planner.core.updates import RecordKind, Remove, Update, Upsert


def _create_listener(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["Listeners"]:
        record = parse.listener(description, tags(sent), None, sent["LoadBalancerArn"])
        if record.arn not in inventory.listeners:
            defaults = attribute_defaults.listener(record.protocol)
            record = replace(record, attributes=defaults, extra_certificates=())
        yield Upsert(record=record)
        yield from _attach(inventory, record.load_balancer_arn, record.default_actions)


def _create_rule(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    owner = inventory.listeners.get(sent["ListenerArn"])
    for description in answer["Rules"]:
        record = parse.rule(description, tags(sent), None, sent["ListenerArn"])
        if record is not None:
            yield Upsert(record=record)
            yield from _attach(inventory, owner.load_balancer_arn if owner else "", record.actions)


def _modify_listener(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["Listeners"]:
        old = inventory.listeners.get(description["ListenerArn"])
        if old is not None:
            record = parse.listener(description, old.tags, None, old.load_balancer_arn)
            # Another protocol has other attributes; certificates go with the last secure one.
            attributes = old.attributes if record.protocol == old.protocol else None
            extra = old.extra_certificates if old.secure and record.secure else ()
            record = replace(record, attributes=attributes, extra_certificates=extra)
            yield Upsert(record=record)
            yield from _reattach(inventory, old.load_balancer_arn, {record.arn: record}, {})


def _modify_rules(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for description in answer["Rules"]:
        old = inventory.rules.get(description["RuleArn"])
        record = parse.rule(description, old.tags, None, old.listener_arn) if old is not None else None
        if old is not None and record is not None:
            yield Upsert(record=record)
            owner = inventory.listeners.get(old.listener_arn)
            yield from _reattach(inventory, owner.load_balancer_arn if owner else "", {}, {record.arn: record})


def _set_rule_priorities(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    for move in sent["RulePriorities"]:
        old = inventory.rules.get(move["RuleArn"])
        if old is not None:
            yield Upsert(record=replace(old, priority=int(move["Priority"])))


def _listener_attributes(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    old = inventory.listeners.get(sent["ListenerArn"])
    if old is not None and old.attributes is not None:
        yield Upsert(record=replace(old, attributes={**old.attributes, **pairs(sent)}))


def _add_certificates(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _certified(inventory, sent, lambda known, named: known | named)


def _remove_certificates(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _certified(inventory, sent, lambda known, named: known - named)


def _certified(
    inventory: Inventory, sent: Parameters, change: Callable[[set[str], set[str]], set[str]]
) -> Iterator[Update]:
    old = inventory.listeners.get(sent["ListenerArn"])
    if old is not None and old.extra_certificates is not None:
        named = {c["CertificateArn"] for c in sent["Certificates"]}
        yield Upsert(record=replace(old, extra_certificates=tuple(sorted(change({*old.extra_certificates}, named)))))


def _delete_listener(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["ListenerArn"]
    old = inventory.listeners.get(arn)
    rules = sorted(a for a, r in inventory.rules.items() if r.listener_arn == arn)
    yield from (Remove(kind=RecordKind.RULE, id=a) for a in rules)
    yield Remove(kind=RecordKind.LISTENER, id=arn)
    if old is not None:
        yield from _reattach(inventory, old.load_balancer_arn, {arn: None}, dict.fromkeys(rules))


def _delete_rule(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    arn = sent["RuleArn"]
    old = inventory.rules.get(arn)
    owner = inventory.listeners.get(old.listener_arn) if old is not None else None
    yield Remove(kind=RecordKind.RULE, id=arn)
    yield from _reattach(inventory, owner.load_balancer_arn if owner else "", {}, {arn: None})


def _attach(inventory: Inventory, load_balancer: str, actions: Iterable[Action]) -> Iterator[Update]:
    """Target groups that the load balancer begins to use; "" is one that is not known."""
    for arn in sorted(_groups(actions)):
        group = inventory.target_groups.get(arn)
        if load_balancer and group is not None and load_balancer not in group.load_balancers:
            users = tuple(sorted({*group.load_balancers, load_balancer}))
            yield Upsert(record=replace(group, load_balancers=users))


def _reattach(
    inventory: Inventory,
    load_balancer: str,
    listeners: Mapping[str, Listener | None],
    rules: Mapping[str, Rule | None],
) -> Iterator[Update]:
    """Target groups that the load balancer begins or ceases to use when these parts of it change, or (None) go."""
    own = {a: s for a, s in inventory.listeners.items() if s.load_balancer_arn == load_balancer}
    own_rules = {a: r for a, r in inventory.rules.items() if r.listener_arn in own}
    before = _used(own.values(), own_rules.values())
    after = _used({**own, **listeners}.values(), {**own_rules, **rules}.values())
    for arn in sorted(before ^ after):
        group = inventory.target_groups.get(arn)
        if group is not None and load_balancer:
            others = {b for b in group.load_balancers if b != load_balancer}
            users = others | {load_balancer} if arn in after else others
            yield Upsert(record=replace(group, load_balancers=tuple(sorted(users))))


def _used(listeners: Iterable[Listener | None], rules: Iterable[Rule | None]) -> set[str]:
    defaults = (action for s in listeners if s is not None for action in s.default_actions)
    return _groups(defaults) | _groups(action for r in rules if r is not None for action in r.actions)


def _groups(actions: Iterable[Action]) -> set[str]:
    return {g.target_group for action in actions if isinstance(action, Forward) for g in action.groups}


HANDLERS: Mapping[str, Handler] = {
    "AddListenerCertificates": _add_certificates,
    "RemoveListenerCertificates": _remove_certificates,
    "CreateListener": _create_listener,
    "CreateRule": _create_rule,
    "ModifyListener": _modify_listener,
    "ModifyListenerAttributes": _listener_attributes,
    "ModifyRule": _modify_rules,
    "SetRulePriorities": _set_rule_priorities,
    "DeleteListener": _delete_listener,
    "DeleteRule": _delete_rule,
}
