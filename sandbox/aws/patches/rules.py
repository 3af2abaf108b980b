"""Rules: create, describe, modify, reorder, delete. Installed by the package."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping
from typing import Any

from moto.elbv2.models import FakeListenerRule

from sandbox.aws.patches.actions import check_one_load_balancer, forwarded, make_actions, update_references
from sandbox.aws.patches.conditions import check_conditions
from sandbox.aws.patches.lookup import FoundRule, check_at_most, find_listener, find_rule
from sandbox.aws.patches.paging import page
from sandbox.aws.patches.patching import Call, Patches, refusal
from sandbox.aws.patches.tags import check_new_tags, forget_tags, put_tags

MAX_PRIORITY = 50_000
"""aws-elbv2, section 2.2."""


def install(patches: Patches) -> None:
    """Section 6, rows 12 and 18."""
    patches.answer("CreateRule", _create)
    patches.answer("DescribeRules", _describe)
    patches.answer("ModifyRule", _modify)
    patches.answer("SetRulePriorities", _set_priorities)
    patches.answer("DeleteRule", _delete)


def _create(call: Call) -> dict[str, Any]:
    """Row 18: values and priority are checked; regular expressions, jwt-validation and transforms are kept."""
    params, backend = call.params, call.backend
    listener = find_listener(backend, params["ListenerArn"])
    check_new_tags(params.get("Tags"))
    _check_priority(params["Priority"])
    check_conditions(params["Conditions"])
    if any(rule.priority == params["Priority"] for rule in listener.rules.values()):
        raise _priority_in_use(params["Priority"])
    actions = make_actions(backend, params["Actions"], port=listener.port, protocol=listener.protocol)
    check_one_load_balancer(backend, listener.load_balancer_arn, actions)
    arn = f"{listener.arn.replace(':listener/', ':listener-rule/')}/{secrets.token_hex(8)}"
    conditions = copy.deepcopy(list(params["Conditions"]))
    rule = FakeListenerRule(listener.arn, arn, conditions, params["Priority"], actions)
    rule.transforms = params.get("Transforms", [])
    listener.register(arn, rule)
    put_tags(backend, arn, params.get("Tags"))
    update_references(backend, listener.load_balancer_arn, forwarded(actions))
    return {"Rules": [rule]}


def _check_priority(priority: int) -> None:
    if not 1 <= priority <= MAX_PRIORITY:
        raise refusal("ValidationError", f"Priority '{priority}' must be between '1' and '{MAX_PRIORITY}'")


def _priority_in_use(priority: int) -> Exception:
    return refusal("PriorityInUse", f"Priority '{priority}' is currently in use")


def _describe(call: Call) -> dict[str, Any]:
    """Row 18: by priority, the default rule last; paged."""
    arns, listener_arn = call.params.get("RuleArns", []), call.params.get("ListenerArn", "")
    if bool(arns) == bool(listener_arn):
        raise refusal("ValidationError", "You must specify either listener rule ARNs or a listener ARN")
    check_at_most(arns, "rules")
    if arns:
        rules = [find_rule(call.backend, arn).rule for arn in dict.fromkeys(arns)]
    else:
        rules = list(find_listener(call.backend, listener_arn).rules.values())
    rules.sort(key=lambda rule: MAX_PRIORITY + 1 if rule.is_default else rule.priority)
    return page("Rules", rules, call.params)


def _modify(call: Call) -> dict[str, Any]:
    """Row 18: whole lists are replaced, and checked before anything changes."""
    params, backend = call.params, call.backend
    found = _changeable(backend, params["RuleArn"])
    rule, balancer_arn = found.rule, found.listener.load_balancer_arn
    if not params.keys() & {"Conditions", "Actions", "Transforms", "ResetTransforms"}:
        raise refusal("ValidationError", "Either conditions, actions or transforms must be specified")
    if params.get("Conditions"):
        check_conditions(params["Conditions"])
    actions = rule.actions
    if params.get("Actions"):
        listener = found.listener
        actions = make_actions(backend, params["Actions"], port=listener.port, protocol=listener.protocol)
        check_one_load_balancer(backend, balancer_arn, actions)
    before = forwarded(rule.actions)
    rule.actions = actions
    rule.conditions = copy.deepcopy(list(params.get("Conditions") or rule.conditions))
    rule.transforms = [] if params.get("ResetTransforms") else params.get("Transforms", rule.transforms)
    update_references(backend, balancer_arn, before | forwarded(actions))
    return {"Rules": [rule]}


def _changeable(backend: Any, arn: str) -> FoundRule:
    found = find_rule(backend, arn)
    if found.rule.is_default:
        raise refusal("OperationNotPermitted", f"Default rule '{arn}' cannot be modified or deleted")
    return found


def _set_priorities(call: Call) -> dict[str, Any]:
    """Row 18: one step, of which only the final order must be free of conflicts."""
    wanted: list[Mapping[str, Any]] = call.params["RulePriorities"]
    arns = [one["RuleArn"] for one in wanted]
    if len(set(arns)) < len(arns):
        raise refusal("ValidationError", "A rule was specified more than once")
    found = {one["RuleArn"]: _changeable(call.backend, one["RuleArn"]) for one in wanted}
    final = {one["RuleArn"]: one["Priority"] for one in wanted}
    for priority in final.values():
        _check_priority(priority)
    for listener in {one.listener.arn: one.listener for one in found.values()}.values():
        taken: set[int] = set()
        for rule in listener.rules.values():
            priority = final.get(rule.arn, rule.priority)
            if priority in taken:
                raise _priority_in_use(priority)
            taken.add(priority)
    for arn, one in found.items():
        one.rule.priority = final[arn]
    return {"Rules": [one.rule for one in found.values()]}


def _delete(call: Call) -> None:
    """Row 18: an unknown rule is RuleNotFound, the default one cannot go."""
    backend, arn = call.backend, call.params["RuleArn"]
    found = _changeable(backend, arn)
    found.listener.remove_rule(arn)
    forget_tags(backend, arn)
    update_references(backend, found.listener.load_balancer_arn, forwarded(found.rule.actions))
