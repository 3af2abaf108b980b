"""The programs, started as a user would: the sandbox in the background, `elbow up`, `elbow status`."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.stage.failure import StageError

_FOREIGN = ("AWS_", "ELBOW_", "OTEL_")
_COMMAND_SECONDS = 120.0
_UP_SECONDS = 120.0
_DOWN_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_LOG_LINES = 12
IS_UP = "elbow is up"
"""What `elbow up` prints when its view is in sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The files of one stage."""

    directory: Path

    @property
    def sandbox(self) -> Path:
        return self.directory / "sandbox"

    @property
    def state_file(self) -> Path:
        return self.directory / "state.json"

    @property
    def kubeconfig(self) -> Path:
        return self.sandbox / "kubeconfig"

    @property
    def log(self) -> Path:
        """What `elbow up` prints."""
        return self.directory / "elbow.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxState:
    """Where a sandbox serves."""

    aws_url: str
    kubernetes_version: str


def read_state(places: Places) -> SandboxState:
    """The sandbox that is up."""
    state = json.loads((places.sandbox / "sandbox.json").read_text())
    return SandboxState(aws_url=state["aws_url"], kubernetes_version=state["versions"]["kubernetes"])


def is_taken(places: Places) -> bool:
    """Whether a sandbox is up here: it holds its lock file as long as it runs."""
    try:
        with (places.sandbox / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def elbow_command() -> str:
    """How a user calls `elbow` from the working directory."""
    script = Path(sys.executable).with_name("elbow")
    return str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else str(script)


class Programs:
    """Runs `elbow` for one folder. What the user's shell says about AWS, Elbow and traces is not for it."""

    def __init__(self, places: Places, *, colours: bool, columns: int | None) -> None:
        self.places = places
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        look = {"FORCE_COLOR": "1"} if colours else {}
        if columns is not None:
            look["COLUMNS"] = str(columns)
        self._env: Mapping[str, str] = kept
        self._shown_env: Mapping[str, str] = {**kept, **look}
        self._up: subprocess.Popen[bytes] | None = None

    async def elbow(self, *arguments: str) -> str:
        """Output of a command of `elbow`. Raises StageError when it fails."""
        process = await asyncio.create_subprocess_exec(
            *_elbow(*arguments),
            env=self._shown_env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        answer = asyncio.create_task(process.communicate(), name=f"elbow {arguments[0]}")
        try:
            await asyncio.wait((answer,), timeout=_COMMAND_SECONDS)
        except asyncio.CancelledError:
            # What it was about to start must have started before it can be stopped.
            await asyncio.wait((answer,), timeout=_COMMAND_SECONDS)
            raise
        if not answer.done():
            process.kill()
            raise StageError(f"`elbow {' '.join(arguments)}` gave no answer in {_COMMAND_SECONDS:g} s")
        out, error = answer.result()
        if process.returncode:
            said = (error or out).decode(errors="replace").strip()
            raise StageError(f"`elbow {' '.join(arguments)}` ended with exit code {process.returncode}: {said}")
        return out.decode(errors="replace")

    async def start_sandbox(self, *flags: str) -> SandboxState:
        """Starts a sandbox in the background, with flags of its own, and waits until it is up."""
        await self.elbow("sandbox", "up", "--dir", str(self.places.sandbox), *flags)
        return read_state(self.places)

    async def stop_sandbox(self) -> None:
        """Stops the sandbox; nothing is said when none is up."""
        await self.elbow("sandbox", "down", "--dir", str(self.places.sandbox))

    async def start_elbow(self, *flags: str) -> None:
        """Starts `elbow up` on the sandbox, in the background, and waits until it is up."""
        base = ("up", "--sandbox", str(self.places.sandbox), "--state-file", str(self.places.state_file))
        arguments = (*base, *flags)
        with self.places.log.open("wb") as log:
            self._up = subprocess.Popen(  # noqa: ASYNC220, S603 - our own command; it is to outlive this process when it is kept
                _elbow(*arguments),
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + _UP_SECONDS
        while IS_UP not in self._said():
            if self._up.poll() is not None:
                raise StageError(f"`elbow up` ended with exit code {self._up.returncode}:\n{self.last_said()}")
            if time.monotonic() >= end:
                raise StageError(f"elbow was not up within {_UP_SECONDS:g} s; it said:\n{self.last_said()}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def stop_elbow(self) -> int | None:
        """Stops `elbow up` as Ctrl-C does; its exit code, None when it never ran."""
        if self._up is None:
            return None
        if self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self._up.wait, _DOWN_SECONDS)
        except subprocess.TimeoutExpired as late:
            self._up.kill()
            raise StageError(f"elbow did not stop within {_DOWN_SECONDS:g} s and was killed") from late

    def _said(self) -> str:
        return self.places.log.read_text(errors="replace")

    def last_said(self) -> str:
        """The last lines that `elbow up` printed; the services' warnings and errors are among them. Empty before."""
        lines = self._said().splitlines() if self._up is not None else []
        return "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])


def _elbow(*arguments: str) -> list[str]:
    # -P: a folder called `services` in the working directory is not what is meant.
    return [sys.executable, "-P", "-m", "services.cli", *arguments]
