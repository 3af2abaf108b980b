"""The demo, whole: what it shows, that it leaves nothing behind, and that it does not take what is someone else's."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TOLD = (
    "Plan: 9 to create, 1 to modify; 9 AWS calls.",
    "9 AWS calls, no reads",
    "it cost what the plan said: 9 calls\n",
    "5 targets are healthy",
    "aws RegisterTargets",
    "5 AWS calls, and those for pods that do not exist yet",
    "for the pods that did not exist then\n",
    "  network, internet-facing, active",
    "AWS is as it was before",
)


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "sandbox.demo", "--dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


def test_the_whole_demo(tmp_path: Path) -> None:
    told = demo(tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "\x1b" not in told.stdout
    assert [line for line in told.stdout.splitlines() if line != line.rstrip()] == []
    for part in TOLD:
        assert part in told.stdout
    assert json.loads((tmp_path / "state.json").read_text())["pid"] is None
    assert not (tmp_path / "sandbox" / "sandbox.json").exists()


def test_a_demo_that_is_still_up_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    with (tmp_path / "sandbox" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = demo(tmp_path)
    assert told.returncode == 1
    assert f"demo failed: one is still up in {tmp_path}; stop it first:" in told.stdout
