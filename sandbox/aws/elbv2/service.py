"""All operations of the API in one table, for every account that calls. The gateway asks here before moto."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from

from sandbox.aws.answers import Answer, error_answer
from sandbox.aws.elbv2 import wire
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
from sandbox.aws.elbv2.refusals import RefusedError
from sandbox.aws.elbv2.store import Store
from sandbox.aws.elbv2.target_health import TargetHealth
from sandbox.aws.health import HealthSwitch
from sandbox.aws.requests import AwsRequest

SERVICE = "elasticloadbalancing"
NOT_BUILT = frozenset(
    {"DeleteSharedTrustStoreAssociation", "GetTrustStoreCaCertificatesBundle", "GetTrustStoreRevocationContent"}
)
"""Operations that are answered with NotImplemented: they need sharing between accounts, or S3."""

Operation = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]


class Elbv2:
    """Load balancing of every account and Region that calls; the seeded one is `main`.

    It bears one thread at a time, which the gateway sees to.
    """

    def __init__(self, *, region: str, switch: HealthSwitch, now: Callable[[], float] = time.monotonic) -> None:
        self.quotas = Quotas()
        self.stores: dict[tuple[str, str], Store] = {}
        """By account and Region."""
        self._tables: dict[tuple[str, str], Mapping[str, Operation]] = {}
        self._accounts: dict[str, str] = {}  # by access key
        self._region = region
        self._switch = switch
        self._now = now
        self._open(DEFAULT_ACCOUNT_ID, region)

    @property
    def main(self) -> Store:
        return self.stores[DEFAULT_ACCOUNT_ID, self._region]

    def has_load_balancer(self, arn: str) -> bool:
        """Whether any account has a load balancer of this ARN."""
        return any(arn in store.load_balancers for store in self.stores.values())

    def users_of_certificate(self, arn: str) -> list[str]:
        """ARNs of the load balancers whose listeners have this certificate."""
        listeners = (listener for store in self.stores.values() for listener in store.listeners.values())
        users = (one for one in listeners if arn == one.certificate or arn in one.extra_certificates)
        return list(dict.fromkeys(one.load_balancer_arn for one in users))

    def uses_security_group(self, group_id: str) -> bool:
        """Whether a load balancer has this security group."""
        balancers = (balancer for store in self.stores.values() for balancer in store.load_balancers.values())
        return any(group_id in balancer.security_groups for balancer in balancers)

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags by key, for the tagging API."""
        sent = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._tags_of(arn).add({"ResourceArns": [arn], "Tags": sent})

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self._tags_of(arn).remove({"ResourceArns": [arn], "TagKeys": keys})

    def _tags_of(self, arn: str) -> Tags:
        region, account = arn.split(":")[3:5]
        return Tags(self.stores[account, region])

    def reset(self) -> None:
        """Forget every resource."""
        for account, region in list(self.stores):
            self._open(account, region)

    def answer(self, request: AwsRequest) -> Answer | None:
        """The answer to a call of this API; None for calls of others."""
        operation = wire.OPERATIONS.get(request.operation)
        if request.service != SERVICE or request.version != wire.VERSION or operation is None:
            return None
        if request.operation in NOT_BUILT:
            message = f"The sandbox does not implement {request.service}:{request.operation}"
            return error_answer(request, code="NotImplemented", message=message, status=HTTPStatus.NOT_IMPLEMENTED)
        try:
            problem = operation.problem(request.parameters)
            if problem is not None:
                raise RefusedError("ValidationError", problem)
            store, table = self._of(request)
            result = table[request.operation](request.parameters)
        except RefusedError as refused:
            status = wire.error_status(refused.code)
            return error_answer(request, code=refused.code, message=refused.message, status=status)
        if request.mutating:
            store.version += 1
        body = operation.serialise(result or {}, str(UUID(bytes=secrets.token_bytes(16), version=4)))
        return Answer(status=HTTPStatus.OK, headers={"Content-Type": "text/xml"}, body=body)

    def _of(self, request: AwsRequest) -> tuple[Store, Mapping[str, Operation]]:
        """The state of the account that the caller belongs to."""
        account = self._accounts.get(request.caller)
        if account is None:
            account = self._accounts[request.caller] = get_account_id_from(request.caller)
        place = account, request.region or self._region
        if place not in self.stores:
            self._open(*place)
        return self.stores[place], self._tables[place]

    def _open(self, account: str, region: str) -> None:
        store = self.stores[account, region] = Store(account=account, region=region)
        self._tables[account, region] = self._table(store, Neighbours(account=account, region=region))

    def _table(self, store: Store, neighbours: Neighbours) -> Mapping[str, Operation]:
        """The operations of one account and Region by name."""
        quotas, now = self.quotas, self._now
        health = TargetHealth(store, neighbours=neighbours, switch=self._switch)
        security, actions = ListenerSecurity(store, neighbours), Actions(store, quotas)
        balancers = LoadBalancers(store, placement=Placement(neighbours), quotas=quotas, now=now)
        listeners = Listeners(store, actions=actions, security=security, quotas=quotas, now=now)
        certificates = Certificates(store, security=security, quotas=quotas)
        rules = Rules(store, actions=actions, quotas=quotas, now=now)
        groups = TargetGroups(store, neighbours=neighbours, quotas=quotas, now=now)
        targets = Targets(store, neighbours=neighbours, health=health, quotas=quotas, now=now)
        capacity = Capacity(store, state_of=balancers.state_of)
        tags, attributes = Tags(store), Attributes(store)
        trust_stores, account = TrustStores(store, quotas), Account(store, quotas)
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
            "CreateTargetGroup": groups.create,
            "DescribeTargetGroups": groups.describe,
            "ModifyTargetGroup": groups.modify,
            "DeleteTargetGroup": groups.delete,
            "RegisterTargets": targets.register,
            "DeregisterTargets": targets.deregister,
            "DescribeTargetHealth": targets.describe_health,
            "AddTags": tags.add,
            "RemoveTags": tags.remove,
            "DescribeTags": tags.describe,
            "DescribeLoadBalancerAttributes": attributes.describe_load_balancer,
            "ModifyLoadBalancerAttributes": attributes.modify_load_balancer,
            "DescribeTargetGroupAttributes": attributes.describe_target_group,
            "ModifyTargetGroupAttributes": attributes.modify_target_group,
            "DescribeListenerAttributes": attributes.describe_listener,
            "ModifyListenerAttributes": attributes.modify_listener,
            "CreateTrustStore": trust_stores.create,
            "DescribeTrustStores": trust_stores.describe,
            "ModifyTrustStore": trust_stores.modify,
            "DeleteTrustStore": trust_stores.delete,
            "DescribeTrustStoreAssociations": trust_stores.describe_associations,
            "AddTrustStoreRevocations": trust_stores.add_revocations,
            "DescribeTrustStoreRevocations": trust_stores.describe_revocations,
            "RemoveTrustStoreRevocations": trust_stores.remove_revocations,
            "DescribeAccountLimits": account.describe_limits,
            "DescribeSSLPolicies": account.describe_ssl_policies,
            "GetResourcePolicy": account.resource_policy,
        }
