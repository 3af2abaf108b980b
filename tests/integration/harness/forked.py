"""Services as forks of a process that has imported them: importing takes longer than all else that a start does.

That they start as commands is tested where `elbow up` is. Elsewhere than on Linux a fork may not use what was imported.
"""

import atexit
import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PRELOADED = ("watcher", "planner", "executor")
_SET_PARENT_DEATH_SIGNAL = 1
FORKS = sys.platform == "linux"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([f"services.{name}.app" for name in _PRELOADED] + [__name__])


class Fork:
    """A module that runs as `python -m` runs it, seen as `subprocess.Popen` shows a process."""

    def __init__(self, module: str, arguments: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self._process = _CONTEXT.Process(target=_run, args=(module, list(arguments), dict(env), str(log)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self._process.name), timeout or 0.0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(module: str, arguments: list[str], env: dict[str, str], log: str) -> None:
    # The parent is the process that forks; it ends when the tests do.
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()
