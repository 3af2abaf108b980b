"""The files of a running sandbox."""

import json
from pathlib import Path

import pytest

from sandbox.launcher_files import SandboxFiles
from sandbox.settings import SandboxError


def test_the_state_file_is_there_exactly_while_the_sandbox_runs(tmp_path: Path) -> None:
    files = SandboxFiles(directory=tmp_path / "new" / "sandbox")
    with files.held():
        assert not files.state.exists()
        files.write_state({"pid": 7})
        assert json.loads(files.state.read_text()) == {"pid": 7}
    assert not files.state.exists()


def test_a_state_file_that_a_killed_sandbox_left_is_removed(tmp_path: Path) -> None:
    files = SandboxFiles(directory=tmp_path)
    files.write_state({"pid": 7})
    with files.held():
        assert not files.state.exists()


def test_a_second_sandbox_in_one_directory_is_refused(tmp_path: Path) -> None:
    files = SandboxFiles(directory=tmp_path)
    with files.held():
        files.write_state({"pid": 7})
        with pytest.raises(SandboxError, match=r"a sandbox already runs in .* \(process 7\)"), files.held():
            pass
        assert files.state.exists()


def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    held = SandboxFiles(directory=tmp_path / "file").held()
    with pytest.raises(SandboxError, match="file cannot be used: File exists"), held:
        pass


def test_values_with_spaces_survive_a_shell(tmp_path: Path) -> None:
    files = SandboxFiles(directory=tmp_path)
    files.write_env({"KUBECONFIG": "/a b/kubeconfig", "AWS_REGION": "us-west-2"})
    assert files.env.read_text() == "KUBECONFIG='/a b/kubeconfig'\nAWS_REGION=us-west-2\n"
