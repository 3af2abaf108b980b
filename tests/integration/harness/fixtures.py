"""The fixtures of end-to-end tests: one sandbox a run, the three services per module, one game per test."""

from collections.abc import Iterator

import pytest

from tests.integration.harness.elbow import Elbow, running_elbow
from tests.integration.harness.game import Game
from tests.integration.harness.sandbox import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox for the whole run; every test leaves it as it found it."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def elbow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elbow]:
    """The three services; they know the account when the first test begins."""
    with running_elbow(sandbox, tmp_path_factory.mktemp("elbow")) as running:
        running.filled()
        yield running


@pytest.fixture
def game(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """Two ready pods of the game behind a Service, not published yet; gone after the test."""
    game = Game(sandbox=sandbox, elbow=elbow)
    game.deploy()
    yield game
    sandbox.aws.let_go()
    elbow.start_all()
    game.remove()
    elbow.settled()
