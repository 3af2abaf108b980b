"""`elbow up` as a user runs it: three processes on a sandbox, killed, asked, stopped."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1
SERVICES = ("planner", "watcher", "executor")
OWN_LEASE = ("--planner-arg=--lease-name=other", "--executor-arg=--lease-name=other")
"""For a run that must not make another one wait: beside it, or because it ends without giving its Lease back."""

pytestmark = pytest.mark.integration


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "services.cli", *map(str, arguments)]


def elbow(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=120)


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(LOOK_SECONDS)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Run:
    """An `elbow up` in its own folder."""

    def __init__(self, sandbox: Path, folder: Path, *flags: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.state_file = folder / "state.json"
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                command("up", "--sandbox", sandbox, "--state-file", self.state_file, *flags), stdout=out, stderr=err
            )

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state_file.read_text())
        return found

    def is_up(self) -> None:
        until(lambda: "elbow is up" in self.out or self.process.poll() is not None, "elbow to be up")
        assert self.process.poll() is None, self.err

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def sandbox_in(folder: Path) -> Iterator[Path]:
    started = elbow("sandbox", "up", "--dir", folder)
    assert started.returncode == 0, started.stderr
    try:
        yield folder
    finally:
        stopped = elbow("sandbox", "down", "--dir", folder)
        assert stopped.stdout == "sandbox is down\n"


@contextlib.contextmanager
def running(sandbox: Path, folder: Path, *flags: str) -> Iterator[Run]:
    run = Run(sandbox, folder, *flags)
    try:
        run.is_up()
        yield run
    finally:
        if run.process.poll() is None:
            run.stop()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with sandbox_in(tmp_path_factory.mktemp("sandbox")) as folder:
        yield folder


def test_a_killed_service_is_back_at_the_same_address_and_all_settles(sandbox: Path, tmp_path: Path) -> None:
    with running(sandbox, tmp_path) as run:
        before = run.state()["services"]
        assert set(before) == set(SERVICES)
        for name in SERVICES:
            os.kill(before[name]["pid"], signal.SIGKILL)
        until(
            lambda: all(run.state()["services"][name]["pid"] != before[name]["pid"] for name in SERVICES),
            "other processes",
        )
        after = run.state()["services"]
        assert {name: one["address"] for name, one in after.items()} == {
            name: one["address"] for name, one in before.items()
        }
        settled = elbow("status", "--state-file", run.state_file, "--wait", "--timeout", "60", "-o", "json")
        assert settled.returncode == 0, settled.stderr
        status = json.loads(settled.stdout)["status"]
        assert (status["identity"], status["leader"]) == (run.state()["identity"], True)
        for name in SERVICES:
            assert f"{name} was ended by SIGKILL; it is started again in 0.2 s" in run.err
        assert run.out.count("elbow is up") == 1
        assert run.stop(signal.SIGINT) == 0


def test_a_signal_stops_everything_and_the_next_run_keeps_the_identity(sandbox: Path, tmp_path: Path) -> None:
    with running(sandbox, tmp_path) as run:
        state = run.state()
        assert run.stop(signal.SIGTERM) == 0
    assert run.out.endswith("elbow is down\n")
    assert not [name for name, one in state["services"].items() if is_alive(one["pid"])]
    assert run.state() == {**state, "pid": None, "services": {}}
    logs = {name: (tmp_path / "logs" / f"{name}.log").read_text() for name in SERVICES}
    assert [name for name, log in logs.items() if '"message": "stopped"' not in log] == []
    assert elbow("status", "--state-file", run.state_file).returncode == 1
    with running(sandbox, tmp_path) as again:
        assert again.state()["identity"] == state["identity"]


def test_two_runs_side_by_side_and_a_third_that_is_refused(sandbox: Path, tmp_path: Path) -> None:
    with running(sandbox, tmp_path / "a") as one, running(sandbox, tmp_path / "b", *OWN_LEASE) as two:
        refused = elbow("up", "--sandbox", sandbox, "--state-file", one.state_file)
        assert refused.returncode == 1
        assert f"already up with state file {one.state_file} (process {one.process.pid})" in refused.stderr
        for run in (one, two):
            assert elbow("status", "--state-file", run.state_file).returncode == 0
        assert elbow("down", "--state-file", two.state_file).stdout == "elbow is down\n"
        assert two.process.wait(PATIENCE_SECONDS) == 0
        assert elbow("status", "--state-file", one.state_file).returncode == 0


def test_no_service_outlives_a_killed_elbow_up(sandbox: Path, tmp_path: Path) -> None:
    with running(sandbox, tmp_path, *OWN_LEASE) as run:
        pids = [one["pid"] for one in run.state()["services"].values()]
        run.process.kill()
        run.process.wait()
        until(lambda: not any(map(is_alive, pids)), "the services to be gone")
        assert "elbow is not up" in elbow("status", "--state-file", run.state_file).stderr


def test_a_service_that_cannot_start_ends_the_run_with_what_it_said(sandbox: Path, tmp_path: Path) -> None:
    run = Run(sandbox, tmp_path, "--planner-arg=--no-such-flag")
    assert run.process.wait(PATIENCE_SECONDS) == 1
    assert "elbow-planner: --no-such-flag" in run.err or "unrecognized arguments: --no-such-flag" in run.err
    assert run.err.endswith("Error: the planner cannot start; what it said is above and in its log\n")
    assert run.state()["services"] == {}


def test_what_is_missing_is_named() -> None:
    names = ("ELBOW_CLUSTER_NAME", "AWS_REGION", "ELBOW_VPC_ID")
    env = {name: value for name, value in os.environ.items() if name not in names}
    result = subprocess.run(command("up"), env=env, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2
    assert "--cluster-name" in result.stderr


def test_a_sandbox_that_is_up_already_is_said_and_left_alone(sandbox: Path) -> None:
    again = elbow("sandbox", "up", "--dir", sandbox)
    assert again.returncode == 0
    assert again.stdout.startswith("sandbox was up already")
    assert f"export KUBECONFIG={sandbox / 'kubeconfig'}" in again.stdout


def test_a_sandbox_that_cannot_start_says_why(tmp_path: Path) -> None:
    result = elbow("sandbox", "up", "--dir", tmp_path, "--no-such-flag")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: the sandbox ended with exit code 2:")
    assert "No such option '--no-such-flag'" in result.stderr


def test_a_sandbox_that_is_not_up_needs_no_stopping(tmp_path: Path) -> None:
    result = elbow("sandbox", "down", "--dir", tmp_path)
    assert (result.returncode, result.stdout) == (0, f"no sandbox is up in {tmp_path}\n")
