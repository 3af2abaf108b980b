"""The cache that follows the API, against an API that answers what the test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.kubernetes.client import Access, Client, Informer, Key, Object
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.resources import PODS
from tests.unit.sandbox_controllers.builders import pod


class ScriptedApi:
    """Answers lists from `items`; a watch gets what is put into `events`, as (type, object) or as an HTTP status."""

    def __init__(self) -> None:
        self.items: list[Object] = []
        self.version = "10"
        self.events: asyncio.Queue[tuple[str, Object] | int] = asyncio.Queue()
        self.watched_from: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": self.version}, "items": self.items})
        self.watched_from.append(request.query["resourceVersion"])
        response = web.StreamResponse()
        while True:
            event = await self.events.get()
            if isinstance(event, int):
                if not response.prepared:
                    return web.json_response({"kind": "Status", "code": event, "reason": "Expired"}, status=event)
                return response
            if not response.prepared:
                await response.prepare(request)
            await response.write(web.json_response({"type": event[0], "object": event[1]}).body + b"\n")  # type: ignore[operator]


class Watched:
    """An informer and what its handler was told."""

    def __init__(self, api: ScriptedApi, informer: Informer) -> None:
        self.api = api
        self.informer = informer
        self.told: list[tuple[str, str]] = []
        self._news = asyncio.Event()
        informer.add_handler(self._on_change)

    def _on_change(self, change: Change) -> None:
        kind = "changed" if change.old and change.new else "new" if change.new else "gone"
        self.told.append((kind, change.present["metadata"]["name"]))
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._news.clear()
            await self._news.wait()


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    api = ScriptedApi()
    application = web.Application()
    application.router.add_get("/api/v1/pods", api.answer)
    server = TestServer(application)
    await server.start_server()
    async with server, Client(Access(url=str(server.make_url("")).rstrip("/")), user_agent="test") as client:
        informer = Informer(client, PODS)
        result = Watched(api, informer)
        api.items = [versioned("first", 5)]
        task = asyncio.create_task(informer.run())
        await informer.synced.wait()
        yield result
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def versioned(name: str, version: int, **other: Any) -> Object:
    one = pod(name, **other)
    one["metadata"]["resourceVersion"] = str(version)
    return one


async def test_list_and_watch_are_followed(watched: Watched) -> None:
    for event in (
        ("ADDED", versioned("second", 11)),
        ("MODIFIED", versioned("first", 12)),
        ("DELETED", versioned("second", 13)),
    ):
        watched.api.events.put_nowait(event)
    await watched.until(lambda: len(watched.told) == 4)
    assert watched.told == [("new", "first"), ("new", "second"), ("changed", "first"), ("gone", "second")]
    assert [one["metadata"]["name"] for one in watched.informer.list("shop")] == ["first"]
    assert watched.api.watched_from == ["10"]


async def test_a_watch_that_ends_goes_on_where_it_ended(watched: Watched) -> None:
    watched.api.events.put_nowait(("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": "40"}}))
    watched.api.events.put_nowait(200)
    watched.api.events.put_nowait(("ADDED", versioned("second", 41)))
    await watched.until(lambda: ("new", "second") in watched.told)
    assert watched.api.watched_from == ["10", "40"]


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(410, id="as an answer"),
        pytest.param(("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"}), id="as an event"),
    ],
)
async def test_a_version_that_is_gone_leads_to_a_list_that_shows_deletions(
    watched: Watched, gone: tuple[str, Object] | int
) -> None:
    watched.api.items, watched.api.version = [versioned("third", 50)], "51"
    watched.api.events.put_nowait(gone)
    await watched.until(lambda: len(watched.told) == 3)
    assert watched.told == [("new", "first"), ("gone", "first"), ("new", "third")]


async def test_an_object_made_anew_under_its_name_is_another_one(watched: Watched) -> None:
    other = versioned("first", 20)
    other["metadata"]["uid"] = "another"
    watched.api.events.put_nowait(("MODIFIED", other))
    await watched.until(lambda: len(watched.told) == 3)
    assert watched.told == [("new", "first"), ("gone", "first"), ("new", "first")]


async def test_a_write_is_seen_at_once_and_its_event_tells_nothing_new(watched: Watched) -> None:
    mine = versioned("mine", 20)
    watched.informer.written(mine)
    assert watched.informer.get(Key("shop", "mine")) == mine
    watched.api.events.put_nowait(("ADDED", mine))
    watched.api.events.put_nowait(("ADDED", versioned("next", 21)))
    await watched.until(lambda: ("new", "next") in watched.told)
    assert watched.told == [("new", "first"), ("new", "mine"), ("new", "next")]


async def test_an_answer_that_comes_after_the_deletion_brings_nothing_back(watched: Watched) -> None:
    watched.api.events.put_nowait(("DELETED", versioned("first", 20)))
    await watched.until(lambda: ("gone", "first") in watched.told)
    watched.informer.written(versioned("first", 19, terminating=True))
    assert watched.informer.list() == []


async def test_a_list_made_before_a_write_does_not_take_it_back(watched: Watched) -> None:
    watched.informer.written(versioned("mine", 60))
    watched.api.items, watched.api.version = [versioned("first", 5), versioned("late", 50)], "51"
    watched.api.events.put_nowait(410)
    await watched.until(lambda: ("new", "late") in watched.told)
    assert sorted(one["metadata"]["name"] for one in watched.informer.list()) == ["first", "late", "mine"]
