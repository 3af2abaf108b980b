"""The controllers' queue."""

import asyncio

from sandbox.kubernetes.client import Key
from sandbox.kubernetes.controllers.workqueue import WorkQueue

ONE, TWO = Key("shop", "one"), Key("shop", "two")


async def test_keys_come_in_the_order_in_which_they_were_added_and_once() -> None:
    queue = WorkQueue()
    for key in (ONE, TWO, ONE):
        queue.add(key)
    assert [await queue.get(), await queue.get()] == [ONE, TWO]
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_a_key_added_while_it_is_worked_on_comes_back_when_that_work_is_done() -> None:
    queue = WorkQueue()
    queue.add(ONE)
    assert await queue.get() == ONE
    queue.add(ONE)
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.done(ONE)
    assert await waiting == ONE


async def test_a_key_added_for_later_comes_at_the_earlier_of_two_times() -> None:
    queue = WorkQueue()
    queue.add_after(ONE, 3600)
    queue.add_after(ONE, 0)
    assert await queue.get() == ONE
    queue.stop()


async def test_the_pause_before_a_retry_doubles_until_the_key_is_forgotten() -> None:
    queue = WorkQueue()
    pauses: list[float] = []
    queue.add_after = lambda key, seconds: pauses.append(seconds)  # type: ignore[method-assign]
    for _ in range(10):
        queue.retry(ONE)
    queue.forget(ONE)
    queue.retry(ONE)
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 0.05]
