"""Answers the planner's questions about AWS: a stack, everything, or named things. Called by the servicer.

Each answer of AWS is handed on as soon as it is there; a query that returns is answered in full.
"""

import logging
from asyncio import TaskGroup
from collections.abc import Sequence
from typing import Protocol

from services.executor.aws.caller import AwsCaller
from services.executor.aws.fill import Fill
from services.executor.aws.guard import OwnedResources
from services.executor.aws.lookups import Lookups
from services.executor.aws.reads import Emit, ReadError, Reads, first_error
from services.executor.aws.slices import Slice
from services.executor.core.observations import AllQuery, LookupKind, LookupQuery, Query, Resource, StackQuery
from services.executor.core.steps import CallError, CallResult, Lane

_LOGGER = logging.getLogger(__name__)

_DEFAULT_PARALLEL = 4


class TargetRecords(Protocol):
    """Knows what bindings of shared target groups have registered."""

    async def read(self, binding: str) -> tuple[Resource | None, CallResult]:
        """The record of a binding, with the call that read it; None where that failed."""
        ...


class Observer:
    """Reads AWS through the budget, in the asker's lane."""

    def __init__(
        self, caller: AwsCaller, owned: OwnedResources, records: TargetRecords, *, cluster: str, vpc_id: str
    ) -> None:
        self._caller = caller
        self._records = records
        self._owned = owned
        self._cluster = cluster
        self._vpc_id = vpc_id

    async def answer(self, query: Query, lane: Lane, emit: Emit) -> CallError | None:
        """Answers a query through `emit`; returns why it could not be answered in full, None when it was."""
        parallel = (query.parallel if isinstance(query, AllQuery) else 0) or _DEFAULT_PARALLEL
        role = query.role if isinstance(query, LookupQuery) else None
        reads = Reads(self._caller, self._owned, emit, lane=lane, parallel=parallel, role=role)
        failed: CallError | None = None
        try:
            async with TaskGroup() as together:
                together.create_task(self._answer(query, reads))
        except* ReadError as errors:
            failed = first_error(errors)
        if failed is not None:
            _LOGGER.warning("AWS not read", extra={"reason": failed.code, "detail": failed.message})
        return failed

    async def _answer(self, query: Query, reads: Reads) -> None:
        match query:
            case StackQuery():
                await Slice(reads, vpc_id=self._vpc_id).read(query)
            case AllQuery():
                await Fill(reads, cluster=self._cluster, vpc_id=self._vpc_id).read(query)
            case LookupQuery(kind=LookupKind.TARGET_RECORDS):
                await self._read_records(query.keys, reads)
            case LookupQuery():
                await Lookups(reads, cluster=self._cluster, vpc_id=self._vpc_id).read(query)

    async def _read_records(self, bindings: Sequence[str], reads: Reads) -> None:
        for binding in bindings:
            record, result = await self._records.read(binding)
            if record is not None:
                await reads.emit(result.begun, [record])
            elif result.error is not None:
                raise ReadError(result.error)
