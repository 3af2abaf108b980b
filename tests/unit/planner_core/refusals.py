"""What AWS refuses, told from what stands and what is sent (ELBv2 API Reference, errors of each operation).

Called by the simulated world for every call: a plan that AWS would not take is a wrong plan.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from services.planner.core.aws import Action, Forward, Inventory, Target


def refusal_of(inventory: Inventory, operation: str, sent: Mapping[str, Any]) -> str:
    """The error code, or nothing."""
    checks = _CHECKS.get(operation)
    return next(checks(inventory, sent), "") if checks is not None else ""


def _create_load_balancer(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    yield from _taken(sent["Name"], inventory.load_balancers, "DuplicateLoadBalancerName")


def _create_target_group(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    yield from _taken(sent["Name"], inventory.target_groups, "DuplicateTargetGroupName")


def _create_listener(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    balancer = sent["LoadBalancerArn"]
    standing = (x for x in inventory.listeners.values() if x.load_balancer_arn == balancer)
    if any(x.port == sent["Port"] for x in standing):
        yield "DuplicateListener"
    yield from _associated(inventory, balancer, sent["DefaultActions"])


def _modify_listener(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    balancer = inventory.listeners[sent["ListenerArn"]].load_balancer_arn
    yield from _associated(inventory, balancer, sent["DefaultActions"])


def _create_rule(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    listener = sent["ListenerArn"]
    rules = (r for r in inventory.rules.values() if r.listener_arn == listener)
    if any(r.priority == sent["Priority"] for r in rules):
        yield "PriorityInUse"
    yield from _associated(inventory, inventory.listeners[listener].load_balancer_arn, sent["Actions"])


def _modify_rule(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    owner = inventory.listeners[inventory.rules[sent["RuleArn"]].listener_arn]
    yield from _associated(inventory, owner.load_balancer_arn, sent["Actions"])


def _set_rule_priorities(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    moved = {m["RuleArn"]: m["Priority"] for m in sent["RulePriorities"]}
    listeners = {inventory.rules[arn].listener_arn for arn in moved}
    after = Counter(
        (r.listener_arn, moved.get(arn, r.priority))
        for arn, r in inventory.rules.items()
        if r.listener_arn in listeners
    )
    if any(count > 1 for count in after.values()):
        yield "PriorityInUse"


def _delete_target_group(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    if sent["TargetGroupArn"] in set(_forwarded_to(inventory)):
        yield "ResourceInUse"


def _delete_listener(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    listener = inventory.listeners[sent["ListenerArn"]]
    target = Target(id=listener.load_balancer_arn, port=listener.port)
    if any(not known[target].going for known in inventory.targets.values() if target in known):
        yield "ResourceInUse"


def _register_targets(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    """A target group of load balancers takes one, with a listener on the target's port."""
    group = inventory.target_groups[sent["TargetGroupArn"]]
    if group.target_type != "alb":
        return
    wanted = {Target(id=t["Id"], port=t["Port"]) for t in sent["Targets"]}
    listening = {Target(id=x.load_balancer_arn, port=x.port) for x in inventory.listeners.values()}
    if wanted - listening:
        yield "InvalidTarget"
    if len({*wanted, *inventory.targets.get(group.arn, {})}) > 1:
        yield "TooManyTargets"


def _delete_load_balancer(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    """It is no target any more, so that whoever forwarded to it is told first."""
    targets = (t for known in inventory.targets.values() for t, health in known.items() if not health.going)
    if any(target.id == sent["LoadBalancerArn"] for target in targets):
        yield "ResourceInUse"


def _delete_security_group(inventory: Inventory, sent: Mapping[str, Any]) -> Iterator[str]:
    if any(sent["GroupId"] in b.security_groups for b in inventory.load_balancers.values()):
        yield "DependencyViolation"


def _taken(name: str, standing: Mapping[str, Any], code: str) -> Iterator[str]:
    if any(x.name == name for x in standing.values()):
        yield code


def _associated(inventory: Inventory, balancer: str, actions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A target group serves one load balancer."""
    for action in actions:
        for entry in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            group = inventory.target_groups.get(entry["TargetGroupArn"])
            if group is None:
                yield "TargetGroupNotFound"
            elif set(group.load_balancers) - {balancer}:
                yield "TargetGroupAssociationLimit"


def _forwarded_to(inventory: Inventory) -> Iterator[str]:
    actions: list[Action] = [a for x in inventory.listeners.values() for a in x.default_actions]
    actions += [a for r in inventory.rules.values() for a in r.actions]
    for action in actions:
        if isinstance(action, Forward):
            yield from (g.target_group for g in action.groups)


_CHECKS: Mapping[str, Callable[[Inventory, Mapping[str, Any]], Iterator[str]]] = {
    "CreateLoadBalancer": _create_load_balancer,
    "CreateTargetGroup": _create_target_group,
    "CreateListener": _create_listener,
    "ModifyListener": _modify_listener,
    "CreateRule": _create_rule,
    "ModifyRule": _modify_rule,
    "SetRulePriorities": _set_rule_priorities,
    "DeleteTargetGroup": _delete_target_group,
    "DeleteListener": _delete_listener,
    "DeleteLoadBalancer": _delete_load_balancer,
    "RegisterTargets": _register_targets,
    "DeleteSecurityGroup": _delete_security_group,
}
