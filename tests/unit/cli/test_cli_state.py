"""The state file: written whole, read with clear errors, held by one run at a time."""

from pathlib import Path

import pytest

from services.cli.errors import CliError
from services.cli.locating import NotUpError, locate
from services.cli.planner_client import PlannerSilentError
from services.cli.state import ServiceState, StateFile, UpState, new_identity

STATE = UpState(
    identity="elbow-up-here-1",
    pid=42,
    cluster="rig",
    log_dir="/logs",
    trace_store_url="http://127.0.0.1:1",
    services={"planner": ServiceState(address="127.0.0.1:4000", pid=43)},
)


@pytest.fixture
def state_file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "new" / "state.json")


def test_what_is_written_is_read(state_file: StateFile) -> None:
    with state_file.held():
        state_file.write(STATE)
    assert state_file.read() == STATE
    assert sorted(path.name for path in state_file.path.parent.iterdir()) == ["state.json", "state.json.lock"]


def test_a_file_that_is_not_there(state_file: StateFile) -> None:
    assert state_file.read() is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("not json", "is no state file of elbow", id="no JSON"),
        pytest.param('{"pid": 1}', r"is no state file of elbow \(identity", id="a field that lacks"),
    ],
)
def test_a_file_that_is_no_state_file(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(CliError, match=message):
        StateFile(path).read()


def test_a_second_run_is_refused_and_told_who_is_there(state_file: StateFile) -> None:
    with state_file.held():
        state_file.write(STATE)
        assert state_file.is_held()
        with pytest.raises(CliError, match=r"already up .* \(process 42\); a second run needs another one"):
            state_file.held().__enter__()
    assert not state_file.is_held()


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    with StateFile(tmp_path / "one.json").held(), StateFile(tmp_path / "two.json").held():
        assert StateFile(tmp_path / "one.json").is_held()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CliError, match="cannot be used"):
        StateFile(tmp_path / "taken" / "state.json").held().__enter__()


def test_no_two_identities_are_the_same() -> None:
    assert new_identity() != new_identity()


def test_a_planner_that_was_named_is_asked_whatever_runs_here(state_file: StateFile) -> None:
    located = locate(state_file, "10.0.0.1:9000")
    assert (located.address, located.state) == ("10.0.0.1:9000", None)


def test_the_planner_of_a_run(state_file: StateFile) -> None:
    with state_file.held():
        state_file.write(STATE)
        located = locate(state_file, None)
    assert (located.address, located.state) == ("127.0.0.1:4000", STATE)


def test_a_run_that_ended_without_saying_so_is_not_up(state_file: StateFile) -> None:
    with state_file.held():
        state_file.write(STATE)
    with pytest.raises(NotUpError, match="elbow is not up"):
        locate(state_file, None)


def test_a_run_that_is_just_starting(state_file: StateFile) -> None:
    with state_file.held():
        state_file.write(UpState(identity="elbow-up-here-1", pid=42))
        with pytest.raises(PlannerSilentError, match="elbow is starting"):
            locate(state_file, None)
