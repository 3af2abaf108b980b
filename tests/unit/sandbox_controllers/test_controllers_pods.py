"""Which pods count, and which go first."""

from datetime import UTC, datetime

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.pods import available_in, first_to_go
from tests.unit.sandbox_controllers.builders import pod

NOW = datetime(2026, 3, 1, 10, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("goes", "stays"),
    [
        pytest.param({"node": None}, {}, id="one without a node"),
        pytest.param({"phase": "Pending"}, {}, id="a pending one before a running one"),
        pytest.param({"ready": False}, {}, id="one that is not ready"),
        pytest.param(
            {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-5"}},
            {},
            id="one with the lower deletion cost",
        ),
        pytest.param({"ready_since": "2026-03-01T11:00:00Z"}, {}, id="one that became ready later"),
        pytest.param({"restarts": 3}, {}, id="one with more restarts"),
        pytest.param({"created": "2026-03-01T11:00:00Z"}, {}, id="the younger one"),
        pytest.param(
            {"ready": False, "created": "2026-02-01T00:00:00Z"},
            {"created": "2026-03-01T11:00:00Z"},
            id="an old one that is not ready before a young ready one",
        ),
    ],
)
def test_a_scale_down_takes_first(goes: Object, stays: Object) -> None:
    first, second = pod("z", **goes), pod("a", **stays)
    assert first_to_go([second, first], 1) == [first]


def test_a_scale_down_takes_from_the_node_with_more_pods() -> None:
    crowded = [pod("b", node="node-b"), pod("c", node="node-b")]
    assert first_to_go([pod("a", node="node-a"), *crowded], 1) == [crowded[0]]


@pytest.mark.parametrize(
    ("ready", "min_ready_seconds", "expected"),
    [
        pytest.param(False, 0, None, id="a pod that is not ready is not available"),
        pytest.param(True, 0, 0.0, id="a ready one is at once"),
        pytest.param(True, 30, 20.0, id="or after the rest of the minimum time"),
        pytest.param(True, 10, 0.0, id="or now that it has passed"),
    ],
)
def test_availability(ready: bool, min_ready_seconds: int, expected: float | None) -> None:
    one = pod("a", ready=ready, ready_since="2026-03-01T10:00:00Z")
    assert available_in(one, min_ready_seconds, NOW) == expected
