"""The list/watch threads as one job: they feed, they end with it, and none fails unnoticed."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from services.watcher.convert import copy_of
from services.watcher.core.events import Batch, Event
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Copy
from services.watcher.feed import Feed
from services.watcher.kube.threads import ListWatchThreads
from tests.unit.watcher.scripted_api import Answer, ScriptedApi, bookmark, page, pod, scripted_api


class BrokenError(Exception):
    """A mistake in our own code."""


def broken(kind: Kind, raw: object) -> Copy:
    raise BrokenError


def threads(api: ScriptedApi, feed: Feed, read: Callable[[Kind, object], Copy] = copy_of) -> ListWatchThreads:
    return ListWatchThreads(
        api.client(),
        feed,
        read,
        page_size=10,
        retry_seconds=0.01,
        kinds=[Kind.POD],
    )


async def test_they_feed_until_they_are_cancelled() -> None:
    feed = Feed([Kind.POD])
    held = threading.Event()
    answers = (page(pod("a", 1), revision=2), Answer(lines=(bookmark(3),), held=held))
    told: list[Event] = []
    with scripted_api(*answers) as api, feed.receiver() as receiver:
        job = asyncio.create_task(threads(api, feed).run())
        while feed.revision_of(Kind.POD) < 3:
            told.extend(await receiver.next())
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        held.set()
    assert [change.copy.key.name for event in told if isinstance(event, Batch) for change in event.changes] == ["a"]


async def test_a_mistake_in_a_thread_ends_the_job() -> None:
    with scripted_api(page(pod("a", 1), revision=2)) as api, pytest.raises(BrokenError):
        await threads(api, Feed([Kind.POD]), broken).run()
