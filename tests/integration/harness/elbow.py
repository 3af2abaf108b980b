"""The three services as three processes, each to be killed and started again alone."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.integration.harness.forked import FORKS
from tests.integration.harness.planner import Planner
from tests.integration.harness.process import ManagedProcess
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import PATIENCE_SECONDS, until

SERVICES = ("watcher", "executor", "planner")
_QUIET_SECONDS = 0.3
_SHOWN = 5
_EVERY_LINE = frozenset({"time", "level", "logger", "service", "message", "trace_id", "span_id"})
_RATE_SCALE = "1000"
"""The sandbox has no rate limits; the budget's own waiting is tested where the budget is."""


class Elbow:
    """The three services; each keeps its port over its restarts."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        env = {**sandbox.env, "ELBOW_AWS_RATE_SCALE": _RATE_SCALE}
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._addresses: dict[str, str] = {}
        self.flags: dict[str, Sequence[str]] = {}
        """Further flags of a service, from its next start on."""
        self.processes: Mapping[str, ManagedProcess] = {
            name: ManagedProcess(f"services.{name}", env=env, log=directory / f"{name}.log", forked=FORKS)
            for name in SERVICES
        }

    @property
    def planner(self) -> Planner:
        return Planner(self._addresses["planner"])

    def address(self, name: str) -> str:
        """Where a service serves, host:port."""
        return self._addresses[name]

    def start_all(self) -> None:
        """Starts what does not run, and waits until the planner has seen everything once."""
        for name in ("watcher", "executor"):
            self._launch(name)
        for name in ("watcher", "executor"):
            self._served(name)
        self._launch("planner")
        self._served("planner")
        self.in_sync()

    def start(self, name: str) -> None:
        """Starts one service, on the port that it had before; returns when it serves."""
        self._launch(name)
        self._served(name)

    def kill(self, name: str) -> None:
        self.processes[name].kill()

    def stop_all(self) -> None:
        """Stops them in the order in which they depend on each other."""
        for name in reversed(SERVICES):
            if self.processes[name].alive:
                self.processes[name].stop()

    def restart_all(self) -> None:
        """All three killed at once and started again."""
        for name in SERVICES:
            self.kill(name)
        self.start_all()

    def in_sync(self) -> None:
        """Waits until the planner has seen every kind and speaks to the executor."""
        until(
            self.planner.status,
            holds=lambda status: status is not None and status.in_sync,
            what=lambda: f"the view to be in sync\n{self.report()}",
        )

    def filled(self) -> None:
        """Waits until the planner knows the account as a whole."""
        until(
            self.planner.status,
            holds=lambda status: status is not None and status.inventory_filled and status.settled,
            what=lambda: f"the inventory to be filled\n{self.report()}",
        )

    def settled(self, within: float = PATIENCE_SECONDS) -> None:
        """Waits until everything that was seen is worked off, and stays so over two looks.

        A change that was only just made may not have been seen yet: first wait for what it leads to.
        """
        deadline = time.monotonic() + within
        while True:
            left = max(deadline - time.monotonic(), 0.0)
            until(self._is_settled, what=lambda: f"everything to be worked off\n{self.report()}", within=left)
            time.sleep(_QUIET_SECONDS)
            if self._is_settled():
                return

    def said(self, name: str, text: str) -> bool:
        """Whether a service wrote a log line with this text."""
        return text in self.processes[name].output

    def status(self) -> tuple[int, str]:
        """Exit code and words of `elbow status`, as a user gets them."""
        command = [sys.executable, "-P", "-m", "services.cli", "status", "--planner-address", self.planner.address]
        env = {**os.environ, "COLUMNS": "500", "NO_COLOR": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=env, check=False)
        return done.returncode, done.stdout + done.stderr

    def report(self) -> str:
        """What went wrong, for the message of a failed test: warnings and errors of all services."""
        parts = []
        for name, process in self.processes.items():
            noted = [_short(line) for line in process.lines() if line.get("level") in ("warning", "error")]
            parts.append(f"{name} ({'running' if process.alive else 'not running'}): {noted[-_SHOWN:]}")
        return "\n".join(parts)

    def _is_settled(self) -> bool:
        status = self.planner.status()
        return status is not None and status.in_sync and status.settled

    def _launch(self, name: str) -> None:
        ready = self._ready_file(name)
        if self.processes[name].alive:
            return
        ready.unlink(missing_ok=True)
        listen = self._addresses.get(name, "127.0.0.1:0")
        self.processes[name].start(["--listen", listen, "--ready-file", str(ready), *self._arguments(name)])

    def _served(self, name: str) -> None:
        process, ready = self.processes[name], self._ready_file(name)
        until(lambda: ready.exists() or not process.alive, what=f"the {name} to serve")
        assert process.alive, f"the {name} ended: {process.output[-4000:]}"
        self._addresses[name] = json.loads(ready.read_text())["address"]

    def _arguments(self, name: str) -> Sequence[str]:
        flags = self.flags.get(name, ())
        if name != "planner":
            return flags
        peers = [f"--{peer}-address={self._addresses[peer]}" for peer in ("watcher", "executor")]
        return (*peers, "--identity=planner-under-test", *flags)

    def _ready_file(self, name: str) -> Path:
        return self._directory / f"{name}.ready"


def _short(line: Mapping[str, Any]) -> str:
    """A log line without what every line has; of an exception its last line."""
    fields = {k: v for k, v in line.items() if k not in _EVERY_LINE}
    if "exception" in fields:
        fields["exception"] = str(fields["exception"]).splitlines()[-1]
    return f"{line['message']} {fields}"


@contextlib.contextmanager
def running_elbow(sandbox: Sandbox, directory: Path) -> Iterator[Elbow]:
    """The services inside the block."""
    elbow = Elbow(sandbox, directory)
    try:
        elbow.start_all()
        yield elbow
    finally:
        elbow.stop_all()
