"""Questions of plans, answered by the executor, once however many keys ask. Used by the workers and by the fill."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Protocol

from services.planner.core.keys import BindingKey, Key, Lane, NetworkKey, StackKey
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import OWN_ROLE, AssumedRole
from services.planner.core.updates import RecordKind
from services.planner.inventory.observations import Answered, Observation, Query, Scope
from services.planner.inventory.store import Store

_BY_ID = {
    RecordKind.LOAD_BALANCER: LookupKind.LOAD_BALANCERS,
    RecordKind.TARGET_GROUP: LookupKind.TARGET_GROUPS,
    RecordKind.SECURITY_GROUP: LookupKind.SECURITY_GROUPS,
}


class Observer(Protocol):
    """Who reads AWS: the executor link."""

    def observe(self, query: Query, *, lane: Lane, traceparent: str) -> AsyncIterator[Observation | int]:
        """What was read, and last the sequence number at which the query began."""
        ...


class Asker:
    """Sends queries and folds their answers into the store."""

    def __init__(self, observer: Observer, store: Store, clock: Callable[[], float]) -> None:
        self._observer = observer
        self._store = store
        self._clock = clock
        self._in_flight: dict[tuple[object, str], asyncio.Task[None]] = {}

    async def answer(self, lookups: Sequence[Lookup], key: Key, *, lane: Lane, traceparent: str) -> None:
        """Returns when all questions that a key has are answered. Raises what the observer raises; other keys that
        wait for the same answer then get it too.
        """
        tasks: dict[asyncio.Task[None], None] = {}
        for lookup in lookups:
            tasks |= dict.fromkeys(self._tasks(lookup, key, lane, traceparent))
        if tasks:
            # A key that gives up must not take the answer away from the others.
            await asyncio.shield(asyncio.gather(*tasks))

    async def settle(self, key: Key, group: str, *, lane: Lane, traceparent: str, role: AssumedRole = OWN_ROLE) -> None:
        """Observes again what a binding or the network owns, after an outcome that nobody knows. A stack is observed
        by its own question, which names what it wants.
        """
        asked_at = self._clock()
        lookups: tuple[Lookup, ...] = ()
        match key:
            case BindingKey():
                lookups = (Lookup(kind=LookupKind.TARGETS, keys=(group,), role=role),) if group else ()
            case NetworkKey():
                known = tuple(sorted(self._store.whole().security_groups))
                lookups = (
                    Lookup(kind=LookupKind.CLUSTER_SECURITY_GROUPS),
                    *((Lookup(kind=LookupKind.SECURITY_GROUPS, keys=known),) if known else ()),
                )
        for lookup in lookups:
            await self.ask(_query(lookup, key, self._store), lane=lane, traceparent=traceparent)
        self._store.answers.settle(key, asked_at)

    async def ask(self, query: Query, *, lane: Lane, traceparent: str) -> None:
        """Sends one query and folds its answer. What we made and a query by tag missed is asked for by id at once."""
        asked_at = self._clock()
        begun = None
        async for part in self._observer.observe(query, lane=lane, traceparent=traceparent):
            if isinstance(part, Observation):
                self._store.observe(part)
            else:
                begun = part
        if begun is None:
            return
        doubtful = self._store.answered(Answered(query=query, begun=begun, asked_at=asked_at))
        for record, kind in _BY_ID.items():
            ids = tuple(id_ for found, id_ in doubtful if found is record)
            if ids:
                again = Query(scope=Scope.LOOKUP, kind=kind, keys=ids)
                await self.ask(again, lane=lane, traceparent=traceparent)

    def _tasks(self, lookup: Lookup, key: Key, lane: Lane, traceparent: str) -> list[asyncio.Task[None]]:
        """Tasks that answer a question: those in flight that cover a part of it, and one for the rest."""
        query = _query(lookup, key, self._store)
        if self._store.answers.fresh(query, self._clock()):
            return []
        topic = query.stack or (query.kind, query.role)
        parts = query.keys if query.stack is None and query.keys else ("",)
        flying = {part: self._in_flight[topic, part] for part in parts if (topic, part) in self._in_flight}
        tasks = list(flying.values())
        rest = tuple(part for part in parts if part not in flying)
        if rest:
            asked = query if query.stack is not None else _query(_part(lookup, rest), key, self._store)
            tasks.append(self._start(topic, rest, self.ask(asked, lane=lane, traceparent=traceparent)))
        return tasks

    def _start(self, topic: object, parts: Sequence[str], work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"ask about {topic}")
        for part in parts:
            self._in_flight[topic, part] = task

        def ended(_: asyncio.Task[None]) -> None:
            for part in parts:
                self._in_flight.pop((topic, part), None)

        task.add_done_callback(ended)
        return task


def _part(lookup: Lookup, keys: Sequence[str]) -> Lookup:
    return Lookup(kind=lookup.kind, keys=tuple(key for key in keys if key), role=lookup.role)


def _query(lookup: Lookup, key: Key, store: Store) -> Query:
    if lookup.kind is LookupKind.STACK and isinstance(key, StackKey):
        return Query(scope=Scope.STACK, keys=lookup.keys, stack=key, tags=store.stack_tags(key))
    return Query(scope=Scope.LOOKUP, kind=lookup.kind, keys=lookup.keys, role=lookup.role)
