"""What may change one kind of the view: snapshots, live changes, replicas that lag, streams that are cut."""

import pytest

from services.planner.core.objects import Kind, Pod
from services.planner.view.events import Changed, KindState
from services.planner.view.kind import KindView
from tests.unit.planner_shell.things import pod, seen


def kind_view(*pods: Pod, at: int = 10) -> KindView:
    """A kind that was synced once with these objects."""
    view = KindView(Kind.POD)
    sync(view, *pods, at=at)
    return view


def sync(view: KindView, *pods: Pod, at: int) -> list[Changed]:
    view.begin_snapshot()
    for thing in pods:
        view.see(seen(thing, snapshot=True))
    return list(view.end_snapshot(at))


def held(view: KindView) -> dict[str, str]:
    """Names and versions of what the view holds."""
    return {name: thing.meta.resource_version for (_, name), thing in sorted(view.objects.items())}


def test_the_first_snapshot_brings_every_object_and_says_that_it_is_the_first() -> None:
    view = KindView(Kind.POD)
    a, b = pod("a", version=3), pod("b", version=7)
    assert not view.synced_once
    assert sync(view, a, b, at=10) == [
        Changed(kind=Kind.POD, old=None, new=a, first=True),
        Changed(kind=Kind.POD, old=None, new=b, first=True),
    ]
    assert view.synced_once


def test_nothing_of_a_snapshot_counts_before_it_has_ended() -> None:
    view = kind_view(pod("a", version=3))
    view.begin_snapshot()
    view.see(seen(pod("b", version=4), snapshot=True))
    assert held(view) == {"a": "3"}
    view.cut()
    assert list(view.end_snapshot(20)) == []
    assert held(view) == {"a": "3"}


def test_a_later_snapshot_deletes_what_it_lacks() -> None:
    gone, kept = pod("gone", version=3), pod("kept", version=4)
    view = kind_view(gone, kept)
    assert sync(view, kept, at=20) == [Changed(kind=Kind.POD, old=gone, new=None)]
    assert held(view) == {"kept": "4"}


def test_an_unchanged_object_of_a_snapshot_changes_nothing() -> None:
    view = kind_view(pod("a", version=3))
    assert sync(view, pod("a", version=3), at=20) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(seen(pod("a", version=12)), {"a": "12"}, id="a newer version replaces"),
        pytest.param(seen(pod("a", version=4)), {"a": "5"}, id="an older version of the same object is ignored"),
        pytest.param(seen(pod("a", version=5)), {"a": "5"}, id="the same version changes nothing"),
        pytest.param(seen(pod("b", version=12)), {"a": "5", "b": "12"}, id="another object is added"),
        pytest.param(seen(pod("a", version=5), deleted_at=12), {}, id="a deletion removes"),
        pytest.param(
            seen(pod("a", version=12, uid="second")), {"a": "12"}, id="an object made anew under the name replaces"
        ),
        pytest.param(
            seen(pod("a", version=4, uid="before"), deleted_at=12),
            {"a": "5"},
            id="the deletion of another object of that name removes nothing",
        ),
    ],
)
def test_live_changes(change: object, expected: dict[str, str]) -> None:
    view = kind_view(pod("a", version=5))
    view.see(change)  # type: ignore[arg-type]
    assert held(view) == expected


def test_a_change_keeps_its_trace() -> None:
    view = kind_view()
    new = pod("a", version=12)
    assert view.see(seen(new, traceparent="trace")) == Changed(kind=Kind.POD, old=None, new=new, traceparent="trace")


def test_a_live_change_during_a_snapshot_gets_through_and_outlives_it() -> None:
    view = kind_view(pod("a", version=5), pod("b", version=6))
    view.begin_snapshot()
    view.see(seen(pod("a", version=5), snapshot=True))
    assert view.see(seen(pod("a", version=12))) is not None
    view.see(seen(pod("b", version=6), snapshot=True))
    assert view.see(seen(pod("b", version=6), deleted_at=13)) is not None
    view.see(seen(pod("c", version=14)))
    list(view.end_snapshot(11))
    assert held(view) == {"a": "12", "c": "14"}


class TestLaggingReplica:
    """Another watcher, behind the one that was heard before."""

    def test_a_snapshot_behind_the_mark_is_ignored(self) -> None:
        view = kind_view(pod("a", version=5), pod("b", version=20), at=30)
        assert sync(view, pod("a", version=5), at=15) == []
        assert held(view) == {"a": "5", "b": "20"}

    def test_its_changes_are_ignored_until_it_has_caught_up(self) -> None:
        view = kind_view(pod("a", version=20), at=30)
        sync(view, pod("a", version=5), pod("old", version=6), at=15)
        assert view.see(seen(pod("old", version=6))) is None
        assert view.see(seen(pod("new", version=31))) is not None
        assert held(view) == {"a": "20", "new": "31"}

    def test_it_has_caught_up_with_a_bookmark_at_the_mark(self) -> None:
        view = kind_view(at=30)
        sync(view, at=15)
        view.progress(30)
        assert view.see(seen(pod("a", version=29))) is not None

    def test_it_does_not_bring_back_what_was_deleted_after_the_mark(self) -> None:
        a = pod("a", version=5)
        view = kind_view(a, at=30)
        view.see(seen(a, deleted_at=40))
        assert sync(view, a, at=35) == []
        assert held(view) == {}

    def test_it_does_not_take_away_what_was_made_after_its_snapshot(self) -> None:
        view = kind_view(at=30)
        view.see(seen(pod("a", version=40)))
        sync(view, at=35)
        assert held(view) == {"a": "40"}

    def test_the_name_of_a_deleted_object_can_be_used_again(self) -> None:
        view = kind_view(pod("a", version=5), at=30)
        view.see(seen(pod("a", version=5), deleted_at=40))
        sync(view, pod("a", version=45, uid="second"), at=50)
        assert held(view) == {"a": "45"}


@pytest.mark.parametrize(
    ("at", "passed"),
    [
        pytest.param(10, True, id="up to the mark everything is known"),
        pytest.param(25, True, id="the object itself is known in a later version"),
        pytest.param(26, False, id="a version that has not come is not"),
    ],
)
def test_whether_a_version_has_been_seen(at: int, passed: bool) -> None:
    view = kind_view(pod("a", version=5), at=10)
    view.see(seen(pod("a", version=25)))
    assert view.has_passed(("shop", "a"), at) is passed


def test_a_deletion_passes_every_version_before_it() -> None:
    view = kind_view(pod("a", version=5), at=10)
    view.see(seen(pod("a", version=5), deleted_at=20))
    assert view.has_passed(("shop", "a"), 20)
    assert not view.has_passed(("shop", "a"), 21)
    view.progress(21)
    assert view.has_passed(("shop", "a"), 21)


def test_reports_of_a_state_delete_nothing() -> None:
    view = kind_view(pod("a", version=5))
    for state in KindState:
        view.report(state, "why")
    assert held(view) == {"a": "5"}
