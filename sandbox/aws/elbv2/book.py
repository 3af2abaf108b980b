"""Everything that works on the load balancers of one account and Region: the operations, and what knows of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.model import LoadBalancer
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.operations.account import Account
from sandbox.aws.elbv2.operations.actions import Actions
from sandbox.aws.elbv2.operations.attributes import Attributes
from sandbox.aws.elbv2.operations.capacity import Capacity
from sandbox.aws.elbv2.operations.certificates import Certificates
from sandbox.aws.elbv2.operations.listeners import Listeners
from sandbox.aws.elbv2.operations.load_balancers import LoadBalancers
from sandbox.aws.elbv2.operations.placement import Placement
from sandbox.aws.elbv2.operations.rules import Rules
from sandbox.aws.elbv2.operations.security import ListenerSecurity
from sandbox.aws.elbv2.operations.tags import Tags
from sandbox.aws.elbv2.operations.target_groups import TargetGroups
from sandbox.aws.elbv2.operations.targets import Targets
from sandbox.aws.elbv2.operations.trust_stores import TrustStores
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.store import Store
from sandbox.aws.elbv2.tag_news import TagNews
from sandbox.aws.elbv2.target_health import TargetHealth
from sandbox.aws.elbv2.visibility import Visibility

Operation = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What works on one store."""

    store: Store
    neighbours: Neighbours
    health: TargetHealth
    visibility: Visibility
    tag_news: TagNews
    tags: Tags
    state_of: Callable[[LoadBalancer], str]
    """The state code of a load balancer."""
    operations: Mapping[str, Operation]
    """By name."""

    def carry_out(self, operation: str, parameters: Mapping[str, Any], *, mutating: bool) -> Mapping[str, Any]:
        """The answer of one operation. Raises RefusedError for what AWS refuses."""
        self.visibility.check(operation, parameters)
        answer = self.operations[operation](parameters) or {}
        if mutating:
            self.store.version += 1
            self.health.settle()
        return self.visibility.without_the_new(operation, answer)


def open_book(
    store: Store, *, neighbours: Neighbours, health: TargetHealth, quotas: Quotas, conditions: Conditions
) -> Book:
    """Everything for a store."""
    balancers = LoadBalancers(store, placement=Placement(neighbours), quotas=quotas, conditions=conditions)
    tag_news = TagNews(conditions)
    tags = Tags(store, tag_news)
    groups = TargetGroups(store, neighbours=neighbours, quotas=quotas, conditions=conditions)
    targets = Targets(store, neighbours=neighbours, health=health, quotas=quotas)
    return Book(
        store=store,
        neighbours=neighbours,
        health=health,
        visibility=Visibility(store, conditions),
        tag_news=tag_news,
        tags=tags,
        state_of=balancers.state_of,
        operations={
            **_of_balancers(store, balancers),
            **_of_listeners(store, neighbours, quotas, conditions),
            **_of_targets(groups, targets),
            **_of_trust_stores(TrustStores(store, quotas)),
            **_of_all(store, tags, quotas),
        },
    )


def _of_balancers(store: Store, balancers: LoadBalancers) -> Mapping[str, Operation]:
    capacity = Capacity(store, state_of=balancers.state_of)
    return {
        "CreateLoadBalancer": balancers.create,
        "DescribeLoadBalancers": balancers.describe,
        "DeleteLoadBalancer": balancers.delete,
        "SetSubnets": balancers.set_subnets,
        "SetSecurityGroups": balancers.set_security_groups,
        "SetIpAddressType": balancers.set_ip_address_type,
        "DescribeCapacityReservation": capacity.describe,
        "ModifyCapacityReservation": capacity.modify,
        "ModifyIpPools": capacity.modify_ip_pools,
    }


def _of_listeners(
    store: Store, neighbours: Neighbours, quotas: Quotas, conditions: Conditions
) -> Mapping[str, Operation]:
    security, actions = ListenerSecurity(store, neighbours), Actions(store, quotas)

    def now() -> float:
        # The clock may be exchanged.
        return conditions.clock.now()

    listeners = Listeners(store, actions=actions, security=security, quotas=quotas, now=now)
    certificates = Certificates(store, security=security, quotas=quotas)
    rules = Rules(store, actions=actions, quotas=quotas, now=now)
    return {
        "CreateListener": listeners.create,
        "DescribeListeners": listeners.describe,
        "ModifyListener": listeners.modify,
        "DeleteListener": listeners.delete,
        "AddListenerCertificates": certificates.add,
        "RemoveListenerCertificates": certificates.remove,
        "DescribeListenerCertificates": certificates.describe,
        "CreateRule": rules.create,
        "DescribeRules": rules.describe,
        "ModifyRule": rules.modify,
        "SetRulePriorities": rules.set_priorities,
        "DeleteRule": rules.delete,
    }


def _of_targets(groups: TargetGroups, targets: Targets) -> Mapping[str, Operation]:
    return {
        "CreateTargetGroup": groups.create,
        "DescribeTargetGroups": groups.describe,
        "ModifyTargetGroup": groups.modify,
        "DeleteTargetGroup": groups.delete,
        "RegisterTargets": targets.register,
        "DeregisterTargets": targets.deregister,
        "DescribeTargetHealth": targets.describe_health,
    }


def _of_trust_stores(trust_stores: TrustStores) -> Mapping[str, Operation]:
    return {
        "CreateTrustStore": trust_stores.create,
        "DescribeTrustStores": trust_stores.describe,
        "ModifyTrustStore": trust_stores.modify,
        "DeleteTrustStore": trust_stores.delete,
        "DescribeTrustStoreAssociations": trust_stores.describe_associations,
        "AddTrustStoreRevocations": trust_stores.add_revocations,
        "DescribeTrustStoreRevocations": trust_stores.describe_revocations,
        "RemoveTrustStoreRevocations": trust_stores.remove_revocations,
    }


def _of_all(store: Store, tags: Tags, quotas: Quotas) -> Mapping[str, Operation]:
    attributes, account = Attributes(store), Account(store, quotas)
    return {
        "AddTags": tags.add,
        "RemoveTags": tags.remove,
        "DescribeTags": tags.describe,
        "DescribeLoadBalancerAttributes": attributes.describe_load_balancer,
        "ModifyLoadBalancerAttributes": attributes.modify_load_balancer,
        "DescribeTargetGroupAttributes": attributes.describe_target_group,
        "ModifyTargetGroupAttributes": attributes.modify_target_group,
        "DescribeListenerAttributes": attributes.describe_listener,
        "ModifyListenerAttributes": attributes.modify_listener,
        "DescribeAccountLimits": account.describe_limits,
        "DescribeSSLPolicies": account.describe_ssl_policies,
        "GetResourcePolicy": account.resource_policy,
    }
