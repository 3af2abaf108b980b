"""What the demo plays on: a sandbox and the three services, started as a user would start them."""

import json
from typing import Any

from sandbox.demo.failure import DemoError
from sandbox.demo.screen import Screen
from sandbox.stage.programs import Places, Programs, SandboxState, elbow_command, is_taken

SERVICES = ("watcher", "planner", "executor")


class Stage:
    """Starts and stops both."""

    def __init__(self, screen: Screen, programs: Programs) -> None:
        self._screen = screen
        self._programs = programs
        self._places: Places = programs.places

    def is_free(self) -> None:
        """Raises DemoError when a sandbox is up in this folder: it is someone's."""
        if is_taken(self._places):
            raise DemoError(f"one is still up in {self._places.directory}; stop it first:\n{self.how_to_stop()}")

    async def set_up_sandbox(self) -> SandboxState:
        """Starts the sandbox."""
        with self._screen.waiting("starting the sandbox"):
            state = await self._programs.start_sandbox()
        self._screen.done(f"sandbox: Kubernetes API {state.kubernetes_version} and an AWS endpoint, on this machine")
        return state

    async def set_up_elbow(self) -> None:
        """Starts `elbow up` and waits until everything in AWS was read once."""
        with self._screen.waiting("starting watcher, planner and executor"):
            await self._programs.start_elbow()
        state: Any = json.loads(self._places.state_file.read_text())
        processes = ", ".join(f"{name} {state['services'][name]['pid']}" for name in SERVICES)
        self._screen.done(f"elbow is up: {processes}")

    async def tear_down(self) -> None:
        """Stops both, however far they came."""
        try:
            await self._programs.stop_elbow()
        finally:
            await self._programs.stop_sandbox()

    def how_to_use(self) -> str:
        env, state_file = self._places.sandbox / "env", self._places.state_file
        lines = (
            f"set -a; . {env}; set +a; export ELBOW_STATE_FILE={state_file}",
            f"{_ELBOW} status",
            f"{_ELBOW} trace game-2048/ingress-2048",
            f"{_ELBOW} plan service echo/echo",
            "kubectl -n game-2048 scale deployment deployment-2048 --replicas=8",
        )
        return "\n".join(f"     {line}" for line in lines)

    def how_to_stop(self) -> str:
        lines = (
            f"{_ELBOW} down --state-file {self._places.state_file}",
            f"{_ELBOW} sandbox down --dir {self._places.sandbox}",
        )
        return "\n".join(f"     {line}" for line in lines)


_ELBOW = elbow_command()
