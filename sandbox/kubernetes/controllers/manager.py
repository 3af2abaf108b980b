"""Runs all controllers on one set of caches."""

import asyncio
import logging

from sandbox.clock import Clock
from sandbox.kubernetes.client import Access, Client, Cluster
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.deployment import DeploymentController
from sandbox.kubernetes.controllers.endpointslice import EndpointSliceController
from sandbox.kubernetes.controllers.garbage import GarbageCollector
from sandbox.kubernetes.controllers.namespaces import NamespaceController
from sandbox.kubernetes.controllers.replicaset import ReplicaSetController
from sandbox.kubernetes.controllers.scheduler import Scheduler

log = logging.getLogger(__name__)

USER_AGENT = "sandbox-controllers"
_WORKERS = 4
"""Objects that one controller works on side by side; a single object never is."""


class ControllerManager:
    """All controllers of the sandbox against one API server, which may come and go."""

    def __init__(self, access: Access, clock: Clock) -> None:
        self._clock = clock
        self._client = Client(access, user_agent=USER_AGENT)
        self._tasks: list[asyncio.Task[None]] = []
        self._cluster: Cluster | None = None

    async def start(self) -> None:
        """Start the controllers; they begin to work once their caches are filled."""
        await self._client.__aenter__()
        self._cluster = cluster = Cluster(self._client)
        controllers: list[Controller] = [
            DeploymentController(cluster),
            ReplicaSetController(cluster, self._clock),
            Scheduler(cluster),
            EndpointSliceController(cluster),
            GarbageCollector(cluster),
            NamespaceController(cluster),
        ]
        for controller in controllers:
            controller.start()
        self._tasks = [asyncio.create_task(one.run(_WORKERS), name=one.name) for one in controllers]
        for task in self._tasks:
            task.add_done_callback(_report_end)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._cluster is not None:
            await self._cluster.stop()
        await self._client.__aexit__(None, None, None)


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the %s ended", task.get_name(), exc_info=task.exception())
