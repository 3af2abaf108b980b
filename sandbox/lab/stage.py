"""Sets the stage of an experiment: a sandbox, the three services, and who watches them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.kubernetes.client import Client, read_kubeconfig
from sandbox.lab.account import LabAccount
from sandbox.lab.client.addresses import Addresses
from sandbox.lab.cluster import LabCluster
from sandbox.lab.experiment import Needs
from sandbox.lab.scene import Pace, Scene
from sandbox.lab.watching.pods import watch_pods
from sandbox.lab.watching.targets import watch_targets
from sandbox.lab.webhook import PodWebhook
from sandbox.stage.calls import CallRecord
from sandbox.stage.failure import StageError
from sandbox.stage.programs import Places, Programs, elbow_command, is_taken

_FILL_SECONDS = 90.0
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the stage is made for."""

    needs: Needs
    pace: Pace
    keep: bool
    """Everything is left up at the end."""


class Stage:
    """The stage in one folder. `say`: gets what it does, in words."""

    def __init__(self, places: Places, say: Callable[[str], None]) -> None:
        self._places = places
        self._programs = Programs(places, colours=False, columns=None)
        self._say = say

    @asynccontextmanager
    async def set(self, setting: Setting) -> AsyncIterator[Scene]:
        """A scene inside the block; everything is stopped after it. Raises StageError when it cannot be set."""
        if is_taken(self._places):
            raise StageError(f"one is still up in {self._places.directory}; stop it first:\n{self.how_to_stop()}")
        self._places.directory.mkdir(parents=True, exist_ok=True)
        try:
            async with AsyncExitStack() as stack:
                yield await self._scene(stack, setting)
        except StageError as error:
            raise StageError(f"{error}{self._last_said()}") from error
        finally:
            if not setting.keep:
                await asyncio.shield(self._strike())

    def how_to_stop(self) -> str:
        """Commands that stop what was kept."""
        return (
            f"  {elbow_command()} down --state-file {self._places.state_file}\n"
            f"  {elbow_command()} sandbox down --dir {self._places.sandbox}"
        )

    def how_to_use(self) -> str:
        """Commands that reach what was kept."""
        return (
            f"  set -a; . {self._places.sandbox / 'env'}; set +a; export ELBOW_STATE_FILE={self._places.state_file}\n"
            f"  {elbow_command()} status"
        )

    async def _scene(self, stack: AsyncExitStack, setting: Setting) -> Scene:
        self._say("starting a sandbox and the three services")
        state = await self._programs.start_sandbox(*sandbox_flags(setting))
        account, world = LabAccount(state.aws_url), _world(self._places.sandbox / "world.json")
        if setting.needs.prepare is not None:
            await asyncio.to_thread(setting.needs.prepare, account, world)
        webhook = PodWebhook(self._places.directory / "admission") if setting.needs.admission else None
        await self._programs.start_elbow(*elbow_flags(setting, webhook))
        await self._filled()
        client = await stack.enter_async_context(
            Client(read_kubeconfig(self._places.kubeconfig), user_agent="sandbox-lab")
        )
        scene = Scene(
            cluster=LabCluster(client),
            account=account,
            record=CallRecord(state.aws_url),
            addresses=Addresses(self._places.sandbox),
            world=world,
            pace=setting.pace,
            say=self._say,
        )
        if webhook is not None:
            await scene.cluster.apply([webhook.configuration()])
        for name, watching in (
            ("watch targets", watch_targets(account, scene.notebook.timeline, scene.now)),
            ("watch pods", watch_pods(client, scene.notebook.timeline, scene.now)),
        ):
            task = asyncio.create_task(watching, name=name)
            stack.push_async_callback(_ended, task)
        return scene

    async def _filled(self) -> None:
        """Waits until the planner has read the account once: what an experiment costs is not mixed with the start."""
        end = asyncio.get_running_loop().time() + _FILL_SECONDS
        while not await self._knows_the_account():
            if asyncio.get_running_loop().time() >= end:
                raise StageError(f"the AWS account was not read within {_FILL_SECONDS:g} s")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _knows_the_account(self) -> bool:
        said = await self._programs.elbow("status", "-o", "json", "--state-file", str(self._places.state_file))
        return bool(json.loads(said)["status"]["inventory_filled"])

    def _last_said(self) -> str:
        said = self._programs.last_said()
        return f"\nwhat elbow said last ({self._places.log}):\n{said}" if said else ""

    async def _strike(self) -> None:
        try:
            await self._programs.stop_elbow()
        finally:
            await self._programs.stop_sandbox()


def sandbox_flags(setting: Setting) -> Sequence[str]:
    """What the sandbox is started with."""
    flags = ["--clock-factor", f"{setting.pace.clock_factor:g}"]
    if setting.needs.realistic:
        flags.append("--realistic")
    for name, seconds in setting.needs.delays.items():
        flags += ["--delay", f"{name}={seconds:g}"]
    return flags


def elbow_flags(setting: Setting, webhook: PodWebhook | None) -> Sequence[str]:
    """What `elbow up` is started with. Its budget of AWS calls is refilled by the sandbox's clock, as AWS's own is."""
    flags = [f"--aws-rate-scale={setting.pace.clock_factor:g}"]
    if setting.needs.sweep_seconds is not None:
        flags.append(f"--planner-arg=--sweep-period-seconds={setting.needs.sweep_seconds:g}")
    if webhook is not None:
        flags += ["--admission-address", webhook.address, "--admission-cert-dir", str(webhook.folder)]
    return flags


def _world(path: Path) -> dict[str, Any]:
    world: dict[str, Any] = json.loads(path.read_text())
    return world


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait((task,))
