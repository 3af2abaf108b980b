"""Options, variables and a sandbox's environment file: which one wins."""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from services.cli.environment import of_services, read_env_file, use_sandbox
from services.cli.errors import CliError


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("A=1\nB=two\n", {"A": "1", "B": "two"}, id="plain values"),
        pytest.param("A='x y'\nB=\n", {"A": "x y", "B": ""}, id="quotes and nothing"),
        pytest.param("# note\n\nA=b=c\n", {"A": "b=c"}, id="notes, blank lines and a sign in the value"),
    ],
)
def test_environment_files(tmp_path: Path, content: str, expected: Mapping[str, str]) -> None:
    (tmp_path / "env").write_text(content)
    assert read_env_file(tmp_path / "env") == expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("A=1\nnonsense\n", id="no sign"),
        pytest.param("A=1\nB='x\n", id="an open quote"),
        pytest.param("A=1\nB=x y\n", id="two words"),
        pytest.param("A=1\n1B=x\n", id="no name"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "env").write_text(content)
    with pytest.raises(CliError, match="line 2: not KEY=VALUE"):
        read_env_file(tmp_path / "env")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="cannot be read"):
        read_env_file(tmp_path / "env")


@click.command()
@click.option("--sandbox", type=click.Path(path_type=Path), is_eager=True, expose_value=False, callback=use_sandbox)
@click.option("--cluster-name", envvar="ELBOW_CLUSTER_NAME")
def shown(cluster_name: str | None) -> None:
    click.echo(f"{cluster_name}")
    click.echo(f"{of_services({'cluster_name': cluster_name}).get('ELBOW_CLUSTER_NAME')}")


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a sandbox that is up."""
    monkeypatch.setenv("ELBOW_CLUSTER_NAME", "production")
    (tmp_path / "env").write_text("ELBOW_CLUSTER_NAME=rig\n")
    (tmp_path / "sandbox.json").write_text("{}")
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], "production", id="the environment as it is"),
        pytest.param(["--sandbox", "DIR"], "rig", id="a sandbox wins over the environment"),
        pytest.param(["--cluster-name=mine", "--sandbox", "DIR"], "mine", id="a flag wins over a sandbox"),
    ],
)
def test_which_one_wins(sandbox: Path, arguments: list[str], expected: str) -> None:
    given = [str(sandbox) if one == "DIR" else one for one in arguments]
    assert CliRunner().invoke(shown, given).output.split() == [expected, expected]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([], id="an empty folder"),
        pytest.param(["sandbox.json", "lock"], id="what a killed sandbox left"),
        pytest.param(["lock"], id="a sandbox that stopped"),
    ],
)
def test_a_sandbox_that_is_not_up(tmp_path: Path, files: Sequence[str]) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    result = CliRunner().invoke(shown, ["--sandbox", str(tmp_path)])
    assert (result.exit_code, result.output) == (
        1,
        f"Error: no sandbox is up in {tmp_path}; start it with: elbow sandbox up --dir {tmp_path}\n",
    )


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        pytest.param({"mode": "observe"}, {"ELBOW_MODE": "observe"}, id="the mode"),
        pytest.param(
            {"mode": None, "ignore_reference_controller": True},
            {"ELBOW_IGNORE_REFERENCE_CONTROLLER": "True"},
            id="the reference controller is ignored",
        ),
        pytest.param({"mode": None, "ignore_reference_controller": None}, {}, id="nothing is said"),
    ],
)
def test_what_is_done_with_plans_is_handed_to_the_planner(
    options: dict[str, object], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ELBOW_MODE", "ELBOW_IGNORE_REFERENCE_CONTROLLER")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    given = of_services(options)
    assert {name: given[name] for name in names if name in given} == variables
