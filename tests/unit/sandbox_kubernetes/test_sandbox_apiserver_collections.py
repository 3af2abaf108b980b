"""Lists and watches: pages, versions, selectors, bookmarks, lost history."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sandbox.kubernetes.apiserver.watching import Watcher
from tests.unit.sandbox_kubernetes.apiserver_cluster import CONFIG_MAPS, MERGE, TABLE, Cluster, config_map


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


async def _fill(cluster: Cluster, count: int) -> None:
    for number in range(count):
        await cluster.call("POST", CONFIG_MAPS, config_map(f"c{number}"))


def _names(answer: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in answer["items"]]


async def _events(watcher: Watcher, count: int) -> list[tuple[str, str, str]]:
    """The first events of a watch: kind, name and resource version."""
    found: list[tuple[str, str, str]] = []
    async for batch in watcher.lines():
        for line in batch.splitlines():
            event = json.loads(line)
            metadata = event["object"].get("metadata") or {}
            found.append((event["type"], metadata.get("name", ""), metadata.get("resourceVersion", "")))
        if len(found) >= count:
            break
    return found


async def test_pages_show_the_state_of_the_first(cluster: Cluster) -> None:
    await _fill(cluster, 4)
    first = await cluster.call("GET", f"{CONFIG_MAPS}?limit=3")
    await cluster.call("DELETE", f"{CONFIG_MAPS}/c3")
    await cluster.call("POST", CONFIG_MAPS, config_map("c9"))
    second = await cluster.call("GET", f"{CONFIG_MAPS}?limit=3&continue={first['metadata']['continue']}")
    assert (_names(first), first["metadata"]["remainingItemCount"]) == (["c0", "c1", "c2"], 1)
    assert _names(second) == ["c3"]
    assert second["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}


async def test_a_token_is_expired_when_its_history_is_gone(cluster: Cluster) -> None:
    await _fill(cluster, 3)
    first = await cluster.call("GET", f"{CONFIG_MAPS}?limit=1")
    await cluster.call("DELETE", f"{CONFIG_MAPS}/c2")
    cluster.api.store.forget_history()
    status = await cluster.status("GET", f"{CONFIG_MAPS}?limit=1&continue={first['metadata']['continue']}")
    assert (status["code"], status["reason"]) == (410, "Expired")
    rest = await cluster.call("GET", f"{CONFIG_MAPS}?continue={status['metadata']['continue']}")
    assert _names(rest) == ["c1"]


async def test_an_exact_version_is_shown_as_it_was(cluster: Cluster) -> None:
    made = await cluster.call("POST", CONFIG_MAPS, config_map("c0"))
    await cluster.call("POST", CONFIG_MAPS, config_map("c1"))
    version = made["metadata"]["resourceVersion"]
    shown = await cluster.call("GET", f"{CONFIG_MAPS}?resourceVersion={version}&resourceVersionMatch=Exact")
    assert (_names(shown), shown["metadata"]["resourceVersion"]) == (["c0"], version)


async def test_items_of_built_in_kinds_leave_their_kind_to_the_list(cluster: Cluster) -> None:
    await _fill(cluster, 1)
    answer = await cluster.call("GET", CONFIG_MAPS)
    assert (answer["kind"], set(answer["items"][0])) == ("ConfigMapList", {"metadata"})


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("limit=x", 400, id="a limit that is no number"),
        pytest.param("resourceVersion=x", 400, id="a version that is no number"),
        pytest.param("continue=x", 400, id="a token that is none"),
        pytest.param("resourceVersionMatch=Exact", 422, id="a match without a version"),
        pytest.param("resourceVersion=0&resourceVersionMatch=Exact", 422, id="exactly any version"),
    ],
)
async def test_list_parameters_without_sense_are_refused(cluster: Cluster, query: str, code: int) -> None:
    assert (await cluster.status("GET", f"{CONFIG_MAPS}?{query}"))["code"] == code


async def test_a_table_has_columns_and_partial_objects(cluster: Cluster) -> None:
    await cluster.call("POST", CONFIG_MAPS, config_map("c0", a="1"))
    table = await cluster.call("GET", CONFIG_MAPS, accept=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    (row,) = table["rows"]
    assert (row["cells"], row["object"]["kind"]) == (["c0", 1, "0s"], "PartialObjectMetadata")


async def test_a_watch_goes_on_after_its_version(cluster: Cluster) -> None:
    made = await cluster.call("POST", CONFIG_MAPS, config_map("c0"))
    changed = await cluster.call("PATCH", f"{CONFIG_MAPS}/c0", {"data": {"a": "1"}}, content_type=MERGE)
    await cluster.call("DELETE", f"{CONFIG_MAPS}/c0")
    version = int(made["metadata"]["resourceVersion"])
    events = await _events(cluster.watcher(f"{CONFIG_MAPS}?watch=1&resourceVersion={version}"), 2)
    assert events == [("MODIFIED", "c0", changed["metadata"]["resourceVersion"]), ("DELETED", "c0", str(version + 2))]


async def test_a_watch_without_a_version_begins_with_what_is_there(cluster: Cluster) -> None:
    await _fill(cluster, 2)
    events = await _events(cluster.watcher(f"{CONFIG_MAPS}?watch=1"), 2)
    assert [event[:2] for event in events] == [("ADDED", "c0"), ("ADDED", "c1")]


async def test_an_object_enters_and_leaves_a_selector(cluster: Cluster) -> None:
    start = cluster.api.store.revision
    await cluster.call("POST", CONFIG_MAPS, config_map("c0"))
    for labels in ({"a": "1"}, {"a": "1", "b": "2"}, {"a": "2"}):
        await cluster.call("PATCH", f"{CONFIG_MAPS}/c0", {"metadata": {"labels": labels}}, content_type=MERGE)
    events = await _events(cluster.watcher(f"{CONFIG_MAPS}?watch=1&labelSelector=a==1&resourceVersion={start}"), 3)
    assert [event[0] for event in events] == ["ADDED", "MODIFIED", "DELETED"]


async def test_a_streaming_list_ends_with_a_marked_bookmark(cluster: Cluster) -> None:
    await _fill(cluster, 1)
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    (batch,) = [batch async for batch in _first_batch(cluster.watcher(f"{CONFIG_MAPS}?{query}"))]
    added, bookmark = [json.loads(line) for line in batch.splitlines()]
    assert (added["type"], bookmark["type"]) == ("ADDED", "BOOKMARK")
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert bookmark["object"]["metadata"]["resourceVersion"] == str(cluster.api.store.revision)


async def _first_batch(watcher: Watcher) -> Any:
    async for batch in watcher.lines():
        yield batch
        break


async def test_a_lost_version_is_an_error_event(cluster: Cluster) -> None:
    await _fill(cluster, 2)
    cluster.api.store.forget_history()
    lines = [line async for line in cluster.watcher(f"{CONFIG_MAPS}?watch=1&resourceVersion=2").lines()]
    (event,) = [json.loads(line) for line in lines]
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert event["object"]["message"].startswith("too old resource version: 2 (")


async def test_a_frozen_watch_delivers_after_it_is_thawed(cluster: Cluster) -> None:
    watcher = cluster.watcher(f"{CONFIG_MAPS}?watch=1&resourceVersion={cluster.api.store.revision}")
    cluster.api.gate.freeze(None)
    reading = asyncio.create_task(_events(watcher, 1))
    await _fill(cluster, 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not reading.done()
    cluster.api.gate.thaw(None)
    assert [event[:2] for event in await reading] == [("ADDED", "c0")]


@pytest.mark.parametrize(
    ("end", "cut"), [pytest.param(False, True, id="cut"), pytest.param(True, False, id="ended in good order")]
)
async def test_open_watches_can_be_closed(cluster: Cluster, end: bool, cut: bool) -> None:
    watcher = cluster.watcher(f"{CONFIG_MAPS}?watch=1")
    reading = asyncio.create_task(_events(watcher, 1))
    await asyncio.sleep(0)
    if end:
        cluster.api.switches.refuse("configmaps", frozenset({"watch"}))
    else:
        cluster.api.gate.cut()
    assert await reading == []
    assert watcher.cut is cut
