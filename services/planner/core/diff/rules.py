"""Rules of one listener, brought up to date so that every request meets, at every moment, what it met before or what it
is to meet (architecture, section 4).

New rules are made behind all others, where they take no request that another one has, the first of them first; then
one SetRulePriorities puts all of them in place at once, and what is surplus behind them; that is deleted last, from the
end. Where no rule has to move, new ones are made in place. Where a load balancer has no room for a new rule, a surplus
one goes before it: then its requests meet, for that moment, what stands behind.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from services.planner.core.aws import Rule
from services.planner.core.desired import DesiredRule
from services.planner.core.diff.actions import action_parameters, condition_parameters, same_actions
from services.planner.core.diff.rule_matching import Matched, Pair, match_rules
from services.planner.core.diff.tags import diff_elb_tags
from services.planner.core.diff.terms import Terms
from services.planner.core.draft import Draft
from services.planner.core.keys import StackKind
from services.planner.core.overlap import may_meet
from services.planner.core.plans import ChangeAction, FieldChange, Json, Ref
from services.planner.core.problems import Reason
from services.planner.core.tags import resource_tag

KIND = "rule"
HIGHEST_PRIORITY = 50_000
_RESOURCE_TAG = resource_tag(StackKind.INGRESS)


def create_rules(
    draft: Draft, port: int, listener: str | Ref, desired: Iterable[DesiredRule], terms: Terms
) -> list[str]:
    """Steps that make the rules of a new listener; answers their ids. What waits and has nothing that stands in is not
    made."""
    return [_create(draft, port, listener, rule, terms, rule.priority) for rule in desired if rule.actions]


def diff_rules(
    draft: Draft,
    port: int,
    listener: str,
    desired: Sequence[DesiredRule],
    found: Sequence[Rule],
    *,
    terms: Terms,
    room: int,
) -> list[str]:
    """Steps that bring a listener's rules up to date; answers those after which no old forward is left. `room`: how
    many rules the load balancer takes beside those that stand. Tags that repeat a priority are tidied later."""
    matched = match_rules(desired, found, terms.arns)
    early = max(0, min(len(matched.new) - room, len(matched.surplus)))
    going = list(reversed(matched.surplus))
    steps = [_modify(draft, port, rule, old, terms) for rule, old in (*matched.placed, *matched.before)]
    told_anew = ((rule, old) for rule, old in matched.same if terms.rule_has_new_secret(port, rule))
    steps += [_modify(draft, port, rule, old, terms) for rule, old in told_anew]
    made, room_makers = _make(draft, port, listener, matched, found, terms, early=early)
    shift = _shift(draft, port, matched, made, early=early, after=steps)
    steps += [*made.values(), *room_makers, *shift]
    for rule, old in matched.after:
        ahead = [made[new.priority] for new in matched.new if may_meet(new.conditions, rule.conditions)]
        steps.append(_modify(draft, port, rule, old, terms, (*shift, *ahead)))
    for old in going[early:]:
        steps.append(_delete(draft, port, old, tuple(steps), Reason.NOT_WANTED))
    for pair in matched.pairs:
        _tag(draft, port, pair, terms, steps)
    return steps


def _make(
    draft: Draft,
    port: int,
    listener: str,
    matched: Matched,
    found: Sequence[Rule],
    terms: Terms,
    *,
    early: int,
) -> tuple[dict[int, str], list[str]]:
    """The new rules; before the last `early` ones of them a surplus rule goes, the one furthest behind first. Answers
    the steps that make them, by the priority that they are to have, and those that make room."""
    going = list(reversed(matched.surplus))[:early]
    priorities = [rule.priority for rule in matched.new]
    if matched.shifts:
        taken = {old.priority for old in found}
        free = (p for p in range(HIGHEST_PRIORITY, 0, -1) if p not in taken)
        priorities = sorted(next(free) for _ in matched.new)
    made: dict[int, str] = {}
    deleted: list[str] = []
    for number, (rule, priority) in enumerate(zip(matched.new, priorities, strict=True)):
        # One that fails lets no request through to those behind it that would take its place.
        ahead = (earlier for earlier in matched.new[:number] if may_meet(earlier.conditions, rule.conditions))
        after = [made[earlier.priority] for earlier in ahead]
        left = len(matched.new) - number
        if left <= early:
            so_far = (*made.values(), *deleted)
            deleted.append(_delete(draft, port, going[early - left], so_far, Reason.MAKES_ROOM))
            after.append(deleted[-1])
        made[rule.priority] = _create(draft, port, listener, rule, terms, priority, after)
    return made, deleted


def _create(
    draft: Draft,
    port: int,
    listener: str | Ref,
    rule: DesiredRule,
    terms: Terms,
    priority: int,
    after: Iterable[str] = (),
) -> str:
    parameters = {
        "ListenerArn": listener,
        "Priority": priority,
        **_content(rule, terms),
        **terms.tags_of_new(rule.tags),
    }
    draft.change(KIND, f"{port}:{rule.priority}", ChangeAction.CREATE, Reason.WANTED, str(rule.asked_by))
    return draft.call(f"create-rule-{port}-{rule.priority}", "elbv2", "CreateRule", parameters, after)


def _content(rule: DesiredRule, terms: Terms) -> dict[str, Json]:
    content: dict[str, Json] = {
        "Conditions": condition_parameters(rule.conditions),
        "Actions": action_parameters(rule.actions, terms.arns),
    }
    return {**content, "Transforms": json.loads(rule.transforms)} if rule.transforms else content


def _shift(
    draft: Draft, port: int, matched: Matched, made: Mapping[int, str], *, early: int, after: Iterable[str]
) -> list[str]:
    """One call that puts every rule where it belongs, and what is surplus behind them in the order in which it is."""
    if not matched.shifts:
        return []
    moves: list[dict[str, Json]] = [{"RuleArn": old.arn, "Priority": rule.priority} for rule, old in matched.moved]
    moves += [{"RuleArn": Ref(step, "Rules[0].RuleArn"), "Priority": priority} for priority, step in made.items()]
    taken = {rule.priority for rule, _ in matched.pairs} | {rule.priority for rule in matched.new}
    free = (p for p in range(HIGHEST_PRIORITY, 0, -1) if p not in taken)
    surplus = matched.surplus[: len(matched.surplus) - early]
    moves += [{"RuleArn": old.arn, "Priority": next(free)} for old in reversed(surplus)]
    for rule, old in matched.moved:
        _changed(draft, port, rule, [FieldChange(field="priority", old=old.priority, new=rule.priority)])
    step = f"set-rule-priorities-{port}"
    return [draft.call(step, "elbv2", "SetRulePriorities", {"RulePriorities": moves}, after)]


def _modify(draft: Draft, port: int, rule: DesiredRule, old: Rule, terms: Terms, after: Iterable[str] = ()) -> str:
    parameters: dict[str, Json] = {"RuleArn": old.arn, **_content(rule, terms)}
    if old.transforms and not rule.transforms:
        parameters["ResetTransforms"] = True
    _changed(draft, port, rule, _differing(port, rule, old, terms))
    return draft.call(f"modify-rule-{port}-{rule.priority}", "elbv2", "ModifyRule", parameters, after)


def _differing(port: int, rule: DesiredRule, old: Rule, terms: Terms) -> list[FieldChange]:
    fields = []
    before, after = condition_parameters(old.conditions), condition_parameters(rule.conditions)
    if before != after:
        fields.append(FieldChange(field="conditions", old=before, new=after))
    if not same_actions(rule.actions, old.actions, terms.arns):
        wanted = action_parameters(rule.actions, terms.arns)
        fields.append(FieldChange(field="actions", old=action_parameters(old.actions, {}), new=wanted))
    elif terms.rule_has_new_secret(port, rule):
        fields.append(FieldChange(field="client_secret", new="as its Secret has it now"))
    if rule.transforms != old.transforms:
        fields.append(FieldChange(field="transforms", old=_json(old.transforms), new=_json(rule.transforms)))
    return fields


def _json(text: str) -> Json:
    return json.loads(text) if text else None


def _delete(draft: Draft, port: int, old: Rule, after: Iterable[str], reason: Reason) -> str:
    draft.change(KIND, f"{port}:{old.priority}", ChangeAction.DELETE, reason, "", disruptive=True)
    return draft.call(f"delete-rule-{port}-{old.priority}", "elbv2", "DeleteRule", {"RuleArn": old.arn}, after)


def _tag(draft: Draft, port: int, pair: Pair, terms: Terms, after: Iterable[str]) -> None:
    rule, old = pair
    put, gone = terms.tag_changes(rule.tags, old.tags)
    step = f"rule-{port}-{rule.priority}"
    number = {key: value for key, value in put.items() if key == _RESOURCE_TAG}
    diff_elb_tags(draft.tidying, step, old.arn, (number, ()))
    fields = diff_elb_tags(draft, step, old.arn, ({k: v for k, v in put.items() if k not in number}, gone), after)
    if fields:
        _changed(draft, port, rule, fields)


def _changed(draft: Draft, port: int, rule: DesiredRule, fields: Iterable[FieldChange]) -> None:
    name, asked_by = f"{port}:{rule.priority}", str(rule.asked_by)
    draft.change(KIND, name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, asked_by, fields=fields)
