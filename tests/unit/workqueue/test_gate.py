"""Workers that wait for the queue."""

import asyncio
from collections.abc import Callable

import pytest

from services.planner.core.keys import Lane
from services.planner.workqueue.gate import Gate

Taken = tuple[str, Lane] | None


@pytest.fixture
async def gate() -> Gate[str]:
    gate: Gate[str] = Gate()
    gate.set_closed_for("")
    return gate


async def settled(work: asyncio.Task[Taken]) -> bool:
    """Whether a worker has its key once everything that can run has run."""
    for _ in range(5):
        await asyncio.sleep(0)
    return work.done()


async def test_a_worker_waits_for_a_key(gate: Gate[str]) -> None:
    worker = asyncio.create_task(gate.take())
    assert not await settled(worker)
    gate.queue.add("a", Lane.EDIT)
    assert await worker == ("a", Lane.EDIT)


async def test_two_workers_share_the_keys(gate: Gate[str]) -> None:
    workers = [asyncio.create_task(gate.take()) for _ in range(2)]
    assert not await settled(workers[0])
    gate.queue.add("a", Lane.EDIT)
    gate.queue.add("b", Lane.EDIT)
    assert sorted(await asyncio.gather(*workers)) == [("a", Lane.EDIT), ("b", Lane.EDIT)]  # type: ignore[type-var]


async def test_a_key_that_is_due_later_wakes_a_worker(gate: Gate[str]) -> None:
    gate.queue.collect("a", Lane.SERVE, 0.001)
    assert await gate.take() == ("a", Lane.SERVE)


async def test_a_closed_gate_lets_keys_gather(gate: Gate[str]) -> None:
    gate.set_closed_for("the executor is down")
    gate.queue.add("a", Lane.EDIT)
    worker = asyncio.create_task(gate.take())
    assert not await settled(worker)
    assert gate.closed_for == "the executor is down"
    assert gate.queue.queued() == {"a"}
    gate.set_closed_for("")
    assert await worker == ("a", Lane.EDIT)


@pytest.mark.parametrize(
    "shut",
    [
        pytest.param(lambda queue: queue.close(drop=True), id="closed while workers wait"),
        pytest.param(
            lambda queue: (queue.add("a", Lane.EDIT), queue.close(drop=True)), id="what was queued is dropped"
        ),
    ],
)
async def test_every_worker_ends_when_the_queue_is_closed(gate: Gate[str], shut: Callable[[object], object]) -> None:
    workers = [asyncio.create_task(gate.take()) for _ in range(3)]
    gate.set_closed_for("starting")
    assert not await settled(workers[0])
    shut(gate.queue)
    assert await asyncio.gather(*workers) == [None, None, None]


async def test_workers_end_after_the_last_key_is_done(gate: Gate[str]) -> None:
    gate.queue.add("a", Lane.EDIT)
    assert await gate.take() == ("a", Lane.EDIT)
    worker = asyncio.create_task(gate.take())
    gate.queue.close(drop=False)
    assert not await settled(worker)
    gate.queue.done("a")
    assert await worker is None
