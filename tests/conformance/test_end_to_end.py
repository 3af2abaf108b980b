"""Every step and the deletion of the scenarios give what was recorded, made by three processes."""

from collections.abc import Iterator

import pytest

from tests.conformance.recorder import Recorder
from tests.conformance.run import SUPPORTED, compared, services
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.sandbox import Sandbox

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def elbow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elbow]:
    """The three services with their webhooks; they know the account when the first scenario begins."""
    with services(sandbox, tmp_path_factory.mktemp("conformance")) as running:
        running.filled()
        yield running


@pytest.mark.parametrize("scenario", SUPPORTED)
def test_a_scenario_comes_out_as_it_was_recorded(sandbox: Sandbox, elbow: Elbow, scenario: str) -> None:
    assert compared(Recorder(sandbox, elbow), scenario) == []
