"""The laboratory from the command line: one experiment whole, and what it says when it cannot run."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration


def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "services.cli", "lab", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)


def test_one_experiment_whole(tmp_path: Path) -> None:
    told = lab("run", "alb-2048", "--seconds", "5", "--rps", "20", "--out", str(tmp_path))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "  passed: 7 of 7 as expected" in told.stdout.splitlines()
    page = (tmp_path / "alb-2048.html").read_text()
    for shown in ("Requests by status", "Targets by state", "AWS calls per", "2xx <b>100</b>"):
        assert shown in page
    assert not (tmp_path / "stage" / "sandbox" / "sandbox.json").exists()
    assert json.loads((tmp_path / "stage" / "state.json").read_text())["pid"] is None


def test_a_laboratory_that_is_still_up_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "stage" / "sandbox"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = lab("run", "alb-2048", "--out", str(tmp_path))
    assert told.returncode == 2
    assert f"one is still up in {tmp_path / 'stage'}; stop it first:" in told.stdout
    assert "could not run" in (tmp_path / "alb-2048.html").read_text()
