"""The files through which everything else finds a running sandbox."""

import contextlib
import fcntl
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.settings import SandboxError


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFiles:
    """The files of one sandbox, by what they are for."""

    directory: Path

    @property
    def kubeconfig(self) -> Path:
        return self.directory / "kubeconfig"

    @property
    def env(self) -> Path:
        """Variables for everything that is to use the sandbox, for `set -a; . env`."""
        return self.directory / "env"

    @property
    def world(self) -> Path:
        """What the AWS account holds from the start."""
        return self.directory / "world.json"

    @property
    def state(self) -> Path:
        """Process id, addresses and versions. It is there exactly while the sandbox is up."""
        return self.directory / "sandbox.json"

    @property
    def pods(self) -> Path:
        """The address table of pods and node ports, which the kubelet writes."""
        return self.directory / "pods.json"

    @property
    def load_balancers(self) -> Path:
        """The address table of the load balancers, which the data plane writes."""
        return self.directory / "load-balancers.json"

    @property
    def kubernetes(self) -> Path:
        """Data and logs of a real API server."""
        return self.directory / "kubernetes"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the directory this process's own while the sandbox runs.

        Raises SandboxError when it cannot be used, or another sandbox uses it.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / "lock").open("w")
        except OSError as error:
            raise SandboxError(f"{self.directory} cannot be used: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise SandboxError(f"a sandbox already runs in {self.directory}{self._pid_of_other()}") from error
            self.state.unlink(missing_ok=True)
            try:
                yield
            finally:
                self.state.unlink(missing_ok=True)

    def write_env(self, variables: Mapping[str, str]) -> None:
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
        _write(self.env, "".join(lines))

    def write_world(self, world: Mapping[str, Any]) -> None:
        _write(self.world, json.dumps(world, indent=1) + "\n")

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Say that the sandbox is up; the last file to be written."""
        _write(self.state, json.dumps(state, indent=1) + "\n")

    def _pid_of_other(self) -> str:
        try:
            return f" (process {json.loads(self.state.read_text())['pid']})"
        except (OSError, ValueError, KeyError):
            return ""


def _write(path: Path, text: str) -> None:
    """Write a file so that a reader finds it whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)
