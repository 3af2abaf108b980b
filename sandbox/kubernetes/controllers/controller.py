"""What every controller is: a queue of objects and a function that brings one of them closer to what it should be."""

import asyncio
import logging
from abc import ABC, abstractmethod

import aiohttp

from sandbox.kubernetes.client import ApiError, Cluster, Key
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import key_of
from sandbox.kubernetes.controllers.events import Recorder
from sandbox.kubernetes.controllers.workqueue import WorkQueue

log = logging.getLogger(__name__)


class Controller(ABC):
    """Reconciles objects one after the other; subclasses register their watches in `start`.

    The contract of `reconcile`: success forgets earlier failures, an error is tried again with a growing pause, and a
    number of seconds asks for another look then.
    """

    name: str

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.queue = WorkQueue()
        self.recorder = Recorder(client=cluster.client, component=self.name)

    @abstractmethod
    def start(self) -> None:
        """Register handlers with the caches that this controller reads."""

    @abstractmethod
    async def reconcile(self, key: Key) -> float | None:
        """Work on one object, which may be gone. Returns seconds until the next look, if one is due by time."""

    def wake(self, change: Change) -> None:
        """Handler for the controller's own resource."""
        self.queue.add(key_of(change.present))

    async def run(self, workers: int) -> None:
        """Work off the queue until cancelled; starts once all caches have been filled."""
        await self.cluster.synced()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work())
        finally:
            self.queue.stop()

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                again = await self.reconcile(key)
            except ApiError as error:
                # A conflict says that the cache is behind; the event that brings it up to date is on its way.
                log.log(logging.DEBUG if error.is_conflict else logging.WARNING, "%s %s: %s", self.name, key, error)
                self.queue.retry(key)
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("%s %s: the API did not answer: %r", self.name, key, error)
                self.queue.retry(key)
            except Exception:
                log.exception("%s %s", self.name, key)
                self.queue.retry(key)
            else:
                self.queue.forget(key)
                if again is not None:
                    self.queue.add_after(key, again)
            finally:
                self.queue.done(key)
