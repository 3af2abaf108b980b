"""The faults of the sandbox's own API server, switched over HTTP as the CLI does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.kubernetes.apiserver import ApiServer

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
PART = {"User-Agent": "sandbox-kubelet"}
PATIENCE_SECONDS = 10


class Cluster:
    """One API server, as somebody uses it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def fault(self, kind: str, **wanted: Any) -> int | None:
        """Switches one on; its id."""
        async with self.session.post("/__sandbox/faults", json={"kind": kind, **wanted}) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            number: int | None = body["id"]
            return number

    async def faults(self) -> list[dict[str, Any]]:
        async with self.session.get("/__sandbox/faults") as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def end(self, path: str = "") -> list[int]:
        async with self.session.delete(f"/__sandbox/faults{path}") as answer:
            ended: list[int] = (await answer.json())["ended"]
            return ended

    async def create(self, path: str, name: str) -> None:
        async with self.session.post(path, json={"metadata": {"name": name}}) as answer:
            assert answer.status == 201, await answer.text()

    async def status(self, path: str, method: str = "GET", **headers: str) -> int:
        async with self.session.request(method, path, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    server = ApiServer()
    try:
        async with aiohttp.ClientSession(await server.start()) as session:
            yield Cluster(session)
    finally:
        await server.stop()


async def name_in(watch: aiohttp.ClientResponse) -> str:
    """The object of the next event."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        name: str = json.loads(await watch.content.readline())["object"]["metadata"]["name"]
        return name


async def is_silent(watch: aiohttp.ClientResponse) -> bool:
    try:
        async with asyncio.timeout(0.1):
            await watch.content.readline()
    except TimeoutError:
        return True
    return False


async def test_a_frozen_watch_tells_what_it_missed_when_it_is_let_go(cluster: Cluster) -> None:
    async with (
        cluster.session.get(f"{CONFIGMAPS}?watch=1") as frozen,
        cluster.session.get(
            "/api/v1/namespaces?watch=1&resourceVersion=0&fieldSelector=metadata.name=lively"
        ) as lively,
        cluster.session.get(f"{CONFIGMAPS}?watch=1", headers=PART) as part,
    ):
        freeze = await cluster.fault("freeze", resource="cm")
        await cluster.create(CONFIGMAPS, "missed")
        await cluster.create("/api/v1/namespaces", "lively")
        assert (await name_in(lively), await name_in(part)) == ("lively", "missed")
        assert await is_silent(frozen)
        [listed] = await cluster.faults()
        assert (listed["id"], listed["kind"], listed["resource"]) == (freeze, "freeze", "configmaps")
        assert await cluster.end(f"/{freeze}") == [freeze]
        assert await name_in(frozen) == "missed"


async def test_a_watch_stays_frozen_until_the_last_freeze_has_ended(cluster: Cluster) -> None:
    async with cluster.session.get(f"{CONFIGMAPS}?watch=1") as watch:
        everything, one = await cluster.fault("freeze"), await cluster.fault("freeze", resource="configmaps")
        await cluster.create(CONFIGMAPS, "late")
        await cluster.end(f"/{everything}")
        assert await is_silent(watch)
        await cluster.end(f"/{one}")
        assert await name_in(watch) == "late"


async def test_a_freeze_ends_by_itself(cluster: Cluster) -> None:
    async with cluster.session.get(f"{CONFIGMAPS}?watch=1") as watch:
        await cluster.fault("freeze", seconds=0.2)
        await cluster.create(CONFIGMAPS, "late")
        assert await name_in(watch) == "late"
    assert await cluster.faults() == []


async def test_dropped_watches_break_their_connection_and_others_go_on(cluster: Cluster) -> None:
    watched = f"{CONFIGMAPS}?watch=1"
    async with cluster.session.get(watched) as mine, cluster.session.get(watched, headers=PART) as part:
        assert await cluster.fault("drop", resource="namespaces") is None
        await cluster.create(CONFIGMAPS, "seen")
        assert await name_in(mine) == "seen"
        await cluster.fault("drop", resource="configmaps")
        with pytest.raises(aiohttp.ClientPayloadError):
            await mine.content.read()
        await cluster.create(CONFIGMAPS, "next")
        assert [await name_in(part), await name_in(part)] == ["seen", "next"]


async def test_a_version_from_before_history_was_forgotten_is_gone(cluster: Cluster) -> None:
    await cluster.create(CONFIGMAPS, "one")
    await cluster.fault("forget")
    async with cluster.session.get(f"{CONFIGMAPS}?watch=1&resourceVersion=1") as watch:
        event = json.loads(await watch.content.readline())
        assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_a_right_that_is_taken_ends_watches_and_is_refused_until_it_is_given_back(cluster: Cluster) -> None:
    async with cluster.session.get(f"{CONFIGMAPS}?watch=1") as watch:
        await cluster.fault("refuse", resource="configmaps", verbs=["watch", "list"])
        await watch.content.read()
    assert await cluster.status(f"{CONFIGMAPS}?watch=1") == 403
    assert await cluster.status(CONFIGMAPS) == 403
    assert await cluster.status(CONFIGMAPS, **PART) == 200
    await cluster.create(CONFIGMAPS, "one")
    assert await cluster.status(f"{CONFIGMAPS}/one") == 200
    await cluster.fault("refuse", resource="configmaps")
    assert await cluster.status(f"{CONFIGMAPS}/one", "DELETE") == 403
    assert len(await cluster.end("?kind=refuse")) == 2
    assert await cluster.status(CONFIGMAPS) == 200


async def test_an_outage_breaks_every_connection_but_those_of_the_switches(cluster: Cluster) -> None:
    async with cluster.session.get(f"{CONFIGMAPS}?watch=1", headers=PART) as part:
        await cluster.fault("outage")
        with pytest.raises(aiohttp.ClientPayloadError):
            await part.content.read()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await cluster.status("/readyz")
    await cluster.end()
    assert await cluster.status("/readyz") == 200


@pytest.mark.parametrize(
    ("wanted", "status", "why"),
    [
        pytest.param({"kind": "freeze", "resource": "cars"}, 404, "no resource cars", id="an unknown resource"),
        pytest.param({"kind": "refuse"}, 400, "resource: ", id="a refusal of nothing"),
        pytest.param({"kind": "refuse", "resource": "pods", "verbs": []}, 400, "verbs: ", id="no verbs"),
        pytest.param({"kind": "rain"}, 400, "kind is one of drop, ", id="an unknown kind"),
        pytest.param({"kind": "forget", "resource": "pods"}, 400, "resource: ", id="a field that the kind has not"),
    ],
)
async def test_what_cannot_be_is_told(cluster: Cluster, wanted: Any, status: int, why: str) -> None:
    async with cluster.session.post("/__sandbox/faults", json=wanted) as answer:
        assert (answer.status, why in (await answer.json())["error"]) == (status, True)
    assert await cluster.faults() == []
