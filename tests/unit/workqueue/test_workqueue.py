"""Lanes, delays and backoff together, in virtual time."""

import pytest

from services.planner.core.keys import Lane
from services.planner.workqueue.backoff import Failure
from services.planner.workqueue.workqueue import WorkQueue

DRAIN, SERVE, EDIT, RESYNC = Lane.DRAIN, Lane.SERVE, Lane.EDIT, Lane.RESYNC


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(clock)


def test_a_window_collects_from_the_first_change(clock: Clock, queue: WorkQueue[str]) -> None:
    queue.collect("a", SERVE, 0.1)
    clock.now += 0.06
    queue.collect("a", SERVE, 0.1)
    assert queue.take() is None
    assert queue.queued() == {"a"}
    assert queue.next_due() == pytest.approx(100.1)
    clock.now = 100.11
    assert queue.take() == ("a", SERVE)
    queue.done("a")
    assert queue.take() is None


@pytest.mark.parametrize(
    ("lane", "taken"),
    [
        pytest.param(DRAIN, ("a", DRAIN), id="a more urgent change goes past an open window"),
        pytest.param(SERVE, None, id="a change of the same urgency joins the window"),
        pytest.param(RESYNC, None, id="a less urgent change joins the window"),
    ],
)
def test_adding_while_a_window_is_open(queue: WorkQueue[str], lane: Lane, taken: tuple[str, Lane] | None) -> None:
    queue.collect("a", SERVE, 0.1)
    queue.add("a", lane)
    assert queue.take() == taken


def test_a_run_answers_the_window_that_was_open_when_it_began(clock: Clock, queue: WorkQueue[str]) -> None:
    queue.collect("a", SERVE, 0.1)
    queue.add("a", DRAIN)
    assert queue.take() == ("a", DRAIN)
    queue.done("a")
    clock.now += 1
    assert queue.take() is None


def test_a_window_that_opens_during_a_run_leads_to_another_run(clock: Clock, queue: WorkQueue[str]) -> None:
    queue.add("a", SERVE)
    queue.take()
    queue.collect("a", SERVE, 0.1)
    queue.done("a")
    assert queue.take() is None
    clock.now += 0.2
    assert queue.take() == ("a", SERVE)


def test_a_window_that_closes_during_a_run_waits_for_its_end(clock: Clock, queue: WorkQueue[str]) -> None:
    queue.add("a", SERVE)
    queue.take()
    queue.collect("a", SERVE, 0.1)
    clock.now += 0.2
    assert queue.take() is None
    queue.done("a")
    assert queue.take() == ("a", SERVE)


def test_a_key_that_is_queued_already_is_not_held_back_by_a_window(queue: WorkQueue[str]) -> None:
    queue.add("a", EDIT)
    queue.collect("a", SERVE, 0.1)
    assert queue.take() == ("a", SERVE)


def test_a_key_that_waits_for_a_time_comes_then(clock: Clock, queue: WorkQueue[str]) -> None:
    queue.add_after("a", EDIT, 15)
    assert queue.waiting() == {"a": None}
    clock.now += 14.9
    assert queue.take() is None
    clock.now += 0.2
    assert queue.take() == ("a", EDIT)


def test_a_change_does_not_wait_for_the_time_and_makes_it_obsolete(clock: Clock, queue: WorkQueue[str]) -> None:
    queue.add_after("a", EDIT, 15)
    queue.add("a", EDIT)
    assert queue.waiting() == {}
    assert queue.take() == ("a", EDIT)
    queue.done("a")
    clock.now += 60
    assert queue.take() is None
    assert queue.next_due() is None


def test_failures_wait_longer_each_time_until_a_success(clock: Clock, queue: WorkQueue[str]) -> None:
    waits = []
    for _ in range(3):
        waits.append(queue.retry("a", EDIT, Failure.IN_USE))
        assert queue.waiting() == {"a": Failure.IN_USE}
        clock.now += waits[-1]
        assert queue.take() == ("a", EDIT)
        queue.done("a")
    queue.forget("a")
    waits.append(queue.retry("a", EDIT, Failure.IN_USE))
    assert waits == [1, 2, 4, 1]


def test_states_of_keys_exclude_each_other(queue: WorkQueue[str]) -> None:
    for key in ("running", "again"):
        queue.add(key, EDIT)
        queue.take()
    queue.add("again", EDIT)
    queue.add("queued", EDIT)
    queue.add_after("queued", EDIT, 5)
    queue.collect("window", SERVE, 1)
    queue.add_after("later", EDIT, 5)
    assert (queue.queued(), queue.running(), queue.waiting()) == (
        {"again", "queued", "window"},
        {"running", "again"},
        {"later": None},
    )


@pytest.mark.parametrize("drop", [pytest.param(False, id="drained"), pytest.param(True, id="dropped")])
def test_a_closed_queue_ends(clock: Clock, queue: WorkQueue[str], drop: bool) -> None:
    queue.add("a", EDIT)
    queue.add_after("b", EDIT, 5)
    queue.collect("c", SERVE, 1)
    queue.close(drop=drop)
    queue.add("d", DRAIN)
    queue.collect("e", SERVE, 1)
    queue.retry("f", EDIT, Failure.TRANSIENT)
    clock.now += 60
    assert queue.drained == drop
    if not drop:
        assert queue.take() == ("a", EDIT)
        queue.done("a")
    assert queue.take() is None
    assert queue.drained


def test_every_change_is_told(clock: Clock) -> None:
    told = []
    queue: WorkQueue[str] = WorkQueue(clock, lambda: told.append(clock.now))
    queue.add("a", EDIT)
    queue.add_after("b", EDIT, 1)
    queue.collect("c", SERVE, 1)
    queue.take()
    queue.done("a")
    queue.close(drop=True)
    assert len(told) == 5
