"""Reads what calls of their own tell about load balancers: capacity, firewalls, protection. Used by `aws.lookups`."""

from asyncio import TaskGroup
from collections.abc import Awaitable, Callable, Mapping, Sequence

from services.executor.aws import listings
from services.executor.aws.reads import Reads
from services.executor.core.observations import LookupKind, Resource, ResourceKind
from services.executor.core.operations import OPERATIONS, Operation
from services.executor.core.steps import Json

_SHIELD = "shield"

Facts = Mapping[str, str]


class AddonReads:
    """Answers lookups of add-ons; a load balancer without one has the fact with an empty value."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    @property
    def readers(self) -> Mapping[LookupKind, Callable[[Sequence[str]], Awaitable[None]]]:
        """What reads the things that a lookup of this kind names."""
        return {
            LookupKind.CAPACITY: self._each("elbv2", "DescribeCapacityReservation", "LoadBalancerArn", _capacity),
            LookupKind.WEB_ACL: self._each("wafv2", "GetWebACLForResource", "ResourceArn", _web_acl),
            LookupKind.CLASSIC_WEB_ACL: self._each(
                "waf-regional", "GetWebACLForResource", "ResourceArn", _classic_web_acl
            ),
            LookupKind.PROTECTION: self._each("shield", "DescribeProtection", "ResourceArn", _protection),
            LookupKind.WEB_ACLS: self._web_acls,
            LookupKind.SHIELD_SUBSCRIPTION: self._shield_subscription,
        }

    def _each(
        self, service: str, name: str, parameter: str, facts: Callable[[Mapping[str, Json]], Facts]
    ) -> Callable[[Sequence[str]], Awaitable[None]]:
        operation = OPERATIONS[service, name]

        async def read(keys: Sequence[str]) -> None:
            async with TaskGroup() as together:
                for arn in keys:
                    together.create_task(self._one(operation, {parameter: arn}, arn, facts))

        return read

    async def _one(
        self,
        operation: Operation,
        parameters: Mapping[str, Json],
        arn: str,
        facts: Callable[[Mapping[str, Json]], Facts],
    ) -> None:
        result = await self._reads.call(operation, parameters)
        # What does not exist is answered with an error by some services, and with nothing by others.
        found = facts(result.answer if result.error is None else {})
        await self._reads.emit(result.begun, [Resource(kind=ResourceKind.LOAD_BALANCER, id=arn, facts=found)])

    async def _web_acls(self, _: Sequence[str]) -> None:
        await self._reads.listing(listings.WEB_ACLS, {"Scope": "REGIONAL"})

    async def _shield_subscription(self, _: Sequence[str]) -> None:
        result = await self._reads.call(OPERATIONS["shield", "GetSubscriptionState"], {})
        if result.error is None:
            description = {"Service": _SHIELD, **result.answer}
            resource = Resource(kind=ResourceKind.SUBSCRIPTION, id=_SHIELD, description=description)
            await self._reads.emit(result.begun, [resource])


def _capacity(answer: Mapping[str, Json]) -> Facts:
    return {"capacity": str((answer.get("MinimumLoadBalancerCapacity") or {}).get("CapacityUnits") or 0)}


def _web_acl(answer: Mapping[str, Json]) -> Facts:
    return {"web_acl": (answer.get("WebACL") or {}).get("ARN") or ""}


def _classic_web_acl(answer: Mapping[str, Json]) -> Facts:
    return {"classic_web_acl": (answer.get("WebACLSummary") or {}).get("WebACLId") or ""}


def _protection(answer: Mapping[str, Json]) -> Facts:
    protection = answer.get("Protection") or {}
    return {"protection": protection.get("Id") or "", "protection_name": protection.get("Name") or ""}
