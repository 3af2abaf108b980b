"""Label selectors."""

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.selectors import matches_selector

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param(None, False, id="an absent selector selects nothing"),
        pytest.param({}, True, id="an empty one everything"),
        pytest.param({"matchLabels": {"app": "web"}}, True, id="labels that are there"),
        pytest.param({"matchLabels": {"app": "web", "x": "y"}}, False, id="all labels must be there"),
        pytest.param({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}, True, id="In"),
        pytest.param(
            {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}, True, id="NotIn absent"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}, False, id="NotIn"
        ),
        pytest.param({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True, id="Exists"),
        pytest.param({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False, id="DoesNotExist"),
    ],
)
def test_a_selector(selector: Object | None, expected: bool) -> None:
    assert matches_selector(selector, LABELS) is expected


def test_an_unknown_operator_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown selector operator 'Near'"):
        matches_selector({"matchExpressions": [{"key": "tier", "operator": "Near"}]}, LABELS)
