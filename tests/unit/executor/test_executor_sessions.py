"""Sessions against a Lease that is written by hand and a clock that stands still."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.executor.core.leases import Leader
from services.executor.core.steps import CallError, ErrorClass
from services.executor.sessions import NotLeadingError, Sessions, UnknownSessionError
from services.runtime.errors import UnavailableError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class WrittenLease:
    """A Lease as the test says, and how often it was read."""

    def __init__(self) -> None:
        self.now: Leader | CallError | None = leader()
        self.reads = 0

    async def leader(self) -> Leader | CallError | None:
        self.reads += 1
        return self.now


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def leader(holder: str = "planner-0", epoch: int = 1, *, seconds: int = 15) -> Leader:
    return Leader(holder=holder, epoch=epoch, good_until=NOON + timedelta(seconds=seconds))


@pytest.fixture
def lease() -> WrittenLease:
    return WrittenLease()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(lease: WrittenLease, clock: Clock) -> Sessions:
    return Sessions(lease, clock)


async def test_a_copy_of_the_lease_is_good_until_the_lease_runs_out(
    sessions: Sessions, lease: WrittenLease, clock: Clock
) -> None:
    session = await sessions.hello("planner-0", 1)
    clock.now += timedelta(seconds=14)
    assert await sessions.current(session.id) is session
    assert lease.reads == 1
    lease.now = leader(seconds=30)
    clock.now += timedelta(seconds=1)
    assert await sessions.current(session.id) is session
    assert lease.reads == 2


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(leader("planner-1", 2, seconds=60), id="another one leads"),
        pytest.param(leader("planner-0", 2, seconds=60), id="the same identity leads in a newer epoch"),
        pytest.param(leader(), id="nobody renewed it"),
        pytest.param(None, id="nobody holds it"),
    ],
)
async def test_a_session_ends_when_its_lease_has_run_out_and(
    sessions: Sessions, lease: WrittenLease, clock: Clock, now: Leader | None
) -> None:
    session = await sessions.hello("planner-0", 1)
    clock.now += timedelta(seconds=20)
    lease.now = now
    with pytest.raises(NotLeadingError):
        await sessions.current(session.id)
    assert session.ended.is_set()
    with pytest.raises(UnknownSessionError):
        await sessions.current(session.id)


async def test_a_lease_that_cannot_be_read_ends_nothing(sessions: Sessions, lease: WrittenLease, clock: Clock) -> None:
    session = await sessions.hello("planner-0", 1)
    clock.now += timedelta(seconds=20)
    lease.now = CallError(error_class=ErrorClass.TRANSIENT, code="Timeout", message="no answer")
    with pytest.raises(UnavailableError):
        await sessions.current(session.id)
    lease.now = leader(seconds=60)
    assert await sessions.current(session.id) is session


async def test_a_refused_hello_of_another_shows_an_open_session_that_its_lease_has_passed_on(
    sessions: Sessions, lease: WrittenLease
) -> None:
    session = await sessions.hello("planner-0", 1)
    lease.now = leader("planner-1", 2)
    with pytest.raises(NotLeadingError):
        await sessions.hello("planner-2", 1)
    with pytest.raises(NotLeadingError):
        await sessions.confirm(session)


async def test_a_newer_session_is_open_only_when_the_older_one_has_no_work_left(sessions: Sessions) -> None:
    first = await sessions.hello("planner-0", 1)
    asked_to_end, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await may_end.wait()

    first.adopt(asyncio.create_task(work()), at_end=asked_to_end.set)
    second = asyncio.create_task(sessions.hello("planner-0", 1))
    await asked_to_end.wait()
    assert not second.done()
    may_end.set()
    session = await second
    assert await sessions.current(session.id) is session
    with pytest.raises(UnknownSessionError):
        await sessions.current(first.id)


async def test_a_hello_that_was_given_up_leaves_the_wait_for_older_work_to_the_next_one(sessions: Sessions) -> None:
    first = await sessions.hello("planner-0", 1)
    asked_to_end, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await may_end.wait()

    first.adopt(asyncio.create_task(work()), at_end=asked_to_end.set)
    given_up = asyncio.create_task(sessions.hello("planner-0", 1))
    await asked_to_end.wait()
    given_up.cancel()
    await asyncio.wait((given_up,))
    next_one = asyncio.create_task(sessions.hello("planner-0", 1))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not next_one.done()
    may_end.set()
    session = await next_one
    assert await sessions.current(session.id) is session


async def test_work_adopted_by_an_ended_session_is_asked_to_end_at_once(sessions: Sessions) -> None:
    session = await sessions.hello("planner-0", 1)
    await sessions.close()
    asked = asyncio.Event()
    task = asyncio.create_task(asyncio.sleep(0))
    session.adopt(task, at_end=asked.set)
    assert asked.is_set()
    await task
