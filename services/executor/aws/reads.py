"""Reading AWS for one query: paged calls, each answer handed on at once as an observation. Used by `aws.observer`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from services.executor.aws.batches import chunks, tags_of
from services.executor.aws.caller import AwsCaller
from services.executor.aws.guard import OwnedResources
from services.executor.aws.listings import Listing
from services.executor.core.arns import ArnKind, kind_of
from services.executor.core.observations import Observation, Resource, ResourceKind
from services.executor.core.operations import OPERATIONS, Operation
from services.executor.core.steps import AssumedRole, CallError, CallResult, ErrorClass, Json, Lane

Emit = Callable[[Observation], Awaitable[None]]
"""Takes an observation; waits while its reader is slow."""

ARNS_PER_CALL = 20

_GET_RESOURCES = OPERATIONS["resourcegroupstaggingapi", "GetResources"]
_DESCRIBE_TAGS = OPERATIONS["elbv2", "DescribeTags"]
_RESOURCES_PER_PAGE = 100

_KINDS: Mapping[ArnKind, ResourceKind] = {
    ArnKind.LOAD_BALANCER: ResourceKind.LOAD_BALANCER,
    ArnKind.LISTENER: ResourceKind.LISTENER,
    ArnKind.RULE: ResourceKind.RULE,
    ArnKind.TARGET_GROUP: ResourceKind.TARGET_GROUP,
}


class ReadError(Exception):
    """A read failed for good; the query cannot be answered in full."""

    def __init__(self, error: CallError) -> None:
        super().__init__(error.message)
        self.error = error


def first_error(errors: ExceptionGroup[ReadError]) -> CallError | None:
    """The first of the errors that reads side by side ended with, however nested."""
    for error in errors.exceptions:
        inner = first_error(error) if isinstance(error, ExceptionGroup) else error.error
        if inner is not None:
            return inner
    return None


class Reads:
    """The reads of one query: at most `parallel` calls at once, in one lane, under one role (None: the executor's own).
    Ownership learns from the tags.
    """

    def __init__(
        self,
        caller: AwsCaller,
        owned: OwnedResources,
        emit: Emit,
        *,
        lane: Lane,
        parallel: int,
        role: AssumedRole | None = None,
    ) -> None:
        self._caller = caller
        self._owned = owned
        self._emit = emit
        self._lane = lane
        self._role = role
        self._slots = asyncio.Semaphore(parallel)

    async def call(self, operation: Operation, parameters: Mapping[str, Json]) -> CallResult:
        """One call. Raises ReadError, unless something that it names does not exist: that is in the result."""
        async with self._slots:
            result = await self._caller.call(operation, parameters, lane=self._lane, role=self._role)
        if result.error is not None and result.error.error_class is not ErrorClass.NOT_FOUND:
            raise ReadError(result.error)
        return result

    @property
    def own_account(self) -> bool:
        """Whether the reads are made as the executor itself: tags of another account say nothing about ownership."""
        return self._role is None

    async def emit(self, begun: int, resources: Iterable[Resource]) -> None:
        """Hands resources on."""
        observed = tuple(resources)
        for resource in observed:
            if resource.tags is not None:
                self._owned.observed(resource.id, resource.tags)
        await self._emit(Observation(begun=begun, resources=observed))

    async def listing(
        self, listing: Listing, parameters: Mapping[str, Json], *, emit: bool = True
    ) -> list[Resource] | None:
        """All pages of a listing; None when something that the parameters name does not exist."""
        found: list[Resource] = []
        token: Json = None
        while True:
            page = {**parameters, **listing.page_size, **({listing.ask_next_by: token} if token else {})}
            result = await self.call(listing.operation, page)
            if result.error is not None:
                return None
            resources = [_resource(listing, item, parameters) for item in result.answer.get(listing.items) or ()]
            if emit:
                await self.emit(result.begun, resources)
            found.extend(resources)
            token = result.answer.get(listing.next_stands_in) if listing.next_stands_in else None
            if not token:
                return found

    async def named(self, listing: Listing, parameter: str, values: Sequence[str]) -> list[Resource]:
        """Those of the named things that exist: 20 names a call, one by one where a call meets an absent one."""
        found: list[Resource] = []
        for batch in chunks(values, ARNS_PER_CALL):
            resources = await self._unpaged(listing, {parameter: batch})
            if resources is None and len(batch) > 1:
                for value in batch:
                    found.extend(await self._unpaged(listing, {parameter: [value]}) or ())
            found.extend(resources or ())
        return found

    async def filtered(
        self, listing: Listing, name: str, values: Sequence[str], *, size: int, also: Sequence[Json] = ()
    ) -> None:
        """An EC2 listing by one filter, its values in batches, together with other filters; nothing for no values."""
        for batch in chunks(values, size):
            await self.listing(listing, {"Filters": [*also, {"Name": name, "Values": batch}]})

    async def tagged(self, tags: Mapping[str, str], types: Sequence[str]) -> dict[str, dict[str, str]] | None:
        """ARNs and tags of what carries all the tags (an empty value: any), by the tagging API, handed on too; None
        when that is denied."""
        filters = [{"Key": key, **({"Values": [value]} if value else {})} for key, value in sorted(tags.items())]
        found: dict[str, dict[str, str]] = {}
        token = ""
        while True:
            parameters = {
                "TagFilters": filters,
                "ResourceTypeFilters": list(types),
                "ResourcesPerPage": _RESOURCES_PER_PAGE,
                **({"PaginationToken": token} if token else {}),
            }
            async with self._slots:
                result = await self._caller.call(_GET_RESOURCES, parameters, lane=self._lane)
            if result.error is not None:
                if result.error.error_class is ErrorClass.DENIED:
                    return None
                raise ReadError(result.error)
            page = {item["ResourceARN"]: tags_of(item) for item in result.answer["ResourceTagMappingList"]}
            await self.emit(result.begun, _tag_resources(page))
            found |= page
            token = result.answer.get("PaginationToken") or ""
            if not token:
                return found

    async def tags(self, arns: Sequence[str], *, emit: bool = True) -> dict[str, dict[str, str]]:
        """Tags of the ARNs that exist, 20 a call; nothing is asked for no ARNs."""
        found: dict[str, dict[str, str]] = {}
        for batch in chunks(arns, ARNS_PER_CALL):
            result = await self.call(_DESCRIBE_TAGS, {"ResourceArns": batch})
            if result.error is not None:
                for arn in batch if len(batch) > 1 else ():
                    found |= await self.tags([arn], emit=emit)
                continue
            page = {item["ResourceArn"]: tags_of(item) for item in result.answer["TagDescriptions"]}
            if emit:
                await self.emit(result.begun, _tag_resources(page))
            found |= page
        return found

    async def _unpaged(self, listing: Listing, parameters: Mapping[str, Json]) -> list[Resource] | None:
        """One call that names what it wants: no page parameters beside names."""
        result = await self.call(listing.operation, parameters)
        if result.error is not None:
            return None
        resources = [_resource(listing, item, parameters) for item in result.answer.get(listing.items) or ()]
        await self.emit(result.begun, resources)
        return resources


def _resource(listing: Listing, item: Mapping[str, Json], parameters: Mapping[str, Json]) -> Resource:
    # A rule does not say whose it is: the call that asked for the listener's rules does.
    parent = (item.get(listing.parent) or parameters.get(listing.parent) or "") if listing.parent else ""
    return Resource(
        kind=listing.kind,
        id=item[listing.id],
        parent_id=parent,
        description=item,
        # EC2 describes things with their tags, Elastic Load Balancing without.
        tags=tags_of(item) if listing.operation.service == "ec2" else None,
    )


def _tag_resources(tags: Mapping[str, Mapping[str, str]]) -> list[Resource]:
    return [
        Resource(kind=_KINDS[kind], id=arn, tags=each)
        for arn, each in tags.items()
        if (kind := kind_of(arn)) is not None
    ]
