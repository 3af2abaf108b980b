"""What one receiver is told, and in which order."""

from collections.abc import Iterable

from services.watcher.core.events import (
    Batch,
    Event,
    KindState,
    Progress,
    Report,
    SnapshotBegun,
    SnapshotEnded,
)
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, Copy, ObjectKey, Verb
from services.watcher.core.outbox import BATCH_BYTES, BATCH_CHANGES, Outbox
from tests.unit.watcher.copies import change, copy

SYNCING = Report(kind=Kind.POD, state=KindState.SYNCING)
SYNCED = Report(kind=Kind.POD, state=KindState.SYNCED)
LOST = Report(kind=Kind.POD, state=KindState.LOST, message="connection refused")


class Shelf:
    """The feed's part: what is there now."""

    def __init__(self, copies: Iterable[Copy], revision: int) -> None:
        self.copies = {item.key: item for item in copies}
        self.revision = revision

    def copy_of(self, key: ObjectKey) -> Copy | None:
        return self.copies.get(key)

    def revision_of(self, kind: Kind) -> int:
        return self.revision


def all_of(outbox: Outbox, shelf: Shelf) -> list[Event]:
    told: list[Event] = []
    while events := outbox.take(shelf):
        told.extend(events)
    return told


def batch(*changes: Change) -> Batch:
    return Batch(changes=changes)


def listed(item: Copy) -> Change:
    return change(Verb.LISTED, item)


def large(name: str) -> Copy:
    return copy(name, 1, content=b"x" * (BATCH_BYTES // 2 + 1))


def test_a_snapshot_begins_lists_and_ends_with_its_revision_and_then_the_kind_is_synced() -> None:
    outbox, shelf = Outbox(), Shelf([copy("a", 1), copy("b", 2)], revision=9)
    outbox.report(SYNCING)
    outbox.begin_snapshot(Kind.POD, shelf.copies)
    outbox.report(SYNCED)
    assert all_of(outbox, shelf) == [
        SYNCING,
        SnapshotBegun(kind=Kind.POD),
        batch(listed(copy("a", 1)), listed(copy("b", 2))),
        SnapshotEnded(kind=Kind.POD, revision=9),
        SYNCED,
    ]


def test_an_empty_kind_has_a_snapshot_too() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=9)
    outbox.begin_snapshot(Kind.POD, ())
    assert all_of(outbox, shelf) == [SnapshotBegun(kind=Kind.POD), SnapshotEnded(kind=Kind.POD, revision=9)]


def test_a_kind_that_is_not_watched_any_more_keeps_its_bad_state_after_the_snapshot() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=9)
    outbox.report(LOST)
    outbox.begin_snapshot(Kind.POD, ())
    outbox.report(LOST)
    told = all_of(outbox, shelf)
    outbox.report(SYNCED)
    assert (told, all_of(outbox, shelf)) == (
        [LOST, SnapshotBegun(kind=Kind.POD), SnapshotEnded(kind=Kind.POD, revision=9)],
        [SYNCED],
    )


def test_a_live_change_overtakes_a_long_snapshot() -> None:
    outbox, shelf = Outbox(), Shelf([large("a"), large("b"), large("c")], revision=9)
    outbox.begin_snapshot(Kind.POD, shelf.copies)
    first = [*outbox.take(shelf), *outbox.take(shelf)]
    gone = change(Verb.DELETED, copy("c", 10), trace="t")
    del shelf.copies[gone.copy.key]
    shelf.revision = 10
    outbox.change(gone)
    assert (first, all_of(outbox, shelf)) == (
        [SnapshotBegun(kind=Kind.POD), batch(listed(large("a")))],
        [batch(gone), batch(listed(large("b"))), SnapshotEnded(kind=Kind.POD, revision=10)],
    )


def test_a_snapshot_tells_the_newest_state_and_what_was_added_meanwhile() -> None:
    outbox, shelf = Outbox(), Shelf([large("a"), large("b")], revision=9)
    outbox.begin_snapshot(Kind.POD, shelf.copies)
    first = [*outbox.take(shelf), *outbox.take(shelf)]
    edited, added = copy("b", 10, content=b"new"), copy("c", 11)
    for item, verb in ((edited, Verb.MODIFIED), (added, Verb.ADDED)):
        shelf.copies[item.key] = item
        outbox.change(change(verb, item))
    shelf.revision = 11
    assert (first, all_of(outbox, shelf)) == (
        [SnapshotBegun(kind=Kind.POD), batch(listed(large("a")))],
        [
            batch(change(Verb.MODIFIED, edited), change(Verb.ADDED, added)),
            batch(listed(edited), listed(added)),
            SnapshotEnded(kind=Kind.POD, revision=11),
        ],
    )


def test_pieces_of_a_snapshot_are_small() -> None:
    many = [copy(f"pod-{number}", 1) for number in range(BATCH_CHANGES + 1)]
    outbox, shelf = Outbox(), Shelf([*many, large("x"), large("y")], revision=9)
    outbox.begin_snapshot(Kind.POD, shelf.copies)
    sizes = [len(event.changes) for event in all_of(outbox, shelf) if isinstance(event, Batch)]
    assert sizes == [BATCH_CHANGES, 2, 1]


def test_objects_deleted_before_their_turn_are_not_listed() -> None:
    outbox, shelf = Outbox(), Shelf([copy("a", 1)], revision=9)
    outbox.begin_snapshot(Kind.POD, [copy("a", 1).key, *(copy(f"gone-{n}", 1).key for n in range(2 * BATCH_CHANGES))])
    assert all_of(outbox, shelf) == [
        SnapshotBegun(kind=Kind.POD),
        batch(listed(copy("a", 1))),
        SnapshotEnded(kind=Kind.POD, revision=9),
    ]


def test_snapshots_do_not_starve_under_a_stream_of_changes() -> None:
    outbox, shelf = Outbox(), Shelf([large("a"), large("b")], revision=9)
    outbox.begin_snapshot(Kind.POD, shelf.copies)
    told: list[Event] = []
    for revision in range(10, 18):
        outbox.change(change(Verb.MODIFIED, copy("busy", revision, kind=Kind.NODE)))
        told.extend(outbox.take(shelf))
    assert SnapshotEnded(kind=Kind.POD, revision=9) in told


def test_progress_is_told_behind_the_changes_it_speaks_of() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=5)
    outbox.change(change(Verb.ADDED, copy("a", 5)))
    outbox.progress(Progress(kind=Kind.POD, revision=5))
    assert all_of(outbox, shelf) == [batch(change(Verb.ADDED, copy("a", 5))), Progress(kind=Kind.POD, revision=5)]


def test_progress_that_is_overtaken_says_no_less_than_was_told() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=8)
    outbox.change(change(Verb.ADDED, copy("a", 5)))
    outbox.progress(Progress(kind=Kind.POD, revision=5))
    outbox.change(change(Verb.MODIFIED, copy("a", 8)))
    assert all_of(outbox, shelf) == [batch(change(Verb.MODIFIED, copy("a", 8))), Progress(kind=Kind.POD, revision=8)]


def test_progress_says_no_more_than_was_told_while_changes_wait_behind_it() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=8)
    outbox.progress(Progress(kind=Kind.POD, revision=5))
    outbox.change(change(Verb.ADDED, copy("a", 8)))
    outbox.progress(Progress(kind=Kind.POD, revision=8))
    assert all_of(outbox, shelf) == [
        Progress(kind=Kind.POD, revision=5),
        batch(change(Verb.ADDED, copy("a", 8))),
        Progress(kind=Kind.POD, revision=8),
    ]


def test_progress_before_the_end_of_a_snapshot_is_left_to_that_end() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=8)
    outbox.begin_snapshot(Kind.POD, ())
    outbox.progress(Progress(kind=Kind.POD, revision=8))
    assert all_of(outbox, shelf) == [SnapshotBegun(kind=Kind.POD), SnapshotEnded(kind=Kind.POD, revision=8)]


def test_a_state_that_is_no_news_is_not_repeated() -> None:
    outbox, shelf = Outbox(), Shelf([], revision=0)
    for report in (LOST, LOST, SYNCED, SYNCED):
        outbox.report(report)
    assert all_of(outbox, shelf) == [LOST, SYNCED]
