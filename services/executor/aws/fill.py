"""Reads everything that the planner's inventory starts from: the cluster's resources and what stands beside them."""

from asyncio import TaskGroup
from collections.abc import Sequence

from services.executor.aws import listings
from services.executor.aws.children import read_children
from services.executor.aws.lookups import Lookups
from services.executor.aws.reads import Reads
from services.executor.core.observations import AllQuery, LookupKind, LookupQuery, Resource
from services.executor.core.ownership import CLUSTER_TAG, carries

_TYPES = ("elasticloadbalancing",)


class Fill:
    """The VPC with subnets and zones, its security groups, the interfaces of the nodes, all load balancers and target
    groups of the region with their tags, and listeners and rules of the cluster's own. Not attributes, not targets.
    """

    def __init__(self, reads: Reads, *, cluster: str, vpc_id: str) -> None:
        self._reads = reads
        self._cluster = cluster
        self._vpc_id = vpc_id

    async def read(self, query: AllQuery) -> None:
        """Answers the query."""
        lookups = Lookups(self._reads, cluster=self._cluster, vpc_id=self._vpc_id)
        vpc = {"Name": "vpc-id", "Values": [self._vpc_id]}
        interfaces = LookupQuery(kind=LookupKind.INSTANCE_INTERFACES, keys=query.instance_ids)
        async with TaskGroup() as together:
            together.create_task(lookups.read(LookupQuery(kind=LookupKind.NETWORK)))
            together.create_task(lookups.read(interfaces))
            together.create_task(self._listing(listings.SECURITY_GROUPS, {"Filters": [vpc]}))
            together.create_task(self._load_balancing())

    async def _load_balancing(self) -> None:
        async with TaskGroup() as together:
            listed = [
                together.create_task(self._listing(listing, {}))
                for listing in (listings.LOAD_BALANCERS, listings.TARGET_GROUPS)
            ]
            tagged = together.create_task(self._reads.tagged({CLUSTER_TAG: self._cluster}, _TYPES))
        load_balancers, groups = (task.result() for task in listed)
        tags = dict(tagged.result() or {})
        arns = [resource.id for resource in (*load_balancers, *groups)]
        tags |= await self._reads.tags([arn for arn in arns if arn not in tags])
        ours = [each.id for each in load_balancers if carries(tags.get(each.id, {}), self._cluster)]
        children = await read_children(self._reads, ours)
        await self._reads.tags([arn for arn in children if arn not in tags])

    async def _listing(self, listing: listings.Listing, parameters: dict[str, object]) -> Sequence[Resource]:
        return await self._reads.listing(listing, parameters) or ()
