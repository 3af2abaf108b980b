"""The laboratory's command line, without a run."""

import pytest
from click.testing import CliRunner

from sandbox.lab.__main__ import main
from sandbox.lab.experiments import EXPERIMENTS


def test_it_lists_what_there_is() -> None:
    told = CliRunner().invoke(main, ["list"])
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.output.splitlines()] == list(EXPERIMENTS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["run", "alchemy"], "'alchemy' is not one of", id="an experiment that does not exist"),
        pytest.param(["run"], "Missing argument 'NAME...'", id="no experiment"),
        pytest.param(["run", "ten", "--keep"], "--keep is for one experiment", id="several that are to be kept"),
        pytest.param(["run", "nlb-ip", "--rps", "0"], "0.0 is not in the range", id="a load without requests"),
        pytest.param(["run", "nlb-ip", "--seconds", "a"], "is not a valid float", id="a time that is none"),
    ],
)
def test_a_wrong_command_line(arguments: list[str], said: str) -> None:
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 2
    assert said in told.output
