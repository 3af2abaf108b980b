"""Keeps one service running: started, found ready, started again on the same port when it ended.

`elbow up` has one keeper for each of the three services.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.cli.children import child, ready_file
from services.cli.children.child import Child
from services.cli.children.restarts import USAGE_EXIT_CODE, Restarts
from services.cli.errors import CliError

FREE_PORT = "127.0.0.1:0"
_NOTICE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whom a keeper tells what."""

    line: Callable[[str], None]
    """A line of the service's output."""

    say: Callable[[str], None]
    """A sentence for the user."""

    running: Callable[[str, int], None]
    """Address and process id, as soon as both are known for a new process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a service is started."""

    name: str
    """watcher, planner or executor."""

    module: str
    """What `python -m` runs."""

    arguments: Callable[[], Awaitable[Sequence[str]]]
    """Its flags besides `--listen` and `--ready-file`; may wait for what they need."""

    env: Mapping[str, str]
    folder: Path
    """Where its ready file goes."""

    listen: str = FREE_PORT
    """Where it serves; a free port stays the same from one process to the next."""


class Keeper:
    """One service and its processes, one after the other."""

    def __init__(self, start: Start, told: Told) -> None:
        self._start = start
        self._told = told
        self._restarts = Restarts()
        self._child: Child | None = None
        self._address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._stopping = False

    async def address(self) -> str:
        """Waits until the service served for the first time; its address stays the same from then on."""
        return await asyncio.shield(self._address)

    async def run(self) -> None:
        """Runs the service until `stop`. Raises CliError when it cannot be started."""
        arguments = await self._start.arguments()
        while not self._stopping:
            code, served_seconds = await self._one_life(arguments)
            if self._stopping:
                return
            wait = self._restarts.ended(code, served_seconds=served_seconds)
            if wait is None:
                raise CliError(f"the {self._start.name} cannot start; what it said is above and in its log")
            self._told.say(f"{self._start.name} {_end(code)}; it is started again in {wait:g} s")
            await asyncio.sleep(wait)

    async def stop(self, limit_seconds: float) -> None:
        """Ends the service: SIGTERM, then, if it has not ended within the limit, SIGKILL, which is said."""
        self._stopping = True
        if self._child is None:
            return
        self._child.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(limit_seconds):
                await self._child.wait()
        except TimeoutError:
            self._told.say(f"{self._start.name} did not stop within {limit_seconds:g} s; it is killed")
            await self.kill()

    async def kill(self) -> None:
        """Ends the service at once."""
        self._stopping = True
        if self._child is not None:
            self._child.send(signal.SIGKILL)
            await self._child.wait()

    async def _one_life(self, arguments: Sequence[str]) -> tuple[int, float | None]:
        """Exit code of one process, and how long it served in seconds, None if it never did."""
        listen = self._address.result() if self._address.done() else self._start.listen
        path = self._start.folder / f"{self._start.name}.json"
        path.unlink(missing_ok=True)
        flags = ["--listen", listen, "--ready-file", str(path), *arguments]
        self._child = await child.start(self._start.module, flags, self._start.env, self._told.line)
        if self._stopping:  # asked to while the process was being made
            self._child.send(signal.SIGTERM)
        ending = asyncio.create_task(self._child.wait(), name=f"end of {self._start.name}")
        if self._address.done():
            self._told.running(listen, self._child.pid)
        serving_since = await self._served(path, ending)
        code = await ending
        return code, None if serving_since is None else time.monotonic() - serving_since

    async def _served(self, path: Path, ending: "asyncio.Task[int]") -> float | None:
        """When it began to serve, on the monotonic clock; None if it ended before."""
        looking = asyncio.create_task(ready_file.appears(path), name=f"ready file of {self._start.name}")
        try:
            done, _ = await asyncio.wait((looking, ending), timeout=_NOTICE_SECONDS, return_when="FIRST_COMPLETED")
            if not done:
                self._told.say(f"{self._start.name} takes long to start (process {self._child and self._child.pid})")
                await asyncio.wait((looking, ending), return_when="FIRST_COMPLETED")
            if not looking.done():
                return None
            ready = looking.result()
        finally:
            looking.cancel()
        if not self._address.done():
            self._address.set_result(ready.address)
            self._told.running(ready.address, ready.pid)
        else:
            self._told.say(f"{self._start.name} is back (process {ready.pid})")
        return time.monotonic()


def _end(code: int) -> str:
    if code == USAGE_EXIT_CODE:
        return "cannot start as it is"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
