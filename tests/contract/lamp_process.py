"""A small service process, started by test_runtime_process as `python -m tests.contract.lamp_process`.

It serves WatcherService: Project answers nothing, Watch says one thing and then waits for the drain. It also has a
background task that fails when told so.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator

import grpc.aio
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1 import watcher_service_pb2_grpc as stubs

from services.runtime import telemetry
from services.runtime.service import Background, Registration, Service, main
from services.runtime.settings import ServerSettings


class LampSettings(ServerSettings):
    """A lamp."""

    break_lamp: bool = False
    """Whether the background task fails."""

    slow_start: bool = False
    """Whether the service takes for ever to make."""

    faulty_start: bool = False
    """Whether the service cannot be made."""


class Lamp(stubs.WatcherServiceServicer):
    def __init__(self) -> None:
        self.drained = asyncio.Event()

    async def Project(
        self, request: wire.ProjectRequest, context: grpc.aio.ServicerContext[wire.ProjectRequest, wire.ProjectResponse]
    ) -> wire.ProjectResponse:
        with telemetry.start_span("compute plan"):
            return wire.ProjectResponse()

    async def Watch(
        self, request_iterator: AsyncIterator[wire.WatchRequest], context: object
    ) -> AsyncIterator[wire.WatchResponse]:
        yield wire.WatchResponse()
        await self.drained.wait()
        yield wire.WatchResponse()


async def lamp(settings: LampSettings) -> Service:
    servicer = Lamp()
    if settings.faulty_start:
        raise ValueError("no lamp")
    if settings.slow_start:
        logging.getLogger(__name__).info("starting slowly")
        await asyncio.Event().wait()

    async def burn() -> None:
        if settings.break_lamp:
            raise ValueError("the lamp broke")
        await asyncio.Event().wait()

    async def drain() -> None:
        servicer.drained.set()

    return Service(
        name="lamp",
        servicers=[
            Registration(
                add=lambda server: stubs.add_WatcherServiceServicer_to_server(servicer, server),
                full_name="elbow.watcher.v1.WatcherService",
            )
        ],
        background=[Background(name="burn", run=burn)],
        drain=drain,
    )


if __name__ == "__main__":
    sys.exit(main("lamp", LampSettings, lamp))
