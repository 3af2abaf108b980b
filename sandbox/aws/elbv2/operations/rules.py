"""Rules: create, describe, modify, reorder, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2.arns import rule_arn
from sandbox.aws.elbv2.model import Listener, LoadBalancer, Rule, Shape
from sandbox.aws.elbv2.operations.actions import Actions
from sandbox.aws.elbv2.operations.conditions import check_conditions, check_transforms
from sandbox.aws.elbv2.operations.keeping import kept_condition
from sandbox.aws.elbv2.operations.paging import check_at_most, page
from sandbox.aws.elbv2.operations.tags import new_tags
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured
from sandbox.aws.elbv2.store import Store

_LAST_PRIORITY = 50_000


class Rules:
    def __init__(self, store: Store, *, actions: Actions, quotas: Quotas, now: Callable[[], float]) -> None:
        self._store = store
        self._actions = actions
        self._quotas = quotas
        self._now = now

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Not idempotent: a second one finds its priority in use."""
        listener = self._store.listener(params["ListenerArn"])
        balancer = self._store.load_balancer_of(listener)
        if balancer.type == "network" and balancer.ip_address_type == "ipv4":
            raise misconfigured("Only a dualstack Network Load Balancer has rules")
        tags, priority, transforms = new_tags(params), params["Priority"], params.get("Transforms", [])
        check_conditions(params["Conditions"], self._quotas, load_balancer_type=balancer.type)
        check_transforms(transforms, load_balancer_type=balancer.type)
        if any(rule.priority == priority for rule in listener.rules.values()):
            raise _priority_in_use(priority)
        actions = self._checked(params["Actions"], listener, balancer)
        count = sum(len(one.rules) for one in balancer.listeners.values())
        self._quotas.check(f"rules-per-{balancer.type}-load-balancer", count + 1, balancer.arn)
        rule = Rule(
            arn=rule_arn(listener.arn),
            listener_arn=listener.arn,
            priority=priority,
            conditions=[kept_condition(one) for one in params["Conditions"]],
            actions=actions,
            transforms=transforms,
            tags=tags,
            created_at=self._now(),
        )
        self._store.add_rule(rule)
        return {"Rules": [describe.rule(rule)]}

    def _checked(
        self, actions: list[Shape], listener: Listener, balancer: LoadBalancer, replaces: list[Shape] | None = None
    ) -> list[Shape]:
        return self._actions.checked(
            actions, balancer=balancer, port=listener.port, protocol=listener.protocol, replaces=replaces or ()
        )

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """By priority, the default rule last."""
        arns, listener_arn = params.get("RuleArns"), params.get("ListenerArn")
        if bool(arns) == bool(listener_arn):
            raise invalid("You must specify either listener rule ARNs or a listener ARN")
        check_at_most(arns, "rules")
        if arns:
            found = [self._store.rule(arn) for arn in dict.fromkeys(arns)]
            found.sort(key=lambda rule: rule.priority or _LAST_PRIORITY + 1)
        else:
            found = self._store.listener(str(listener_arn)).all_rules
        return page("Rules", found, params, identity=lambda one: one.arn, show=describe.rule)

    def modify(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Whole lists are replaced, and checked before anything changes."""
        rule = self._changeable(params["RuleArn"])
        listener = self._store.listeners[rule.listener_arn]
        balancer = self._store.load_balancer_of(listener)
        if not params.keys() & {"Conditions", "Actions", "Transforms", "ResetTransforms"}:
            raise invalid("Either conditions, actions or transforms must be specified")
        if params.get("Transforms") and params.get("ResetTransforms"):
            raise invalid("You cannot both specify and reset transforms")
        if params.get("Conditions"):
            check_conditions(params["Conditions"], self._quotas, load_balancer_type=balancer.type)
        check_transforms(params.get("Transforms", ()), load_balancer_type=balancer.type)
        if params.get("Actions"):
            actions = self._checked(params["Actions"], listener, balancer, rule.actions)
            self._store.set_actions(rule, actions)
        if params.get("Conditions"):
            rule.conditions = [kept_condition(one) for one in params["Conditions"]]
        rule.transforms = [] if params.get("ResetTransforms") else params.get("Transforms", rule.transforms)
        return {"Rules": [describe.rule(rule)]}

    def _changeable(self, arn: str) -> Rule:
        rule = self._store.rule(arn)
        if rule.is_default:
            raise RefusedError("OperationNotPermitted", f"Default rule '{arn}' cannot be modified or deleted")
        return rule

    def set_priorities(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """One step, of which only the final order must be free of conflicts."""
        final = {one.get("RuleArn", ""): one.get("Priority") for one in params["RulePriorities"]}
        if len(final) < len(params["RulePriorities"]):
            raise invalid("A rule was specified more than once")
        if None in final.values():
            raise invalid("A priority must be specified")
        rules = [self._changeable(arn) for arn in final]
        for listener_arn in {rule.listener_arn for rule in rules}:
            taken: set[int | None] = set()
            for rule in self._store.listeners[listener_arn].rules.values():
                priority = final.get(rule.arn, rule.priority)
                if priority in taken:
                    raise _priority_in_use(priority)
                taken.add(priority)
        for rule in rules:
            rule.priority = final[rule.arn]
        return {"Rules": [describe.rule(rule) for rule in rules]}

    def delete(self, params: Mapping[str, Any]) -> None:
        self._store.remove_rule(self._changeable(params["RuleArn"]))


def _priority_in_use(priority: int | None) -> RefusedError:
    return RefusedError("PriorityInUse", f"Priority '{priority}' is currently in use")
