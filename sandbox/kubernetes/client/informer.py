"""A cache of one resource that follows the API by list and watch; the controllers read from it and are woken by it."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import aiohttp

from sandbox.kubernetes.client.http import ApiError, Client
from sandbox.kubernetes.client.objects import Key, Object, key_of, uid_of, version_of
from sandbox.kubernetes.client.resources import Resource

log = logging.getLogger(__name__)

_WATCH_SECONDS = (240, 480)
"""A watch is asked to end after a random time in this span, so that not all end together."""
_RETRY_SECONDS = (0.1, 2.0)
"""First and longest pause before the API is asked again after it failed."""
_GONE_KEPT = 4096
"""How many UIDs of deleted objects are remembered, against answers that arrive after the deletion was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one object: it appeared (no old), changed, or went (no new)."""

    resource: Resource
    old: Object | None
    new: Object | None

    @property
    def present(self) -> Object:
        """The object as it is, or as it last was."""
        item = self.new if self.new is not None else self.old
        if item is None:
            raise ValueError("a change of nothing")
        return item


Handler = Callable[[Change], None]


class Informer:
    """Cache of one resource, indexed by namespace.

    A writer hands in what the API answered (`written`, `removed`), so that it reads its own writes at once. Events
    that are older than what the cache holds are then ignored. Handlers run on the event loop and must not block.
    """

    def __init__(self, client: Client, resource: Resource) -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        self._client = client
        self._items: dict[str, dict[str, Object]] = {}
        self._handlers: list[Handler] = []
        self._gone: dict[str, None] = {}

    def get(self, key: Key) -> Object | None:
        return self._items.get(key.namespace, {}).get(key.name)

    def list(self, namespace: str | None = None) -> list[Object]:
        """The objects of one namespace, or all of them."""
        if namespace is not None:
            return list(self._items.get(namespace, {}).values())
        return [item for items in self._items.values() for item in items.values()]

    def add_handler(self, handler: Handler) -> None:
        """Call the handler for every change from now on, and at once for each object that is there already."""
        self._handlers.append(handler)
        for item in self.list():
            handler(Change(resource=self.resource, old=None, new=item))

    def written(self, item: Object) -> None:
        """Take in an object as the API answered it to a write."""
        if uid_of(item) in self._gone:
            return
        old = self.get(key_of(item))
        if old is not None and version_of(old) >= version_of(item):
            return
        if old is not None and uid_of(old) != uid_of(item):
            self._drop(old)
            old = None
        self._items.setdefault(key_of(item).namespace, {})[key_of(item).name] = item
        self._tell(old, item)

    def removed(self, item: Object) -> None:
        """Take in that an object, known by its UID, is no more."""
        self._gone[uid_of(item)] = None
        if len(self._gone) > _GONE_KEPT:
            del self._gone[next(iter(self._gone))]
        old = self.get(key_of(item))
        if old is not None and uid_of(old) == uid_of(item):
            self._drop(old)

    async def run(self) -> None:
        """Follow the API until cancelled; it may be away for any time."""
        pause = _RETRY_SECONDS[0]
        version: str | None = None
        while True:
            try:
                if version is None:
                    version = await self._relist()
                    self.synced.set()
                async for event in self._client.watch(self.resource, version, random.randint(*_WATCH_SECONDS)):  # noqa: S311
                    version = self._take(event)
                    pause = _RETRY_SECONDS[0]
            except ApiError as error:
                if error.is_gone:
                    version = None
                    continue
                log.warning("%s: %s", self.resource.plural, error)
                version = None
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                log.debug("%s: the watch broke off: %r", self.resource.plural, error)
            else:
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, _RETRY_SECONDS[1])

    async def _relist(self) -> str:
        items, version = await self._client.list(self.resource)
        # What was put in by a writer after the list was made is newer than the list and stays.
        listed = {uid_of(item) for item in items}
        self._remove_all(
            item for item in self.list() if uid_of(item) not in listed and version_of(item) <= int(version)
        )
        for item in items:
            self.written(item)
        return version

    def _take(self, event: Object) -> str:
        item: Object = event["object"]
        if event["type"] == "DELETED":
            self.removed(item)
        elif event["type"] != "BOOKMARK":
            self.written(item)
        version: str = item["metadata"]["resourceVersion"]
        return version

    def _remove_all(self, items: Iterable[Object]) -> None:
        for item in items:
            self.removed(item)

    def _drop(self, old: Object) -> None:
        key = key_of(old)
        del self._items[key.namespace][key.name]
        if not self._items[key.namespace]:
            del self._items[key.namespace]
        self._tell(old, None)

    def _tell(self, old: Object | None, new: Object | None) -> None:
        change = Change(resource=self.resource, old=old, new=new)
        for handler in self._handlers:
            handler(change)
