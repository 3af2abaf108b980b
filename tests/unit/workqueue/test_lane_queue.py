"""The promises of the innermost layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.keys import Lane
from services.planner.workqueue.queue import LaneQueue

DRAIN, SERVE, EDIT, RESYNC = Lane.DRAIN, Lane.SERVE, Lane.EDIT, Lane.RESYNC


def taken_in_order(queue: LaneQueue[str]) -> list[tuple[str, Lane]]:
    order = []
    while (taken := queue.take()) is not None:
        order.append(taken)
    return order


@pytest.mark.parametrize(
    ("added", "order"),
    [
        pytest.param([("a", EDIT), ("b", EDIT)], [("a", EDIT), ("b", EDIT)], id="a lane is first in, first out"),
        pytest.param(
            [("r", RESYNC), ("e", EDIT), ("s", SERVE), ("d", DRAIN)],
            [("d", DRAIN), ("s", SERVE), ("e", EDIT), ("r", RESYNC)],
            id="the more urgent lane goes first, whatever came first",
        ),
        pytest.param([("a", EDIT), ("a", EDIT)], [("a", EDIT)], id="added twice is handed out once"),
        pytest.param(
            [("a", RESYNC), ("b", RESYNC), ("b", DRAIN)],
            [("b", DRAIN), ("a", RESYNC)],
            id="a waiting key is promoted by a more urgent change",
        ),
        pytest.param(
            [("a", EDIT), ("b", SERVE), ("a", SERVE)],
            [("b", SERVE), ("a", SERVE)],
            id="a promoted key goes behind those that wait in the lane already",
        ),
        pytest.param([("a", DRAIN), ("a", RESYNC)], [("a", DRAIN)], id="a less urgent change demotes nothing"),
        pytest.param(
            [("a", EDIT), ("b", EDIT), ("a", EDIT)],
            [("a", EDIT), ("b", EDIT)],
            id="a key that is added again keeps its place",
        ),
    ],
)
def test_order_in_which_keys_are_handed_out(added: list[tuple[str, Lane]], order: list[tuple[str, Lane]]) -> None:
    queue: LaneQueue[str] = LaneQueue()
    for key, lane in added:
        queue.add(key, lane)
    assert taken_in_order(queue) == order


def test_a_key_that_is_processed_is_not_handed_out_a_second_time() -> None:
    queue: LaneQueue[str] = LaneQueue()
    queue.add("a", EDIT)
    queue.take()
    queue.add("a", DRAIN)
    assert queue.take() is None
    assert list(queue.processing) == ["a"]
    assert list(queue.queued) == ["a"]


@pytest.mark.parametrize(
    ("meanwhile", "lane"),
    [
        pytest.param([EDIT], EDIT, id="one re-add keeps its lane"),
        pytest.param([RESYNC, DRAIN, EDIT], DRAIN, id="of several the most urgent lane counts"),
    ],
)
def test_a_key_added_while_it_is_processed_is_processed_once_more(meanwhile: list[Lane], lane: Lane) -> None:
    queue: LaneQueue[str] = LaneQueue()
    queue.add("a", EDIT)
    queue.take()
    for again in meanwhile:
        queue.add("a", again)
    assert queue.lane_of("a") == lane
    queue.done("a")
    assert taken_in_order(queue) == [("a", lane)]
    queue.done("a")
    assert taken_in_order(queue) == []


def test_a_key_that_is_done_can_be_added_anew() -> None:
    queue: LaneQueue[str] = LaneQueue()
    queue.add("a", EDIT)
    queue.take()
    queue.done("a")
    assert queue.lane_of("a") is None
    queue.add("a", SERVE)
    assert queue.take() == ("a", SERVE)


def test_ending_what_was_not_handed_out_is_an_error() -> None:
    with pytest.raises(KeyError):
        LaneQueue[str]().done("a")


@pytest.mark.parametrize(
    ("drop", "left"),
    [
        pytest.param(False, [("b", EDIT)], id="closing lets what is queued be drained"),
        pytest.param(True, [], id="closing can drop what is queued"),
    ],
)
def test_after_closing_nothing_is_added(drop: bool, left: list[tuple[str, Lane]]) -> None:
    queue: LaneQueue[str] = LaneQueue()
    queue.add("a", EDIT)
    queue.take()
    queue.add("a", EDIT)
    queue.add("b", EDIT)
    queue.close(drop=drop)
    queue.add("c", DRAIN)
    queue.done("a")
    assert queue.closed
    assert taken_in_order(queue) == left


KEYS = st.sampled_from("abc")
OPERATIONS = st.lists(st.one_of(st.tuples(KEYS, st.sampled_from(Lane)), st.just("take"), KEYS), max_size=60)


@given(OPERATIONS)
def test_no_key_runs_twice_at_once_and_every_change_is_followed_by_a_run(
    operations: list[tuple[str, Lane] | str],
) -> None:
    queue: LaneQueue[str] = LaneQueue()
    running: set[str] = set()
    owed: set[str] = set()
    for operation in operations:
        if isinstance(operation, tuple):
            queue.add(*operation)
            owed.add(operation[0])
        elif operation == "take":
            taken = queue.take()
            if taken is not None:
                assert taken[0] not in running
                running.add(taken[0])
                owed.discard(taken[0])
        elif operation in running:
            queue.done(operation)
            running.discard(operation)
    for key in running:
        queue.done(key)
    assert {key for key, _ in taken_in_order(queue)} == owed
