"""Every step and the deletion of the scenarios give what was recorded, made by three processes."""

import pytest

from tests.conformance.recorder import Recorder
from tests.conformance.run import SUPPORTED, compared
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.sandbox import Sandbox

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("scenario", SUPPORTED)
def test_a_scenario_comes_out_as_it_was_recorded(sandbox: Sandbox, elbow: Elbow, scenario: str) -> None:
    assert compared(Recorder(sandbox, elbow), scenario) == []
