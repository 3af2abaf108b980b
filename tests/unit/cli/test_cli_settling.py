"""When `elbow status --wait` is satisfied."""

from collections.abc import Sequence

import pytest

from services.cli.settling import Settling


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param([True], [False], id="one look is not enough"),
        pytest.param([True, True], [False, True], id="two in a row are"),
        pytest.param([True, False, True, True], [False, False, False, True], id="a change in between begins anew"),
    ],
)
def test_settling(looks: Sequence[bool], expected: Sequence[bool]) -> None:
    settling = Settling()
    assert [settling.look(settled) for settled in looks] == expected
