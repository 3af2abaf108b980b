"""One service process from its settings to its exit code.

Each `services/<name>/__main__.py` is a call of `main`; contract tests call `run` in their own loop.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from services.runtime import logs, options, telemetry
from services.runtime.errors import StartError
from services.runtime.server import Registration, Server
from services.runtime.settings import ServerSettings
from services.runtime.shutdown import Stage, run_stages, stop_signal
from services.runtime.tasks import TaskFailedError, Tasks

__all__ = ["Background", "Registration", "Service", "main", "run"]

SettingsT = TypeVar("SettingsT", bound=ServerSettings)

_LOGGER = logging.getLogger(__name__)
_MARGIN_SECONDS = 1.0  # the server cuts calls at its grace; this is for what the cut itself takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Work that goes on beside the calls. An exception that escapes it ends the process with exit code 1."""

    name: str
    run: Callable[[], Awaitable[None]]
    """Runs until it returns or is cancelled; it is cancelled when calls in flight have ended."""


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service brings; the process around it is the same for all."""

    name: str
    """How it calls itself in messages to its peers."""

    servicers: Sequence[Registration]
    background: Sequence[Background] = ()

    drain: Callable[[], Awaitable[None]] = _nothing
    """Called as soon as no new call is taken, while calls in flight still run: end long streams, finish what is in
    hand. Bounded by the grace; a stream that nobody ends holds the process up for all of it.
    """

    close: Callable[[], Awaitable[None]] = _nothing
    """Called last, after the background has been cancelled: close channels and clients. Bounded by the grace."""


async def run(settings: ServerSettings, factory: Callable[[], Awaitable[Service]]) -> int:
    """Serves until SIGTERM or SIGINT, then stops in order: no new calls, drain, background, close.

    Returns the exit code: 0 after a signal, 1 when a background task failed. Raises StartError when it cannot start.
    """
    with stop_signal() as asked_to_stop:
        making = asyncio.ensure_future(factory())
        await asyncio.wait((asked_to_stop, making), return_when=asyncio.FIRST_COMPLETED)
        if not making.done():
            making.cancel()
            return 0
        service = making.result()
        try:
            server = await _serving(service, settings)
        except StartError:
            await service.close()
            raise
        tasks = Tasks()
        for job in service.background:
            tasks.spawn(job.name, _as_coroutine(job.run))
        exit_code = await _until_stopped(asked_to_stop, tasks)
        await run_stages(_stages(service, server, tasks, settings.shutdown_grace_seconds))
    _LOGGER.info("stopped", extra={"exit_code": exit_code})
    return exit_code


def main(
    name: str,
    settings_type: type[SettingsT],
    factory: Callable[[SettingsT], Awaitable[Service]],
    argv: Sequence[str] | None = None,
) -> int:
    """The whole life of a service process: settings, logs, telemetry, one event loop, flush. Returns the exit code.

    `name` stands in logs, in `service.name` of the spans and, as "elbow-" + name, before messages on standard error.
    2 is a process that cannot start as it was asked to, with one message on standard error.
    """
    program = f"elbow-{name}"
    settings = options.load(settings_type, sys.argv[1:] if argv is None else argv, program=program)
    logs.setup(settings.log_level, name)
    try:
        traces = telemetry.setup(name)
        try:
            return asyncio.run(run(settings, lambda: factory(settings)))
        finally:
            traces.shutdown()
    except StartError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return options.USAGE_EXIT_CODE
    except Exception:
        _LOGGER.exception("the process cannot go on")
        return 1


async def _serving(service: Service, settings: ServerSettings) -> Server:
    server = Server(service.name, service.servicers, settings)
    address = await server.start()
    if settings.ready_file is not None:
        try:
            _write_ready_file(settings.ready_file, address)
        except OSError as error:
            await server.stop(0)
            raise StartError(f"--ready-file {settings.ready_file} cannot be written: {error.strerror}") from error
    _LOGGER.info("serving", extra={"address": address, "pid": os.getpid()})
    return server


async def _until_stopped(asked_to_stop: asyncio.Future[str], tasks: Tasks) -> int:
    guard = asyncio.create_task(tasks.guard(), name="guard of background tasks")
    await asyncio.wait((asked_to_stop, guard), return_when=asyncio.FIRST_COMPLETED)
    if not guard.done():
        guard.cancel()
        _LOGGER.info("stopping", extra={"signal": asked_to_stop.result()})
        return 0
    error = guard.exception()
    if isinstance(error, TaskFailedError):
        _LOGGER.error("stopping: a background task failed", extra={"task": error.name})
    return 1


def _stages(service: Service, server: Server, tasks: Tasks, grace_seconds: float) -> Sequence[Stage]:
    async def stop_serving() -> None:
        async with asyncio.TaskGroup() as together:
            together.create_task(server.stop(grace_seconds), name="stop server")
            together.create_task(_drain(service, grace_seconds), name="drain")

    limit = grace_seconds + _MARGIN_SECONDS
    return (
        Stage(name="end calls", run=stop_serving, limit_seconds=limit),
        Stage(name="cancel background", run=tasks.close, limit_seconds=limit),
        Stage(name="close", run=service.close, limit_seconds=limit),
    )


async def _drain(service: Service, grace_seconds: float) -> None:
    await run_stages((Stage(name="drain", run=service.drain, limit_seconds=grace_seconds),))


async def _as_coroutine(job: Callable[[], Awaitable[None]]) -> None:
    await job()


def _write_ready_file(path: Path, address: str) -> None:
    """Writes beside the file and renames: a reader sees all of it or nothing."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps({"address": address, "pid": os.getpid()}))
    beside.replace(path)
