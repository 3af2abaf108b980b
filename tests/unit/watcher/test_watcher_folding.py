"""Pending changes of one receiver."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.watcher.core.comparing import after_gone, after_seen
from services.watcher.core.events import KindState, Marker, Progress, Report
from services.watcher.core.folding import OVERHEAD_BYTES, Folding
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, Copy, ObjectKey, Verb
from tests.unit.watcher.copies import change, copy

PROGRESS = Progress(kind=Kind.POD, revision=7)


def all_of(folding: Folding) -> list[tuple[Change, ...] | Marker]:
    taken = []
    while (item := folding.take(max_bytes=10_000, max_changes=100)) is not None:
        taken.append(item)
    return taken


@pytest.mark.parametrize(
    ("added", "told"),
    [
        pytest.param(
            [
                change(Verb.ADDED, copy("a", 1), trace="t1"),
                change(Verb.MODIFIED, copy("a", 2), trace="t2"),
                change(Verb.MODIFIED, copy("a", 3), trace="t3"),
            ],
            [change(Verb.MODIFIED, copy("a", 3), trace="t1")],
            id="the newest state with the oldest trace",
        ),
        pytest.param(
            [change(Verb.RENEWED, copy("a", 1)), change(Verb.MODIFIED, copy("a", 2), trace="t2")],
            [change(Verb.MODIFIED, copy("a", 2), trace="t2")],
            id="a change that started no trace takes that of the next",
        ),
        pytest.param(
            [change(Verb.MODIFIED, copy("a", 1), trace="t1"), change(Verb.RENEWED, copy("a", 2))],
            [change(Verb.RENEWED, copy("a", 2), trace="t1")],
            id="a moved resource version keeps the trace of the change before it",
        ),
        pytest.param(
            [
                change(Verb.MODIFIED, copy("a", 1), trace="t1"),
                change(Verb.ADDED, copy("b", 2)),
                change(Verb.DELETED, copy("a", 3), trace="t3"),
            ],
            [change(Verb.DELETED, copy("a", 3), trace="t1"), change(Verb.ADDED, copy("b", 2))],
            id="a deletion takes the place of what it ends",
        ),
        pytest.param(
            [
                change(Verb.DELETED, copy("a", 1, uid="first"), trace="t1"),
                change(Verb.ADDED, copy("a", 2, uid="second"), trace="t2"),
                change(Verb.MODIFIED, copy("a", 3, uid="second"), trace="t3"),
            ],
            [
                change(Verb.DELETED, copy("a", 1, uid="first"), trace="t1"),
                change(Verb.MODIFIED, copy("a", 3, uid="second"), trace="t2"),
            ],
            id="a deletion and another object of the name stay two changes",
        ),
        pytest.param(
            [
                change(Verb.DELETED, copy("a", 1, uid="first"), trace="t1"),
                change(Verb.ADDED, copy("a", 2, uid="second")),
                change(Verb.DELETED, copy("a", 3, uid="second")),
                change(Verb.ADDED, copy("a", 4, uid="third")),
                change(Verb.DELETED, copy("a", 5, uid="third")),
            ],
            [change(Verb.DELETED, copy("a", 1, uid="first"), revision=5, trace="t1")],
            id="objects made and deleted while they were pending leave the first deletion, at the last revision",
        ),
        pytest.param(
            [change(Verb.MODIFIED, copy("a", 1, uid="first")), change(Verb.ADDED, copy("a", 2, uid="second"))],
            [
                change(Verb.DELETED, copy("a", 1, uid="first"), revision=2),
                change(Verb.ADDED, copy("a", 2, uid="second")),
            ],
            id="another object in place of one whose deletion nobody saw is told as both",
        ),
    ],
)
def test_changes_of_one_object_fold(added: Sequence[Change], told: Sequence[Change]) -> None:
    folding = Folding()
    for item in added:
        folding.add(item)
    assert all_of(folding) == [tuple(told)]


def test_a_busy_object_keeps_the_place_of_its_oldest_change() -> None:
    folding = Folding()
    for revision, name in enumerate("abaca"):
        folding.add(change(Verb.MODIFIED, copy(name, revision)))
    assert all_of(folding) == [
        (
            change(Verb.MODIFIED, copy("a", 4)),
            change(Verb.MODIFIED, copy("b", 1)),
            change(Verb.MODIFIED, copy("c", 3)),
        )
    ]


def test_a_marker_comes_out_behind_what_was_there_before_it() -> None:
    folding = Folding()
    report = Report(kind=Kind.POD, state=KindState.LOST)
    folding.mark(report)
    folding.add(change(Verb.ADDED, copy("a", 1)))
    folding.mark(PROGRESS)
    folding.add(change(Verb.ADDED, copy("b", 2)))
    assert all_of(folding) == [
        report,
        (change(Verb.ADDED, copy("a", 1)),),
        PROGRESS,
        (change(Verb.ADDED, copy("b", 2)),),
    ]


@pytest.mark.parametrize(
    ("max_bytes", "max_changes", "sizes"),
    [
        pytest.param(2 * (10 + OVERHEAD_BYTES), 100, [2, 2, 1], id="as many as there are bytes for"),
        pytest.param(100_000, 3, [3, 2], id="as many as are allowed"),
        pytest.param(1, 100, [1, 1, 1, 1, 1], id="at least one, however large"),
    ],
)
def test_what_is_taken_at_once_is_limited(max_bytes: int, max_changes: int, sizes: list[int]) -> None:
    folding = Folding()
    for name in "abcde":
        folding.add(change(Verb.ADDED, copy(name, 1, content=b"0123456789")))
    taken = []
    while (item := folding.take(max_bytes=max_bytes, max_changes=max_changes)) is not None:
        assert isinstance(item, tuple)
        taken.append(len(item))
    assert taken == sizes


def test_it_is_known_which_kinds_have_changes_pending() -> None:
    folding = Folding()
    folding.add(change(Verb.ADDED, copy("a", 1, kind=Kind.NODE)))
    folding.add(change(Verb.MODIFIED, copy("a", 2, kind=Kind.NODE)))
    before = (folding.waits_for(Kind.NODE), folding.waits_for(Kind.POD))
    folding.take(max_bytes=1, max_changes=1)
    assert (before, folding.waits_for(Kind.NODE)) == ((True, False), False)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["edit", "renew", "delete", "remake", "take"]))))
def test_however_slowly_it_is_read_the_receiver_ends_with_what_is_there(steps: list[tuple[str, str]]) -> None:
    there: dict[ObjectKey, Copy] = {}
    view: dict[ObjectKey, Copy] = {}
    folding = Folding()

    def receive() -> None:
        taken = folding.take(max_bytes=100, max_changes=2)
        assert taken is None or isinstance(taken, tuple)
        for item in taken or ():
            known = view.get(item.copy.key)
            assert known is None or item.deleted or known.uid == item.copy.uid, "another object came without a deletion"
            if item.deleted:
                view.pop(item.copy.key, None)
            else:
                view[item.copy.key] = item.copy

    for revision, (name, step) in enumerate(steps):
        known = there.get(copy(name, 0).key)
        if step == "take":
            receive()
            continue
        uid = known.uid if known and step != "remake" else f"uid-{revision}"
        content = known.content if known and step == "renew" else str(revision).encode()
        now = copy(name, revision, uid=uid, content=content)
        for item in after_gone(known, now) if step == "delete" else after_seen(known, now):
            folding.add(item)
        if step == "delete":
            there.pop(now.key, None)
        else:
            there[now.key] = now
        assert len(folding) <= 3, "more pends than there are names"
    while len(folding):
        receive()
    assert view == there
