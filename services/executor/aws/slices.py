"""Reads one stack: what carries its tags or its names. Source of the rules of belonging: naming and tags, section 6."""

from asyncio import TaskGroup
from collections.abc import Sequence

from services.executor.aws import listings
from services.executor.aws.children import read_children
from services.executor.aws.listings import Listing
from services.executor.aws.reads import Reads
from services.executor.core.arns import ArnKind, kind_of, name_of
from services.executor.core.observations import StackQuery
from services.executor.core.steps import Json

_TYPES = ("elasticloadbalancing:loadbalancer", "elasticloadbalancing:targetgroup")
_FILTER_VALUES = 200


class Slice:
    """One stack's load balancers with listeners and rules, target groups, security groups, and the tags of all.

    The names are asked for beside the tags because the tagging API lags behind a create: what was made a moment ago, by
    a process that is gone, is found by its name.
    """

    def __init__(self, reads: Reads, *, vpc_id: str) -> None:
        self._reads = reads
        self._vpc_id = vpc_id

    async def read(self, query: StackQuery) -> None:
        """Answers the query."""
        async with TaskGroup() as together:
            together.create_task(self._security_groups(query))
            together.create_task(self._load_balancing(query))

    async def _security_groups(self, query: StackQuery) -> None:
        vpc: Json = {"Name": "vpc-id", "Values": [self._vpc_id]}
        if query.tags:
            tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(query.tags.items())]
            await self._reads.listing(listings.SECURITY_GROUPS, {"Filters": [vpc, *tags]})
        await self._reads.filtered(
            listings.SECURITY_GROUPS, "group-name", query.security_group_names, size=_FILTER_VALUES, also=[vpc]
        )

    async def _load_balancing(self, query: StackQuery) -> None:
        arns = await self._carrying(query)
        load_balancers = [arn for arn in arns if kind_of(arn) is ArnKind.LOAD_BALANCER]
        groups = [arn for arn in arns if kind_of(arn) is ArnKind.TARGET_GROUP]
        async with TaskGroup() as together:
            found_load_balancers = together.create_task(
                self._described(listings.LOAD_BALANCERS, "LoadBalancerArns", load_balancers, query.load_balancer_names)
            )
            found_groups = together.create_task(
                self._described(listings.TARGET_GROUPS, "TargetGroupArns", groups, query.target_group_names)
            )
        load_balancers = found_load_balancers.result()
        children = await read_children(self._reads, load_balancers)
        await self._reads.tags([*load_balancers, *found_groups.result(), *children])

    async def _carrying(self, query: StackQuery) -> Sequence[str]:
        """ARNs of load balancers and target groups with the tags; no tags are carried by nothing."""
        if not query.tags:
            return ()
        tagged = await self._reads.tagged(query.tags, _TYPES)
        return tuple(tagged) if tagged is not None else await self._carrying_by_describe(query)

    async def _carrying_by_describe(self, query: StackQuery) -> Sequence[str]:
        """The same where the tagging API is not permitted: everything is listed and its tags are read."""
        arns = [
            resource.id
            for listing in (listings.LOAD_BALANCERS, listings.TARGET_GROUPS)
            for resource in await self._reads.listing(listing, {}, emit=False) or ()
        ]
        tags = await self._reads.tags(arns, emit=False)
        return [arn for arn, carried in tags.items() if query.tags.items() <= carried.items()]

    async def _described(
        self, listing: Listing, parameter: str, arns: Sequence[str], names: Sequence[str]
    ) -> list[str]:
        by_tag = await self._reads.named(listing, parameter, arns)
        known = {name_of(arn) for arn in arns}
        by_name = await self._reads.named(listing, "Names", [name for name in names if name not in known])
        return [resource.id for resource in (*by_tag, *by_name)]
