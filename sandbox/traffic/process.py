"""The data plane put together: follows the configuration, keeps the sockets in line with it, says where they are."""

from __future__ import annotations

import contextlib
import json
import os
import resource
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from sandbox.address_table import AddressTable, Place, write_table
from sandbox.clock import Clock
from sandbox.traffic.admin import Admin
from sandbox.traffic.balancers import Balancers
from sandbox.traffic.environment import Environment
from sandbox.traffic.following import follow
from sandbox.traffic.listening import Listening

PODS = "pods.json"
LOAD_BALANCERS = "load-balancers.json"
STATE = "traffic.json"


async def run(aws_url: str, directory: Path, clock: Clock) -> None:
    """Carry traffic until cancelled. What it writes into the directory is gone after it."""
    _many_sockets()
    environment = Environment(addresses=AddressTable(directory / PODS), clock=clock)
    written: Mapping[Place, tuple[str, int]] = {}
    async with _serving(environment, directory) as listening:
        async for configuration in follow(aws_url):
            environment.fleet.apply(configuration)
            served = await listening.sync(configuration)
            if served != written:
                write_table(directory / LOAD_BALANCERS, served)
                written = served


@contextlib.asynccontextmanager
async def _serving(environment: Environment, directory: Path) -> AsyncIterator[Listening]:
    listening = Listening(Balancers(environment))
    admin = Admin(environment)
    try:
        host, port = await listening.open_door()
        state = {"pid": os.getpid(), "url": await admin.start(), "door": f"{host}:{port}"}
        write_table(directory / LOAD_BALANCERS, {})
        _write(directory / STATE, json.dumps(state, indent=1) + "\n")
        yield listening
    finally:
        for name in (STATE, LOAD_BALANCERS):
            (directory / name).unlink(missing_ok=True)
        await listening.close()
        await environment.close()
        await admin.stop()


def _many_sockets() -> None:
    """A socket for every node of every listener, and one for each connection: as many as may be open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _write(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)
