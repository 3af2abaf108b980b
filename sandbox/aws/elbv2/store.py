"""All load balancing resources of one account and Region, and how they are found. The operations share one store.

Nothing here checks what AWS would refuse, a missing resource apart: the operations do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.aws.elbv2.arns import kind_of, load_balancer_of_rule
from sandbox.aws.elbv2.model import LeftInterfaces, Listener, LoadBalancer, Resource, Rule, TargetGroup, TrustStore
from sandbox.aws.elbv2.refusals import RefusedError, invalid

_Found = TypeVar("_Found")


class Store:
    """Indexes by ARN and by name; they are changed through `add_*` and `remove_*` only.

    `version` grows with every change that an operation makes.
    """

    def __init__(self, *, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.version = 0
        self.load_balancers: dict[str, LoadBalancer] = {}
        self.listeners: dict[str, Listener] = {}
        self.rules: dict[str, Rule] = {}
        """Default rules included."""
        self.target_groups: dict[str, TargetGroup] = {}
        self.trust_stores: dict[str, TrustStore] = {}
        self.left_interfaces: list[LeftInterfaces] = []
        self.rewired: set[str] = set()
        """ARNs of target groups whose rules have changed since somebody looked."""
        self._by_name: dict[tuple[type, str], Any] = {}

    @property
    def place(self) -> str:
        """The beginning of every ARN here."""
        return f"arn:aws:elasticloadbalancing:{self.region}:{self.account}"

    # Finding, with AWS's error for what is not there

    def load_balancer(self, arn: str) -> LoadBalancer:
        return _found(self.load_balancers, arn, "LoadBalancerNotFound", "Load balancer")

    def listener(self, arn: str) -> Listener:
        return _found(self.listeners, arn, "ListenerNotFound", "Listener")

    def rule(self, arn: str) -> Rule:
        return _found(self.rules, arn, "RuleNotFound", "Rule")

    def target_group(self, arn: str) -> TargetGroup:
        return _found(self.target_groups, arn, "TargetGroupNotFound", "Target group")

    def trust_store(self, arn: str) -> TrustStore:
        return _found(self.trust_stores, arn, "TrustStoreNotFound", "Trust store")

    def resource(self, arn: str) -> Resource:
        """Whatever carries this ARN; a string that is no load balancing ARN is a ValidationError."""
        match kind_of(arn):
            case "loadbalancer":
                return self.load_balancer(arn)
            case "listener":
                return self.listener(arn)
            case "listener-rule":
                return self.rule(arn)
            case "targetgroup":
                return self.target_group(arn)
            case "truststore":
                return self.trust_store(arn)
        raise invalid(f"'{arn}' is not a valid load balancing resource ARN")

    def load_balancer_named(self, name: str) -> LoadBalancer | None:
        return self._by_name.get((LoadBalancer, name))

    def target_group_named(self, name: str) -> TargetGroup | None:
        return self._by_name.get((TargetGroup, name))

    def trust_store_named(self, name: str) -> TrustStore | None:
        return self._by_name.get((TrustStore, name))

    def load_balancer_of(self, listener: Listener) -> LoadBalancer:
        return self.load_balancers[listener.load_balancer_arn]

    def load_balancer_arns(self, group: TargetGroup) -> list[str]:
        """ARNs of the load balancer that forwards to a group: one or none."""
        return sorted({load_balancer_of_rule(rule) for rule in group.used_by})

    def target_groups_of(self, load_balancer_arn: str) -> set[str]:
        """ARNs of all target groups that a load balancer forwards to."""
        listeners = self.load_balancers[load_balancer_arn].listeners.values()
        return {arn for listener in listeners for rule in listener.all_rules for arn in forwarded(rule.actions)}

    def resources(self) -> Iterator[Resource]:
        """Everything that can carry tags."""
        yield from self.target_groups.values()
        yield from self.load_balancers.values()
        yield from self.listeners.values()
        yield from self.rules.values()
        yield from self.trust_stores.values()

    # Changing

    def add_load_balancer(self, balancer: LoadBalancer) -> None:
        self.load_balancers[balancer.arn] = self._by_name[LoadBalancer, balancer.name] = balancer

    def remove_load_balancer(self, balancer: LoadBalancer) -> None:
        """Its listeners and rules go with it."""
        for listener in list(balancer.listeners.values()):
            self.remove_listener(listener)
        del self.load_balancers[balancer.arn], self._by_name[LoadBalancer, balancer.name]

    def add_listener(self, listener: Listener) -> None:
        self.listeners[listener.arn] = listener
        self.load_balancers[listener.load_balancer_arn].listeners[listener.arn] = listener
        self._index(listener.default_rule)

    def remove_listener(self, listener: Listener) -> None:
        """Its rules go with it."""
        for rule in listener.all_rules:
            self._forget(rule)
        del self.listeners[listener.arn], self.load_balancers[listener.load_balancer_arn].listeners[listener.arn]

    def add_rule(self, rule: Rule) -> None:
        self.listeners[rule.listener_arn].rules[rule.arn] = rule
        self._index(rule)

    def remove_rule(self, rule: Rule) -> None:
        del self.listeners[rule.listener_arn].rules[rule.arn]
        self._forget(rule)

    def set_actions(self, rule: Rule, actions: list[Mapping[str, Any]]) -> None:
        """Give a rule other actions; the target groups know who forwards to them."""
        self._forget(rule)
        rule.actions = actions
        self._index(rule)

    def add_target_group(self, group: TargetGroup) -> None:
        self.target_groups[group.arn] = self._by_name[TargetGroup, group.name] = group

    def remove_target_group(self, group: TargetGroup) -> None:
        del self.target_groups[group.arn], self._by_name[TargetGroup, group.name]

    def add_trust_store(self, store: TrustStore) -> None:
        self.trust_stores[store.arn] = self._by_name[TrustStore, store.name] = store

    def remove_trust_store(self, store: TrustStore) -> None:
        del self.trust_stores[store.arn], self._by_name[TrustStore, store.name]

    def _index(self, rule: Rule) -> None:
        self.rules[rule.arn] = rule
        for arn in forwarded(rule.actions):
            self.target_groups[arn].used_by.add(rule.arn)
            self.rewired.add(arn)

    def _forget(self, rule: Rule) -> None:
        del self.rules[rule.arn]
        for arn in forwarded(rule.actions):
            self.target_groups[arn].used_by.discard(rule.arn)
            self.rewired.add(arn)


def forwarded(actions: Sequence[Mapping[str, Any]]) -> list[str]:
    """ARNs of the target groups that these actions forward to, in their order, each once."""
    arns: dict[str, None] = {}
    for action in actions:
        if "TargetGroupArn" in action:
            arns[action["TargetGroupArn"]] = None
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            arns[group["TargetGroupArn"]] = None
    return list(arns)


def _found(index: Mapping[str, _Found], arn: str, code: str, what: str) -> _Found:
    found = index.get(arn)
    if found is None:
        raise RefusedError(code, f"{what} '{arn}' not found")
    return found
