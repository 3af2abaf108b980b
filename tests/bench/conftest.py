"""Measurements are printed as one table at the end of the run."""

import pytest

from tests.bench.timing import Table

_TABLE = pytest.StashKey[Table]()


def pytest_configure(config: pytest.Config) -> None:
    """Makes the table of this run."""
    config.stash[_TABLE] = Table()


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Table:
    """The table that a measurement adds its rows to."""
    return pytestconfig.stash[_TABLE]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the table, if anything was measured."""
    table = config.stash.get(_TABLE, None)
    if table is not None and table.rows:
        terminalreporter.section("measurements")
        for line in table.lines():
            terminalreporter.write_line(line)
