"""One child process: started, killed, paused, started again. Its output goes to a file."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.cli.children.child import TETHER
from tests.integration.harness.forked import Fork

STOP_SECONDS = 20.0


class ManagedProcess:
    """A module of Python as a process that never outlives this one; `forked`: of one that has imported it."""

    def __init__(self, module: str, *, env: Mapping[str, str], log: Path, forked: bool = False) -> None:
        self.module = module
        self.log = log
        self._env = {**os.environ, **env}
        self._forked = forked
        self._process: subprocess.Popen[bytes] | Fork | None = None

    @property
    def pid(self) -> int:
        """Process id of the running process; it changes with every start."""
        return self._running().pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        """Everything that all its processes wrote so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def lines(self) -> list[dict[str, Any]]:
        """Its log lines; what is not JSON is left out."""
        found = []
        for line in self.output.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                found.append(entry)
        return found

    def start(self, arguments: Sequence[str]) -> None:
        if self._forked:
            self._process = Fork(self.module, arguments, env=self._env, log=self.log)
            return
        command = [sys.executable, "-P", "-m", self.module, *arguments]
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, process_group=0
            )

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """SIGSTOP: its connections stay, nothing moves."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, and SIGKILL when that is not enough; the exit code."""
        process = self._running()
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _running(self) -> "subprocess.Popen[bytes] | Fork":
        if self._process is None:
            raise RuntimeError(f"{self.module} was not started")
        return self._process
