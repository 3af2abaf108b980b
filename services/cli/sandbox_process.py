"""A sandbox as a process in the background: `python -m sandbox --dir DIR`, found again by the files in its folder.

Used by `elbow sandbox`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.cli.errors import CliError
from services.cli.state import is_locked

_LOOK_SECONDS = 0.05
_LOG_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFolder:
    """The folder of one sandbox."""

    path: Path

    @property
    def kubeconfig(self) -> Path:
        return self.path / "kubeconfig"

    @property
    def env(self) -> Path:
        """Variables for who wants to use it."""
        return self.path / "env"

    @property
    def log(self) -> Path:
        return self.path / "sandbox.log"

    @property
    def state(self) -> Path:
        """There while it is up."""
        return self.path / "sandbox.json"

    @property
    def lock(self) -> Path:
        """Held while its process runs."""
        return self.path / "lock"

    def is_up(self) -> bool:
        """Whether a sandbox is up here. A state file alone may be one that a killed sandbox left."""
        return self.state.exists() and is_locked(self.lock)

    def pid(self) -> int | None:
        """Process of the sandbox that is up here; None when there is none."""
        if not self.is_up():
            return None
        try:
            return int(json.loads(self.state.read_text())["pid"])
        except (OSError, ValueError, KeyError):
            return None


def start(folder: SandboxFolder, arguments: Sequence[str], *, limit_seconds: float) -> int:
    """Starts a sandbox that outlives this process and waits until it is up; its process id.

    Raises CliError, with the end of its log, when it does not come up.
    """
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        with folder.log.open("ab") as log:
            begin = log.tell()
            process = subprocess.Popen(  # noqa: S603 - the user of this process gives the flags
                [sys.executable, "-P", "-m", "sandbox", "--dir", str(folder.path), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise CliError(f"the sandbox cannot be started in {folder.path}: {error.strerror}") from error
    try:
        _until_up(folder, process, begin, limit_seconds)
    except BaseException:  # Ctrl-C too: it has a session of its own and would stay
        process.terminate()
        process.wait()
        raise
    return process.pid


def stop(folder: SandboxFolder, pid: int, *, limit_seconds: float) -> bool:
    """Ends the sandbox: SIGTERM, then SIGKILL after the limit. Whether SIGTERM was enough."""
    os.kill(pid, signal.SIGTERM)
    if _until_free(folder, limit_seconds):
        return True
    os.kill(pid, signal.SIGKILL)
    _until_free(folder, limit_seconds)
    folder.state.unlink(missing_ok=True)
    return False


def _until_up(folder: SandboxFolder, process: "subprocess.Popen[bytes]", begin: int, limit_seconds: float) -> None:
    end = time.monotonic() + limit_seconds
    while folder.pid() != process.pid:
        if process.poll() is not None:
            raise CliError(f"the sandbox ended with exit code {process.returncode}:\n{_tail(folder.log, begin)}")
        if time.monotonic() >= end:
            raise CliError(f"the sandbox was not up within {limit_seconds:g} s:\n{_tail(folder.log, begin)}")
        time.sleep(_LOOK_SECONDS)


def _until_free(folder: SandboxFolder, limit_seconds: float) -> bool:
    end = time.monotonic() + limit_seconds
    while is_locked(folder.lock):
        if time.monotonic() >= end:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_LOG_LINES:]) or f"  (nothing was written to {log})"
