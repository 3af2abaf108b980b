"""One kind's list and watch against an API server that answers from a script."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.watcher.convert import copy_of
from services.watcher.core.events import KindState, Report
from services.watcher.core.kinds import RESOURCES, Kind
from services.watcher.core.objects import Copy, ObjectKey
from services.watcher.kube.api import WATCH_SECONDS, KindApi, UnreachableError
from services.watcher.kube.backoff import FIRST_SECONDS, LIMIT_SECONDS, Backoff
from services.watcher.kube.list_watch import PROGRESS_SECONDS, STEADY_SECONDS, ListWatch
from tests.unit.watcher.scripted_api import (
    Answer,
    ScriptedApi,
    bookmark,
    error,
    event,
    page,
    pod,
    refusal,
    scripted_api,
    watch,
)

RETRY_SECONDS = 2.0
PODS = "/api/v1/pods"
LISTED = ("listed", (), 10)
SYNCED = (KindState.SYNCED, "")
SYNCING = (KindState.SYNCING, "")


@dataclass
class Told:
    """A sink that remembers in few words."""

    events: list[tuple[Any, ...]] = field(default_factory=list)

    def report(self, report: Report) -> None:
        self.events.append((report.state, report.message))

    def listed(self, kind: Kind, copies: Mapping[ObjectKey, Copy], revision: int) -> None:
        self.events.append(("listed", tuple(key.name for key in copies), revision))

    def seen(self, copy: Copy) -> None:
        self.events.append(("seen", copy.key.name, copy.revision))

    def gone(self, last: Copy) -> None:
        self.events.append(("gone", last.key.name, last.revision))

    def progress(self, kind: Kind, revision: int) -> None:
        self.events.append(("progress", revision))


@dataclass
class UntilTheScriptEnds:
    """A pause that takes no time."""

    api: ScriptedApi
    waits: list[float] = field(default_factory=list)

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        return self.api.exhausted

    def is_set(self) -> bool:
        return self.api.exhausted


@dataclass(frozen=True)
class Outcome:
    told: list[tuple[Any, ...]]
    waits: list[float]
    asked: list[str]


def the_longest(_: float, longest: float) -> float:
    return longest


def list_watch(api: ScriptedApi, told: Told, pause: UntilTheScriptEnds, now: Callable[[], float]) -> ListWatch:
    return ListWatch(
        Kind.POD,
        api=KindApi(api.client(), RESOURCES[Kind.POD].path(), page_size=2),
        sink=told,
        read=copy_of,
        stopped=pause,
        now=now,
        backoff=Backoff(uniform=the_longest),
        retry_seconds=RETRY_SECONDS,
    )


def outcome_of(*answers: Answer, now: Callable[[], float] = lambda: 0.0) -> Outcome:
    """What is told, waited and asked until the answers are used up. A question is in short `list`, `list PAGE`,
    `watch REVISION`, or `look` for one that only asks how far things are.
    """
    with scripted_api(*answers) as api:
        told, pause = Told(), UntilTheScriptEnds(api)
        list_watch(api, told, pause, now).run()
    return Outcome(told=told.events, waits=pause.waits, asked=[in_short(query) for _, query in api.asked])


def in_short(query: Mapping[str, str]) -> str:
    if "watch" in query:
        return f"watch {query['resourceVersion']}"
    return "look" if query["limit"] == "1" else f"list {query.get('continue', '')}".strip()


def test_the_first_list_is_a_consistent_paged_read_and_the_watch_begins_where_it_ends() -> None:
    with scripted_api(
        page(pod("a", 1), pod("b", 2), revision=10, following="more"),
        page(pod("c", 3), revision=10),
        watch(bookmark(11)),
    ) as api:
        told, pause = Told(), UntilTheScriptEnds(api)
        list_watch(api, told, pause, lambda: 0.0).run()
    assert (told.events, api.asked) == (
        [("listed", ("a", "b", "c"), 10), SYNCED, ("progress", 11)],
        [
            (PODS, {"limit": "2"}),
            (PODS, {"limit": "2", "continue": "more"}),
            (
                PODS,
                {
                    "watch": "true",
                    "resourceVersion": "10",
                    "allowWatchBookmarks": "true",
                    "timeoutSeconds": str(WATCH_SECONDS),
                },
            ),
        ],
    )


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        pytest.param(
            [
                watch(event("ADDED", pod("a", 11)), event("MODIFIED", pod("a", 12)), event("DELETED", pod("a", 13))),
                watch(bookmark(20)),
            ],
            Outcome(
                told=[LISTED, SYNCED, ("seen", "a", 11), ("seen", "a", 12), ("gone", "a", 13), ("progress", 20)],
                waits=[],
                asked=["list", "watch 10", "watch 13"],
            ),
            id="a watch that the server ends is resumed at once after its last event",
        ),
        pytest.param(
            [watch(event("ADDED", pod("a", 11)), event("ADDED", pod("b", 12))[:30], cut=True), watch(bookmark(13))],
            Outcome(
                told=[LISTED, SYNCED, ("seen", "a", 11), ("progress", 13)],
                waits=[],
                asked=["list", "watch 10", "watch 11"],
            ),
            id="a watch that is cut inside an event is resumed before that event, and that is no state",
        ),
        pytest.param(
            [watch(bookmark(15)), watch(event("ADDED", pod("a", 16)))],
            Outcome(
                told=[LISTED, SYNCED, ("progress", 15), ("seen", "a", 16)],
                waits=[],
                asked=["list", "watch 10", "watch 15"],
            ),
            id="a bookmark moves the place to resume from",
        ),
        pytest.param(
            [watch(bookmark(15), bookmark(16), bookmark(17)), watch(bookmark(18))],
            Outcome(
                told=[LISTED, SYNCED, ("progress", 15)],
                waits=[],
                asked=["list", "watch 10", "watch 17"],
            ),
            id="bookmarks in quick succession are told once and still move the place",
        ),
        pytest.param(
            [watch(cut=True), page(revision=15), watch(bookmark(16))],
            Outcome(
                told=[LISTED, SYNCED, (KindState.LOST, "ProtocolError"), SYNCED, ("progress", 16)],
                waits=[0.2],
                asked=["list", "watch 10", "look", "watch 10"],
            ),
            id="a watch that is cut before it said anything is lost until the next, which resumes it",
        ),
        pytest.param(
            [watch(cut=True), page(revision=9), page(pod("b", 8), revision=9), watch(bookmark(10))],
            Outcome(
                told=[
                    LISTED,
                    SYNCED,
                    (KindState.LOST, "ProtocolError"),
                    SYNCING,
                    ("listed", ("b",), 9),
                    SYNCED,
                    ("progress", 10),
                ],
                waits=[0.2, 0.4],
                asked=["list", "watch 10", "look", "list", "watch 9"],
            ),
            id="a cluster that is behind what was seen of it is another one: list again",
        ),
        pytest.param(
            [watch(bookmark(11), bookmark(5)), page(pod("b", 4), revision=5), watch(bookmark(6))],
            Outcome(
                told=[LISTED, SYNCED, ("progress", 11), ("listed", ("b",), 5)],
                waits=[],
                asked=["list", "watch 10", "list", "watch 5"],
            ),
            id="a bookmark behind what was seen: the same",
        ),
        pytest.param(
            [watch(), watch(), watch(bookmark(11))],
            Outcome(
                told=[LISTED, SYNCED, ("progress", 11)],
                waits=[0.2, 0.4],
                asked=["list", "watch 10", "watch 10", "watch 10"],
            ),
            id="a server that ends every watch at once is not asked without pause",
        ),
        pytest.param(
            [watch(bookmark(11)), refusal(410, "too old"), page(pod("b", 30), revision=31), watch(bookmark(32))],
            Outcome(
                told=[LISTED, SYNCED, ("progress", 11), ("listed", ("b",), 31)],
                waits=[],
                asked=["list", "watch 10", "watch 11", "list", "watch 31"],
            ),
            id="410 as an answer: list again at once, as one complete list",
        ),
        pytest.param(
            [watch(event("ADDED", pod("a", 11)), error(410, "too old")), page(revision=31), watch(bookmark(32))],
            Outcome(
                told=[LISTED, SYNCED, ("seen", "a", 11), ("listed", (), 31), ("progress", 32)],
                waits=[],
                asked=["list", "watch 10", "list", "watch 31"],
            ),
            id="410 as an event: the same",
        ),
        pytest.param(
            [watch(error(410, "too old")), page(revision=11), watch(error(410, "too old")), page(revision=12), watch()],
            Outcome(
                told=[LISTED, SYNCED, ("listed", (), 11), ("listed", (), 12)],
                waits=[0.2, 0.4, 0.8],
                asked=["list", "watch 10", "list", "watch 11", "list", "watch 12"],
            ),
            id="a history that is shorter than a list takes is not listed without pause",
        ),
        pytest.param(
            [watch(error(500, "etcd has a cold")), page(revision=11), watch(bookmark(12))],
            Outcome(
                told=[
                    LISTED,
                    SYNCED,
                    (KindState.LOST, "etcd has a cold (HTTP status 500)"),
                    SYNCING,
                    ("listed", (), 11),
                    SYNCED,
                    ("progress", 12),
                ],
                waits=[0.2],
                asked=["list", "watch 10", "list", "watch 11"],
            ),
            id="any other error of a watch: lost, then a list, since nothing is known of what was missed",
        ),
        pytest.param(
            [refusal(503, "starting"), refusal(429, "slow down", Retry_After="7"), watch(bookmark(11))],
            Outcome(
                told=[
                    LISTED,
                    (KindState.LOST, f"{PODS}: starting (HTTP status 503)"),
                    (KindState.LOST, f"{PODS}: slow down (HTTP status 429)"),
                    SYNCED,
                    ("progress", 11),
                ],
                waits=[0.2, 7.0],
                asked=["list", "watch 10", "watch 10", "watch 10"],
            ),
            id="a busy server is given its time and not listed for it",
        ),
        pytest.param(
            [watch(bookmark(11)), refusal(403, "no"), refusal(403, "no"), watch(bookmark(12))],
            Outcome(
                told=[LISTED, SYNCED, ("progress", 11), (KindState.REFUSED, f"{PODS}: no"), SYNCED],
                waits=[RETRY_SECONDS, RETRY_SECONDS],
                asked=["list", "watch 10", "watch 11", "watch 11", "watch 11"],
            ),
            id="a refused watch is told once and resumed where it was when it is allowed",
        ),
        pytest.param(
            [watch(bookmark(11)), refusal(404, "what?"), page(revision=50), watch(bookmark(51))],
            Outcome(
                told=[
                    LISTED,
                    SYNCED,
                    ("progress", 11),
                    (KindState.MISSING, f"{PODS}: what?"),
                    SYNCING,
                    ("listed", (), 50),
                    SYNCED,
                ],
                waits=[RETRY_SECONDS],
                asked=["list", "watch 10", "watch 11", "list", "watch 50"],
            ),
            id="a kind that vanishes is missing, deletes nothing, and is listed anew when it is back",
        ),
        pytest.param(
            [watch(event("MODIFIED", pod("a", 11, spec={"nodeName": 5}))), page(revision=12), watch(bookmark(13))],
            Outcome(
                told=[
                    LISTED,
                    SYNCED,
                    (KindState.LOST, "Pod game-2048/a: spec.nodeName is not a text"),
                    SYNCING,
                    ("listed", (), 12),
                    SYNCED,
                    ("progress", 13),
                ],
                waits=[0.2],
                asked=["list", "watch 10", "list", "watch 12"],
            ),
            id="an object that cannot be read stops the kind instead of being left out",
        ),
        pytest.param(
            [
                watch(b"<html>\n"),
                page(revision=10),
                watch(event("RENAMED", pod("a", 11))),
                page(revision=10),
                watch(bookmark(12)),
            ],
            Outcome(
                told=[
                    LISTED,
                    SYNCED,
                    (KindState.LOST, "the answer is not JSON: is this an API server?"),
                    SYNCED,
                    (KindState.LOST, "the watch sent an event of type 'RENAMED', which is none of the API's"),
                    SYNCED,
                    ("progress", 12),
                ],
                waits=[0.2, 0.4],
                asked=["list", "watch 10", "look", "watch 10", "look", "watch 10"],
            ),
            id="what is no event of the API is not passed over",
        ),
        pytest.param(
            [watch(event("BOOKMARK", {"metadata": {}})), page(revision=10), watch(bookmark(12))],
            Outcome(
                told=[
                    LISTED,
                    SYNCED,
                    (KindState.LOST, "a bookmark cannot be read: resource version 'None' is not a decimal number"),
                    SYNCED,
                    ("progress", 12),
                ],
                waits=[0.2],
                asked=["list", "watch 10", "look", "watch 10"],
            ),
            id="a bookmark without a revision is not resumed from",
        ),
    ],
)
def test_after_an_empty_list(answers: list[Answer], outcome: Outcome) -> None:
    found = outcome_of(page(revision=10), *answers)
    # What the transport calls a cut is not ours to fix; that there is a message is.
    told = [(item[0], "ProtocolError") if str(item[-1]).startswith("ProtocolError") else item for item in found.told]
    assert Outcome(told=told, waits=found.waits, asked=found.asked) == outcome


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        pytest.param(
            [refusal(404, "no CRD"), refusal(404, "no CRD"), page(pod("a", 5), revision=10), watch(bookmark(11))],
            Outcome(
                told=[
                    (KindState.MISSING, f"{PODS}: no CRD"),
                    SYNCING,
                    ("listed", ("a",), 10),
                    SYNCED,
                    ("progress", 11),
                ],
                waits=[RETRY_SECONDS, RETRY_SECONDS],
                asked=["list", "list", "list", "watch 10"],
            ),
            id="a missing kind is taken up when it appears",
        ),
        pytest.param(
            [refusal(401, "who?"), refusal(403, "no"), page(revision=10), watch(bookmark(11))],
            Outcome(
                told=[
                    (KindState.REFUSED, f"{PODS}: who?"),
                    (KindState.REFUSED, f"{PODS}: no"),
                    SYNCING,
                    LISTED,
                    SYNCED,
                    ("progress", 11),
                ],
                waits=[RETRY_SECONDS, RETRY_SECONDS],
                asked=["list", "list", "list", "watch 10"],
            ),
            id="a refused kind is taken up when it is allowed",
        ),
        pytest.param(
            [
                page(pod("a", 1), revision=10, following="more"),
                refusal(410, "the continuation has expired"),
                page(pod("b", 2), revision=20),
                watch(bookmark(21)),
            ],
            Outcome(
                told=[("listed", ("b",), 20), SYNCED, ("progress", 21)],
                waits=[0.2],
                asked=["list", "list more", "list", "watch 20"],
            ),
            id="a continuation that expires starts the list from the front, and no half list is told",
        ),
        pytest.param(
            [
                page(pod("a", 1), revision=10, following="more"),
                Answer(lines=(b'{"items": [',), cut=True),
                page(pod("b", 2), revision=20),
                watch(bookmark(21)),
            ],
            Outcome(
                told=[
                    (KindState.LOST, "ProtocolError"),
                    SYNCING,
                    ("listed", ("b",), 20),
                    SYNCED,
                    ("progress", 21),
                ],
                waits=[0.2],
                asked=["list", "list more", "list", "watch 20"],
            ),
            id="a list that is cut is told neither in part nor as deletions",
        ),
        pytest.param(
            [Answer(status=502, lines=(b"<html>Bad Gateway</html>\n",)), page(revision=10), watch(bookmark(11))],
            Outcome(
                told=[
                    (KindState.LOST, f"{PODS}: <html>Bad Gateway</html> (HTTP status 502)"),
                    SYNCING,
                    LISTED,
                    SYNCED,
                    ("progress", 11),
                ],
                waits=[0.2],
                asked=["list", "list", "watch 10"],
            ),
            id="a proxy's own words are passed on",
        ),
    ],
)
def test_at_the_first_list(answers: list[Answer], outcome: Outcome) -> None:
    found = outcome_of(*answers)
    told = [(item[0], "ProtocolError") if str(item[-1]).startswith("ProtocolError") else item for item in found.told]
    assert Outcome(told=told, waits=found.waits, asked=found.asked) == outcome


def test_a_watch_that_stood_long_has_worked_even_if_nothing_happened() -> None:
    times = iter(range(0, 1000, int(STEADY_SECONDS)))
    found = outcome_of(page(revision=10), watch(cut=True), watch(), watch(bookmark(11)), now=lambda: float(next(times)))
    assert (found.told, found.waits) == ([LISTED, SYNCED, ("progress", 11)], [])


def test_bookmarks_a_second_apart_are_all_told() -> None:
    times = iter(range(100))
    found = outcome_of(page(revision=10), watch(bookmark(11), bookmark(12)), now=lambda: next(times) * PROGRESS_SECONDS)
    assert found.told == [LISTED, SYNCED, ("progress", 11), ("progress", 12)]


def test_an_api_server_that_cannot_be_reached_is_tried_again_ever_more_slowly() -> None:
    with scripted_api() as api:
        pass  # nobody listens there any more
    told = Told()

    class TenTimes(UntilTheScriptEnds):
        def is_set(self) -> bool:
            return len(self.waits) == 10

    pause = TenTimes(api)
    list_watch(api, told, pause, lambda: 0.0).run()
    [(state, message)] = told.events
    assert state is KindState.LOST
    assert "Connection refused" in message
    assert pause.waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0, 10.0][: len(pause.waits)]


def test_waits_are_spread_between_half_and_whole() -> None:
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    backoff = Backoff(uniform=uniform)
    waits = [backoff.next_seconds(), backoff.next_seconds()]
    backoff.reset()
    assert (waits, backoff.next_seconds(), asked[0]) == ([0.1, 0.2], 0.1, (FIRST_SECONDS / 2, FIRST_SECONDS))
    assert max(backoff.next_seconds() for _ in range(20)) == LIMIT_SECONDS / 2


def test_a_watch_that_is_interrupted_from_another_thread_ends() -> None:
    held = threading.Event()
    with scripted_api(Answer(lines=(bookmark(11),), held=held)) as server:
        api = KindApi(server.client(), RESOURCES[Kind.POD].path(), page_size=2)
        heard = threading.Event()
        ends: list[Exception] = []

        def read() -> None:
            try:
                with api.watch(10) as events:
                    for _ in events:
                        heard.set()
            except UnreachableError as error:
                ends.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        heard.wait()
        api.interrupt()
        reader.join()
        held.set()
        with pytest.raises(UnreachableError), api.watch(11):
            pass
    assert len(ends) == 1
