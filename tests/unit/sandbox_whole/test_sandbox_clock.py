"""The sandbox's clock: one factor for everything that waits."""

import math

import pytest

from sandbox.clock import Clock


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("factor", "passed", "real"),
    [
        pytest.param(1.0, 300.0, 300.0, id="at factor 1 sandbox time is the wall's"),
        pytest.param(10.0, 3000.0, 30.0, id="at factor 10 the same wall time is ten times as much"),
        pytest.param(0.5, 150.0, 600.0, id="below 1 the sandbox is slower than the wall"),
    ],
)
def test_both_directions(factor: float, passed: float, real: float) -> None:
    wall = Wall()
    clock = Clock(factor, wall)
    before = clock.now()
    wall.seconds += 300
    assert clock.now() - before == pytest.approx(passed)
    assert clock.real(300) == pytest.approx(real)


def test_clocks_of_one_factor_agree_however_late_they_are_made() -> None:
    wall = Wall()
    first = Clock(7.0, wall)
    wall.seconds += 12
    assert Clock(7.0, wall).now() == first.now()


@pytest.mark.parametrize("factor", [0.0, -1.0, math.inf, math.nan])
def test_a_factor_is_above_zero(factor: float) -> None:
    with pytest.raises(ValueError, match="a number above 0"):
        Clock(factor)


async def test_a_sleep_of_the_sandbox_is_shorter_by_the_factor() -> None:
    clock = Clock(100_000.0)
    before = clock.now()
    await clock.sleep(600)
    assert clock.now() - before >= 600
