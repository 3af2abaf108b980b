"""All operations of the API in one table, for every account that calls. The gateway asks here before moto."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from

from sandbox.aws.answers import Answer, error_answer
from sandbox.aws.elbv2 import wire
from sandbox.aws.elbv2.book import Book, open_book
from sandbox.aws.elbv2.checks import Check
from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.dataplane import Dataplane
from sandbox.aws.elbv2.health import Health
from sandbox.aws.elbv2.model import Resource
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.operations.tags import Tags
from sandbox.aws.elbv2.prober import Prober
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError
from sandbox.aws.elbv2.store import Store
from sandbox.aws.elbv2.target_health import ProbeKey, TargetHealth
from sandbox.aws.health import HealthSwitch
from sandbox.aws.requests import AwsRequest

SERVICE = "elasticloadbalancing"
NOT_BUILT = frozenset(
    {"DeleteSharedTrustStoreAssociation", "GetTrustStoreCaCertificatesBundle", "GetTrustStoreRevocationContent"}
)
"""Operations that are answered with NotImplemented: they need sharing between accounts, or S3."""


class Elbv2:
    """Load balancing of every account and Region that calls; the seeded one is `main`.

    It bears one thread at a time, which the gateway sees to.
    """

    def __init__(self, *, region: str, switch: HealthSwitch, conditions: Conditions | None = None) -> None:
        self.quotas = Quotas()
        self.stores: dict[tuple[str, str], Store] = {}
        """By account and Region."""
        self._books: dict[tuple[str, str], Book] = {}
        self._accounts: dict[str, str] = {}  # by access key
        self._region = region
        self._switch = switch
        self.conditions = conditions or Conditions()
        """The clock, the delays and the network; they may be changed at any time."""
        self.lock = threading.Lock()
        """Whoever calls an operation holds it, and so does who reads a store."""
        self._prober = Prober(self.conditions.clock, self.conditions.network.resolve, self)
        switch.when_changed = self.conditions_changed
        self._open(DEFAULT_ACCOUNT_ID, region)

    def start(self) -> None:
        """Begin to check the targets of the seeded account; the others' count as healthy."""
        self._prober.start()

    def stop(self) -> None:
        """Stop that; nobody waits for the data plane's news any longer."""
        self._prober.stop()
        self.dataplane.close()

    def conditions_changed(self) -> None:
        """What targets are like may have changed without a call or a check."""
        self.dataplane.everything_changed()

    def check_of(self, key: ProbeKey) -> Check | None:
        """Asked by the prober."""
        return self._books[self._main].health.check_of(key)

    def checked(self, key: ProbeKey, failure: Health | None) -> float | None:
        """Told by the prober."""
        return self._books[self._main].health.checked(key, failure)

    @property
    def main(self) -> Store:
        return self.stores[self._main]

    @property
    def _main(self) -> tuple[str, str]:
        return DEFAULT_ACCOUNT_ID, self._region

    def has_load_balancer(self, arn: str) -> bool:
        """Whether any account has a load balancer of this ARN."""
        return any(arn in store.load_balancers for store in self.stores.values())

    def users_of_certificate(self, arn: str) -> list[str]:
        """ARNs of the load balancers whose listeners have this certificate."""
        listeners = (listener for store in self.stores.values() for listener in store.listeners.values())
        users = (one for one in listeners if arn == one.certificate or arn in one.extra_certificates)
        return list(dict.fromkeys(one.load_balancer_arn for one in users))

    def uses_security_group(self, group_id: str) -> bool:
        """Whether a network interface of a load balancer has this security group, also one that is left over."""
        now = self.conditions.clock.now()
        for store in self.stores.values():
            in_use = [balancer.security_groups for balancer in store.load_balancers.values()]
            in_use += [left.security_groups for left in store.left_interfaces if now < left.until]
            if any(group_id in groups for groups in in_use):
                return True
        return False

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags by key, for the tagging API."""
        sent = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._tags_of(arn).add({"ResourceArns": [arn], "Tags": sent})

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self._tags_of(arn).remove({"ResourceArns": [arn], "TagKeys": keys})

    def _tags_of(self, arn: str) -> Tags:
        region, account = arn.split(":")[3:5]
        return self._books[account, region].tags

    def tags_in_listing(self, account: str, region: str) -> Iterator[tuple[Resource, Mapping[str, str]]]:
        """What the tagging API shows: everything that can carry tags, and those it has."""
        place = account, region
        for resource in self.stores[place].resources() if place in self.stores else ():
            tags = self._books[place].tag_news.seen(resource)
            if tags is not None:
                yield resource, tags

    def reset(self) -> None:
        """Forget every resource; quotas are as they were at first."""
        self.quotas.reset()
        self.dataplane.close()
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
            place = self._place_of(request)
            result = self._books[place].carry_out(request.operation, request.parameters, mutating=request.mutating)
        except RefusedError as refused:
            status = wire.error_status(refused.code)
            return error_answer(request, code=refused.code, message=refused.message, status=status)
        if request.mutating and place == self._main:
            self.dataplane.changed(request.parameters)
        body = operation.serialise(result, str(UUID(bytes=secrets.token_bytes(16), version=4)))
        return Answer(status=HTTPStatus.OK, headers={"Content-Type": "text/xml"}, body=body)

    def _group_changed(self, arn: str) -> None:
        self.dataplane.group_changed(arn)

    def _place_of(self, request: AwsRequest) -> tuple[str, str]:
        """Account and Region of a call, by its caller."""
        account = self._accounts.get(request.caller)
        if account is None:
            account = self._accounts[request.caller] = get_account_id_from(request.caller)
        place = account, request.region or self._region
        if place not in self.stores:
            self._open(*place)
        return place

    def _open(self, account: str, region: str) -> None:
        store = self.stores[account, region] = Store(account=account, region=region)
        neighbours, main = Neighbours(account=account, region=region), (account, region) == self._main
        health = TargetHealth(
            store,
            neighbours=neighbours,
            switch=self._switch,
            conditions=self.conditions,
            schedule=self._prober.schedule if main else lambda _key, _due: None,
            changed=self._group_changed if main else lambda _arn: None,
        )
        self._books[account, region] = open_book(
            store, neighbours=neighbours, health=health, quotas=self.quotas, conditions=self.conditions
        )
        if main:
            self.dataplane = Dataplane(self._books[self._main], self.conditions, self.lock)
