"""The layer of times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.keys import Lane
from services.planner.workqueue.delays import Delay, Delays

SERVE, EDIT, RESYNC = Lane.SERVE, Lane.EDIT, Lane.RESYNC


def delays(*added: tuple[str, float, Lane]) -> Delays[str]:
    made: Delays[str] = Delays()
    for key, due, lane in added:
        made.add(key, due, lane)
    return made


@pytest.mark.parametrize(
    ("added", "now", "due"),
    [
        pytest.param([("a", 5.0, EDIT)], 4.9, [], id="nothing comes before its time"),
        pytest.param([("a", 5.0, EDIT)], 5.0, [("a", EDIT)], id="a key comes at its time"),
        pytest.param([("a", 5.0, EDIT), ("b", 3.0, SERVE)], 9.0, [("b", SERVE), ("a", EDIT)], id="earliest first"),
        pytest.param([("a", 5.0, EDIT), ("b", 5.0, EDIT)], 5.0, [("a", EDIT), ("b", EDIT)], id="equal times in order"),
        pytest.param([("a", 5.0, EDIT), ("a", 2.0, EDIT)], 2.0, [("a", EDIT)], id="of two times the earlier counts"),
        pytest.param([("a", 2.0, RESYNC), ("a", 5.0, SERVE)], 2.0, [("a", SERVE)], id="of two lanes the urgent counts"),
        pytest.param([("a", 5.0, EDIT), ("a", 2.0, EDIT)], 9.0, [("a", EDIT)], id="a key comes once"),
    ],
)
def test_what_is_due(added: list[tuple[str, float, Lane]], now: float, due: list[tuple[str, Lane]]) -> None:
    assert list(delays(*added).due(now)) == due


def test_a_dropped_delay_is_forgotten() -> None:
    waiting = delays(("a", 1.0, EDIT), ("b", 2.0, EDIT))
    waiting.drop("a")
    assert waiting.waiting() == ["b"]
    assert waiting.get("a") is None
    assert waiting.get("b") == Delay(due=2.0, lane=EDIT)
    assert waiting.next_due() == 2.0
    assert list(waiting.due(9.0)) == [("b", EDIT)]
    assert waiting.next_due() is None


def test_a_dropped_key_can_wait_anew_for_a_later_time() -> None:
    waiting = delays(("a", 1.0, EDIT))
    waiting.drop("a")
    waiting.add("a", 4.0, RESYNC)
    assert list(waiting.due(3.0)) == []
    assert list(waiting.due(4.0)) == [("a", RESYNC)]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 20)), max_size=30))
def test_every_key_comes_once_at_its_earliest_time(added: list[tuple[str, int]]) -> None:
    waiting = delays(*((key, float(due), EDIT) for key, due in added))
    came = {key: now for now in range(21) for key, _ in waiting.due(float(now))}
    earliest: dict[str, int] = {}
    for key, due in added:
        earliest[key] = min(due, earliest.get(key, due))
    assert came == earliest
