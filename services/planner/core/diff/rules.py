"""Rules of one listener: matched by content, then by priority (ingress, section 23).

All shifts of priority are one SetRulePriorities call. Content is never modified before the shifts are done, and what is
surplus is deleted last, so that a request that had a rule keeps one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.planner.core.aws import Condition, Rule
from services.planner.core.desired import DesiredRule
from services.planner.core.diff.actions import Arns, action_parameters, condition_parameters, resolved
from services.planner.core.diff.tags import diff_elb_tags, tag_changes, tag_list
from services.planner.core.draft import Draft
from services.planner.core.plans import ChangeAction, FieldChange, Json, Ref
from services.planner.core.problems import Reason

KIND = "rule"
HIGHEST_PRIORITY = 50_000


@dataclass(slots=True, kw_only=True)
class _Pairs:
    moved: list[tuple[DesiredRule, Rule]] = field(default_factory=list)
    kept: list[tuple[DesiredRule, Rule]] = field(default_factory=list)
    modified: list[tuple[DesiredRule, Rule]] = field(default_factory=list)
    new: list[DesiredRule] = field(default_factory=list)
    surplus: list[Rule] = field(default_factory=list)


def create_rules(
    draft: Draft, port: int, listener: str | Ref, desired: Iterable[DesiredRule], arns: Arns, after: Iterable[str] = ()
) -> list[str]:
    """Steps that make rules; answers their ids."""
    steps = []
    for rule in desired:
        steps.append(
            draft.call(
                f"create-rule-{port}-{rule.priority}",
                "elbv2",
                "CreateRule",
                {
                    "ListenerArn": listener,
                    "Priority": rule.priority,
                    "Conditions": condition_parameters(rule.conditions),
                    "Actions": action_parameters(rule.actions, arns),
                    "Tags": tag_list(rule.tags),
                },
                after,
            )
        )
        draft.change(KIND, f"{port}:{rule.priority}", ChangeAction.CREATE, Reason.WANTED, str(rule.asked_by))
    return steps


def diff_rules(
    draft: Draft,
    port: int,
    listener: str,
    desired: Sequence[DesiredRule],
    found: Sequence[Rule],
    *,
    arns: Arns,
    kept: Iterable[str],
) -> list[str]:
    """Steps that bring a listener's rules up to date; answers those after which no old forward is left."""
    pairs = _match(desired, found, arns)
    shift = _shift(draft, port, pairs)
    steps = [*shift]
    for rule, old in pairs.modified:
        steps.append(_modify(draft, port, rule, old, arns, shift))
    steps += create_rules(draft, port, listener, pairs.new, arns, shift)
    for old in pairs.surplus:
        step = f"delete-rule-{port}-{old.priority}"
        # Deleted after everything that takes its place stands.
        steps.append(draft.call(step, "elbv2", "DeleteRule", {"RuleArn": old.arn}, tuple(steps)))
        draft.change(KIND, f"{port}:{old.priority}", ChangeAction.DELETE, Reason.NOT_WANTED, "", disruptive=True)
    for rule, old in (*pairs.kept, *pairs.moved, *pairs.modified):
        changes = tag_changes(rule.tags, old.tags, kept)
        fields = diff_elb_tags(draft, f"rule-{port}-{rule.priority}", old.arn, changes, shift)
        if fields:
            _changed(draft, port, rule, fields)
    return steps


def _changed(draft: Draft, port: int, rule: DesiredRule, fields: Iterable[FieldChange]) -> None:
    name, asked_by = f"{port}:{rule.priority}", str(rule.asked_by)
    draft.change(KIND, name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, asked_by, fields=fields)


def _match(desired: Sequence[DesiredRule], found: Sequence[Rule], arns: Arns) -> _Pairs:
    pairs, unused, open_ = _Pairs(), list(found), []
    for rule in desired:
        actions = resolved(rule.actions, arns)
        old = next((r for r in unused if actions is not None and _same(rule, actions, r)), None)
        if old is None:
            open_.append(rule)
            continue
        unused.remove(old)
        (pairs.kept if old.priority == rule.priority else pairs.moved).append((rule, old))
    by_priority = {r.priority: r for r in unused}
    for rule in open_:
        old = by_priority.pop(rule.priority, None)
        if old is None:
            pairs.new.append(rule)
        else:
            pairs.modified.append((rule, old))
    pairs.surplus = sorted(by_priority.values(), key=lambda r: r.priority)
    return pairs


def _same(rule: DesiredRule, actions: Sequence[object], old: Rule) -> bool:
    return tuple(actions) == old.actions and _sorted(rule.conditions) == _sorted(old.conditions) and not old.transforms


def _sorted(conditions: Iterable[Condition]) -> list[tuple[str, tuple[str, ...], str]]:
    return sorted((c.field, c.values, c.json) for c in conditions)


def _shift(draft: Draft, port: int, pairs: _Pairs) -> list[str]:
    """One call that moves every matched rule to its priority; rules about to go make room at the far end."""
    if not pairs.moved:
        return []
    moves: list[dict[str, Json]] = [{"RuleArn": old.arn, "Priority": rule.priority} for rule, old in pairs.moved]
    taken = {old.priority for _, old in (*pairs.kept, *pairs.modified)} | {rule.priority for rule, _ in pairs.moved}
    free = (p for p in range(HIGHEST_PRIORITY, 0, -1) if p not in taken)
    moves += [{"RuleArn": old.arn, "Priority": next(free)} for old in reversed(pairs.surplus)]
    for rule, old in pairs.moved:
        _changed(draft, port, rule, [FieldChange(field="priority", old=old.priority, new=rule.priority)])
    return [draft.call(f"set-rule-priorities-{port}", "elbv2", "SetRulePriorities", {"RulePriorities": moves})]


def _modify(draft: Draft, port: int, rule: DesiredRule, old: Rule, arns: Arns, after: Iterable[str]) -> str:
    parameters: dict[str, Json] = {
        "RuleArn": old.arn,
        "Conditions": condition_parameters(rule.conditions),
        "Actions": action_parameters(rule.actions, arns),
    }
    if old.transforms:
        parameters["ResetTransforms"] = True
    fields = []
    if _sorted(rule.conditions) != _sorted(old.conditions):
        fields.append(
            FieldChange(
                field="conditions",
                old=condition_parameters(old.conditions),
                new=condition_parameters(rule.conditions),
            )
        )
    if resolved(rule.actions, arns) != old.actions:
        fields.append(FieldChange(field="actions", new=action_parameters(rule.actions, arns)))
    _changed(draft, port, rule, fields)
    return draft.call(f"modify-rule-{port}-{rule.priority}", "elbv2", "ModifyRule", parameters, after)
