"""The list/watch threads of a process, one per kind, as one background job of the service.

Made by `app`. They block on sockets, so they cannot live on the event loop; they share nothing but the feed.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable

from kubernetes.client import ApiClient

from services.watcher.core.kinds import RESOURCES, Kind
from services.watcher.core.objects import Copy
from services.watcher.kube.api import KindApi
from services.watcher.kube.backoff import Backoff
from services.watcher.kube.list_watch import ListWatch, Sink

# A thread that still connects is left to end with the process: it holds nothing.
_JOIN_SECONDS = 1.0


class ListWatchThreads:
    """Keeps the sink up to date while `run` runs."""

    def __init__(
        self,
        client: ApiClient,
        sink: Sink,
        read: Callable[[Kind, object], Copy],
        *,
        page_size: int,
        retry_seconds: float,
        namespace: str = "",
        own_namespace: str = "",
        kinds: Iterable[Kind] = tuple(Kind),
    ) -> None:
        self._stopped = threading.Event()
        self._apis = {
            kind: KindApi(
                client,
                RESOURCES[kind].path(own_namespace if RESOURCES[kind].own else namespace),
                page_size=page_size,
                labels=RESOURCES[kind].selector,
            )
            for kind in kinds
        }
        self._list_watches = {
            kind: ListWatch(
                kind,
                api=api,
                sink=sink,
                read=read,
                stopped=self._stopped,
                now=time.monotonic,
                backoff=Backoff(),
                retry_seconds=retry_seconds,
            )
            for kind, api in self._apis.items()
        }

    async def run(self) -> None:
        """Runs until it is cancelled. An exception that no thread expects ends all of them and is raised here."""
        loop = asyncio.get_running_loop()
        failed: asyncio.Future[None] = loop.create_future()

        def fail(error: BaseException) -> None:
            if not failed.done():
                failed.set_exception(error)

        def guarded(list_watch: ListWatch) -> None:
            try:
                list_watch.run()
            except Exception as error:
                if not self._stopped.is_set():
                    loop.call_soon_threadsafe(fail, error)

        threads = [
            threading.Thread(target=guarded, args=(list_watch,), name=f"list and watch {kind}", daemon=True)
            for kind, list_watch in self._list_watches.items()
        ]
        for thread in threads:
            thread.start()
        try:
            await failed
        finally:
            self._stop(threads)

    def _stop(self, threads: Iterable[threading.Thread]) -> None:
        self._stopped.set()
        for api in self._apis.values():
            api.interrupt()
        deadline = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
