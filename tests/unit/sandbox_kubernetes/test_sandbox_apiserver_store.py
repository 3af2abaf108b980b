"""The store: revisions, history, and lists of earlier states."""

from __future__ import annotations

import pytest

from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.store import Change, HistoryGone, Store

PODS = "pods"


def _object(name: str, value: int = 0) -> JsonObject:
    return {"metadata": {"name": name}, "value": value}


def _put(store: Store, name: str, value: int = 0, namespace: str = "a") -> int:
    return store.put(PODS, (namespace, name), _object(name, value)).revision


def _state(store: Store, revision: int, namespace: str = "") -> list[tuple[str, int]]:
    records = store.shelf(PODS).records_at(namespace, revision)
    return [(record.key[1], record.object["value"]) for record in records]


def test_every_write_to_any_shelf_gets_the_next_revision() -> None:
    store = Store()
    first = store.revision
    revisions = [
        store.put("pods", ("a", "x"), _object("x")).revision,
        store.put("services", ("a", "x"), _object("x")).revision,
        store.delete("pods", ("a", "x")).revision,
    ]
    assert revisions == [first + 1, first + 2, first + 3]
    assert store.revision == first + 3


def test_records_come_in_key_order_and_by_namespace() -> None:
    store = Store()
    for namespace, name in (("b", "x"), ("a", "y"), ("ab", "z"), ("a", "x")):
        _put(store, name, namespace=namespace)
    shelf = store.shelf(PODS)
    assert [record.key for record in shelf.records("")] == [("a", "x"), ("a", "y"), ("ab", "z"), ("b", "x")]
    assert [record.key for record in shelf.records("a")] == [("a", "x"), ("a", "y")]


def test_an_earlier_state_is_rebuilt_from_the_history() -> None:
    store = Store()
    _put(store, "kept")
    before = _put(store, "changed", 1)
    _put(store, "changed", 2)
    _put(store, "new")
    store.delete(PODS, ("a", "kept"))
    assert _state(store, before) == [("changed", 1), ("kept", 0)]
    assert _state(store, store.revision) == [("changed", 2), ("new", 0)]


def test_a_deletion_carries_the_last_state_with_its_own_revision() -> None:
    store = Store()
    created = _put(store, "x", 7)
    store.delete(PODS, ("a", "x"))
    (event,) = store.shelf(PODS).events_after(created)
    assert event.change is Change.DELETED
    assert event.record.object == {"metadata": {"name": "x", "resourceVersion": str(created + 1)}, "value": 7}
    assert event.previous is not None
    assert event.previous.object["metadata"]["resourceVersion"] == str(created)


@pytest.mark.parametrize(
    ("offset", "lost"),
    [
        pytest.param(-1, True, id="one revision before the compaction is gone"),
        pytest.param(0, False, id="the compacted revision itself can be watched from"),
    ],
)
def test_forgotten_history_cannot_be_read(offset: int, lost: bool) -> None:
    store = Store()
    _put(store, "x")
    store.forget_history()
    revision = store.revision + offset
    if lost:
        with pytest.raises(HistoryGone):
            store.shelf(PODS).events_after(revision)
    else:
        assert store.shelf(PODS).events_after(revision) == []


def test_the_window_keeps_at_least_its_size_and_forgets_what_is_older() -> None:
    store = Store(window=3)
    revisions = [_put(store, "x", value) for value in range(7)]
    shelf = store.shelf(PODS)
    assert [event.revision for event in shelf.events_after(revisions[3])] == revisions[4:]
    with pytest.raises(HistoryGone):
        shelf.events_after(revisions[2])


def test_a_listener_hears_every_write_until_it_stops() -> None:
    store = Store()
    heard: list[int] = []
    stop = store.shelf(PODS).listen(lambda: heard.append(store.revision))
    first = _put(store, "x")
    stop()
    _put(store, "y")
    assert heard == [first]


def test_deleting_what_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Store().delete(PODS, ("a", "x"))
