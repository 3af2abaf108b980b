"""`elbow up`: the three services as local processes, in the foreground."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from services.cli.children.fleet import SERVICES, Crew, Fleet, Voices
from services.cli.children.repeats import Repeats
from services.cli.children.service_logs import ServiceLog, notice
from services.cli.environment import VARIABLES, of_services, use_sandbox
from services.cli.locating import CommandT, state_file_option
from services.cli.planner_client import PlannerSilentError, open_planner
from services.cli.rendering.console import BAD, QUIET, SERVICE_STYLES, WAITING, diagnostics, output, write
from services.cli.rendering.status import not_in_sync
from services.cli.state import StateFile, UpState, new_identity

_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 5.0  # a start that takes longer than usual says what it waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What `elbow up` was asked for."""

    state_file: Path
    log_dir: Path
    env: Mapping[str, str]
    further: Mapping[str, Sequence[str]]
    stop_seconds: float


def _further(service: str) -> Callable[[CommandT], CommandT]:
    return click.option(
        f"--{service}-arg",
        f"{service}_arg",
        multiple=True,
        metavar="FLAG",
        help=f"A flag for the {service}, such as --{service}-arg=--log-level=debug; may be repeated.",
    )


def _variable(flag: str, **options: Any) -> Callable[[CommandT], CommandT]:
    return click.option(flag, envvar=VARIABLES[flag.removeprefix("--").replace("-", "_")], show_envvar=True, **options)


@click.command()
@click.option(
    "--sandbox",
    type=click.Path(file_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=use_sandbox,
    help="Work on the sandbox in this folder: its env file stands in for the options below.",
)
@_variable("--kubeconfig", help="Kubeconfig, its current context.")
@_variable("--cluster-name", required=True, help="Name of the cluster, as its AWS resources are tagged with.")
@_variable("--aws-region", required=True, help="AWS region.")
@_variable("--aws-vpc-id", required=True, help="VPC of the cluster.")
@_variable("--aws-endpoint-url", help="AWS endpoint, where it is not AWS's own.")
@_variable("--aws-rate-scale", type=click.FloatRange(0, min_open=True), help="Factor on all rates of AWS calls.")
@_variable("--mode", type=click.Choice(["execute", "observe"]), help="What is done with plans; observe writes nothing.")
@_variable(
    "--ignore-reference-controller",
    is_flag=True,
    default=None,
    help="Execute although aws-load-balancer-controller runs in the cluster.",
)
@_variable("--admission-address", help="Serve admission webhooks on host:port over HTTPS.  [default: none are served]")
@_variable(
    "--admission-cert-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with the webhooks' tls.crt and tls.key.",
)
@state_file_option
@click.option(
    "--log-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ELBOW_LOG_DIR",
    show_envvar=True,
    help="Folder for the services' logs.  [default: logs, beside the state file]",
)
@click.option(
    "--stop-seconds",
    type=click.FloatRange(0),
    default=15.0,
    show_default=True,
    help="What each service gets to stop before it is killed.",
)
@_further("watcher")
@_further("planner")
@_further("executor")
def up(
    state_file: Path,
    log_dir: Path | None,
    stop_seconds: float,
    watcher_arg: Sequence[str],
    planner_arg: Sequence[str],
    executor_arg: Sequence[str],
    **variables: Any,
) -> None:
    """Run watcher, planner and executor on this machine until Ctrl-C or SIGTERM.

    They are found again by the state file. A service that ends is started again; a second Ctrl-C does not wait for
    services that take their time to stop.
    """
    options = UpOptions(
        state_file=state_file,
        log_dir=(log_dir or state_file.parent / "logs").absolute(),
        env=of_services(variables),
        further={"watcher": watcher_arg, "planner": planner_arg, "executor": executor_arg},
        stop_seconds=stop_seconds,
    )
    found = StateFile(options.state_file)
    with found.held():
        asyncio.run(_Up(options, found).run())


class _Up:
    """One run."""

    def __init__(self, options: UpOptions, state_file: StateFile) -> None:
        self._options = options
        self._state_file = state_file
        self._out: Console = output()
        self._err: Console = diagnostics()
        self._repeats = Repeats()
        self._logs = {name: ServiceLog(options.log_dir, name) for name in SERVICES}

    async def run(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        before = self._state_file.read()
        state = UpState(
            identity=before.identity if before else new_identity(),
            pid=os.getpid(),
            cluster=self._options.env["ELBOW_CLUSTER_NAME"],
            log_dir=str(self._options.log_dir),
            trace_store_url=self._options.env.get("ELBOW_TRACE_STORE_URL", ""),
        )
        try:
            with tempfile.TemporaryDirectory(prefix="elbow-") as folder:
                await self._run(stop, state, Path(folder))
        finally:
            for log in self._logs.values():
                log.close()
        write(self._out, "elbow is down")

    async def _run(self, stop: asyncio.Event, state: UpState, folder: Path) -> None:
        options = self._options
        crew = Crew(env=options.env, further=options.further, folder=folder, stop_seconds=options.stop_seconds)
        fleet = Fleet(crew, Voices(line=self._line, say=self._say), self._state_file, state)
        async with fleet.running() as broken:
            saying = asyncio.create_task(self._say_when_up(fleet), name="say when up")
            waiting = asyncio.create_task(stop.wait(), name="stop signal")
            try:
                await _first_of(waiting, broken, saying)
                await _first_of(waiting, broken)
            finally:
                saying.cancel()
                waiting.cancel()
            write(self._err, Text("stopping", style=QUIET))

    async def _say_when_up(self, fleet: Fleet) -> None:
        loop = asyncio.get_running_loop()
        started, said = loop.time(), ""
        address = await fleet.planner.address()
        async with open_planner(address) as planner:
            while True:
                try:
                    status = await planner.status()
                    if status.in_sync:
                        break
                    missing = "; ".join(not_in_sync(status))
                except PlannerSilentError as error:
                    missing = error.message
                if missing != said and loop.time() - started > _PATIENCE_SECONDS:
                    said = missing
                    self._say(f"not in sync yet: {missing}")
                await asyncio.sleep(_LOOK_SECONDS)
        write(self._out, Text("elbow is up", style="bold"))
        rows = (
            ("cluster", self._options.env["ELBOW_CLUSTER_NAME"]),
            ("planner", address),
            ("state file", str(self._state_file.path)),
            ("logs", str(self._options.log_dir)),
        )
        write(self._out, *(Text.assemble((f"  {name:<12}", QUIET), value) for name, value in rows))

    def _line(self, service: str, line: str) -> None:
        self._logs[service].write(line)
        found = notice(line)
        left_out = self._repeats.admit(f"{service} {found.said}", time.monotonic()) if found else None
        if found is not None and left_out is not None:
            prefix = Text.assemble((f"{found.time:<9}", QUIET), (f"{service:<9}", SERVICE_STYLES[service]))
            style = WAITING if found.level == "warning" else BAD
            more = f"  (and {left_out} before, in its log)" if left_out else ""
            write(self._err, Text.assemble(prefix, (f"{found.level:<8} ", style), found.text, (more, QUIET)))

    def _say(self, sentence: str) -> None:
        write(self._err, Text.assemble(("elbow: ", QUIET), sentence))


async def _first_of(*waited: "asyncio.Future[Any]") -> None:
    """Waits until one is done; raises what it failed with."""
    done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    for one in done:
        one.result()
