"""The three services together: who needs whose address, who stops first, and the state file that says where they are.

Run by `elbow up`.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from services.cli.children.keeper import FREE_PORT, Keeper, Start, Told
from services.cli.environment import VARIABLES
from services.cli.errors import CliError
from services.cli.state import ServiceState, StateFile, UpState

ADMISSION_VARIABLE = VARIABLES["admission_address"]
SERVICES = ("planner", "watcher", "executor")
"""In the order in which they stop: the one that decides first, the one whose calls may be in flight last."""

_SAME_SIGNAL_SECONDS = 1.0  # who stops a process group may reach a process twice at once, as timeout(1) does


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What the services are started with."""

    env: Mapping[str, str]
    """Environment of all three."""

    further: Mapping[str, Sequence[str]]
    """Further flags by service."""

    folder: Path
    """For files that last as long as the run."""

    stop_seconds: float
    """What each service gets to stop by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Whom the fleet tells what."""

    line: Callable[[str, str], None]
    """Service and a line of its output."""

    say: Callable[[str], None]
    """A sentence for the user."""


class Fleet:
    """The keepers of the three services."""

    def __init__(self, crew: Crew, voices: Voices, state_file: StateFile, state: UpState) -> None:
        self._crew = crew
        self._voices = voices
        self._state_file = state_file
        self._state = state
        self._keepers = {name: self._keeper(name) for name in SERVICES}

    @property
    def _reviews(self) -> bool:
        """Whether the watcher asks the planner about objects that are about to be written."""
        return bool(self._crew.env.get(ADMISSION_VARIABLE))

    @property
    def _planner_socket(self) -> Path:
        """Where the planner listens then: a place that is known before the planner, which needs the watcher, runs."""
        return self._crew.folder / "planner.sock"

    @property
    def planner(self) -> Keeper:
        return self._keepers["planner"]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Future[None]"]:
        """Starts the services, and stops them at the end of the block, planner first.

        Gives a future that fails with CliError when one of them cannot be started, and with any other error that would
        leave a service without its keeper.
        """
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._state_file.write(self._state)
        tasks = [asyncio.create_task(_guarded(keeper, broken), name=name) for name, keeper in self._keepers.items()]
        try:
            yield broken
        finally:
            await self._stop()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            broken.cancel()
            self._keep(replace(self._state, pid=None, services={}))

    async def _stop(self) -> None:
        """A second signal, while the services stop, ends the wait for them."""
        impatient = asyncio.Event()
        loop = asyncio.get_running_loop()
        begun = loop.time()

        def signalled() -> None:
            if loop.time() - begun > _SAME_SIGNAL_SECONDS:
                impatient.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, signalled)
        orderly = asyncio.create_task(self._stop_in_order(), name="stop in order")
        waiting = asyncio.create_task(impatient.wait(), name="second signal")
        await asyncio.wait((orderly, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not orderly.done():
            orderly.cancel()
            self._voices.say("asked a second time: the services are killed")
            await asyncio.gather(*(keeper.kill() for keeper in self._keepers.values()))

    async def _stop_in_order(self) -> None:
        for keeper in self._keepers.values():
            await keeper.stop(self._crew.stop_seconds)

    def _keeper(self, name: str) -> Keeper:
        start = Start(
            name=name,
            module=f"services.{name}",
            arguments=self._arguments_of(name),
            env=self._crew.env,
            folder=self._crew.folder,
            listen=f"unix:{self._planner_socket}" if name == "planner" and self._reviews else FREE_PORT,
        )
        told = Told(
            line=lambda line: self._voices.line(name, line),
            say=self._voices.say,
            running=lambda address, pid: self._note(name, ServiceState(address=address, pid=pid)),
        )
        return Keeper(start, told)

    def _arguments_of(self, name: str) -> Callable[[], Awaitable[Sequence[str]]]:
        async def arguments() -> Sequence[str]:
            further = self._crew.further.get(name, ())
            if name == "watcher" and self._reviews:
                return ["--admission-planner", f"unix:{self._planner_socket}", *further]
            if name != "planner":
                return further
            watcher, executor = await asyncio.gather(
                self._keepers["watcher"].address(), self._keepers["executor"].address()
            )
            identity = self._state.identity
            own = ["--watcher-address", watcher, "--executor-address", executor, "--identity", identity]
            return [*own, *further]

        return arguments

    def _note(self, name: str, service: ServiceState) -> None:
        self._keep(replace(self._state, services={**self._state.services, name: service}))

    def _keep(self, state: UpState) -> None:
        """A state file that cannot be written at the moment is said, and no reason to stop what runs."""
        self._state = state
        try:
            self._state_file.write(state)
        except CliError as error:
            self._voices.say(error.message)


async def _guarded(keeper: Keeper, broken: "asyncio.Future[None]") -> None:
    try:
        await keeper.run()
    except Exception as error:
        if not broken.done():
            broken.set_exception(error)
