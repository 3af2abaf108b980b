"""Background tasks: a failure is heard, a cancellation is none."""

import asyncio
import logging

import pytest

from services.runtime.tasks import TaskFailedError, Tasks


async def for_ever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError("the lamp broke")


async def return_at_once() -> None:
    pass


async def test_a_failure_is_logged_and_raised_by_the_guard(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()
    tasks.spawn("lamp", fail())
    with pytest.raises(TaskFailedError, match=r"^background task 'lamp' failed$") as caught:
        await tasks.guard()
    assert isinstance(caught.value.__cause__, ValueError)
    assert [(record.message, vars(record)["task"], record.levelno) for record in caplog.records] == [
        ("background task failed", "lamp", logging.ERROR)
    ]


async def test_the_guard_reports_the_first_of_several_failures() -> None:
    tasks = Tasks()
    await asyncio.gather(tasks.spawn("first", fail()), tasks.spawn("second", fail()))
    with pytest.raises(TaskFailedError, match="first"):
        await tasks.guard()


async def test_returning_and_being_cancelled_are_no_failures() -> None:
    tasks = Tasks()
    ended, cancelled = tasks.spawn("ended", return_at_once()), tasks.spawn("cancelled", for_ever())
    await ended
    cancelled.cancel()
    await asyncio.wait([cancelled])
    guard = asyncio.create_task(tasks.guard())
    await asyncio.sleep(0)
    assert not guard.done()
    guard.cancel()


async def test_close_cancels_what_runs_and_waits_for_its_end() -> None:
    tasks = Tasks()
    cleaned = asyncio.Event()

    async def clean_up_slowly() -> None:
        try:
            await for_ever()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    task = tasks.spawn("slow", clean_up_slowly())
    await asyncio.sleep(0)
    await tasks.close()
    assert task.cancelled()
    assert cleaned.is_set()


async def test_a_task_carries_its_name() -> None:
    tasks = Tasks()
    assert tasks.spawn("lamp", for_ever()).get_name() == "lamp"
    await tasks.close()
