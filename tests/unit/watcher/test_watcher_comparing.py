"""What happened, told from what was known and what is said now."""

import pytest

from services.watcher.core.comparing import after_gone, after_list, after_seen
from services.watcher.core.objects import Change, Copy, Verb, revision_of
from tests.unit.watcher.copies import change, copy


@pytest.mark.parametrize(
    ("known", "seen", "changes"),
    [
        pytest.param(None, copy("a", 5), (change(Verb.ADDED, copy("a", 5)),), id="an unknown object was added"),
        pytest.param(
            copy("a", 4, content=b"old"),
            copy("a", 5, content=b"new"),
            (change(Verb.MODIFIED, copy("a", 5, content=b"new")),),
            id="another content is a modification",
        ),
        pytest.param(
            copy("a", 4),
            copy("a", 5),
            (change(Verb.RENEWED, copy("a", 5)),),
            id="the same content only moves the resource version",
        ),
        pytest.param(
            copy("a", 4, uid="first"),
            copy("a", 9, uid="second"),
            (
                change(Verb.DELETED, copy("a", 4, uid="first"), revision=9),
                change(Verb.ADDED, copy("a", 9, uid="second")),
            ),
            id="another uid is a deletion and another object, never an update",
        ),
    ],
)
def test_what_an_object_that_is_seen_means(known: Copy | None, seen: Copy, changes: tuple[Change, ...]) -> None:
    assert after_seen(known, seen) == changes


@pytest.mark.parametrize(
    ("known", "last", "changes"),
    [
        pytest.param(None, copy("a", 5), (), id="of an object nobody knew nothing is said"),
        pytest.param(
            copy("a", 4, content=b"old"),
            copy("a", 5, content=b"last"),
            (change(Verb.DELETED, copy("a", 5, content=b"last")),),
            id="a deletion carries the last state",
        ),
        pytest.param(
            copy("a", 4, uid="known"),
            copy("a", 5, uid="other"),
            (change(Verb.DELETED, copy("a", 4, uid="known"), revision=5),),
            id="what is deleted is what was known",
        ),
    ],
)
def test_what_a_deletion_means(known: Copy | None, last: Copy, changes: tuple[Change, ...]) -> None:
    assert after_gone(known, last) == changes


def test_a_later_list_is_told_as_what_was_missed() -> None:
    known = [copy("gone", 1), copy("same", 2), copy("edited", 3), copy("remade", 4, uid="first"), copy("moved", 5)]
    listed = [
        copy("same", 2),
        copy("edited", 30, content=b"new"),
        copy("remade", 40, uid="second"),
        copy("moved", 50),
        copy("added", 60),
    ]
    told = after_list({item.key: item for item in known}, {item.key: item for item in listed}, 70)
    assert told == (
        change(Verb.DELETED, copy("gone", 1), revision=70),
        change(Verb.MODIFIED, copy("edited", 30, content=b"new")),
        change(Verb.DELETED, copy("remade", 4, uid="first"), revision=40),
        change(Verb.ADDED, copy("remade", 40, uid="second")),
        change(Verb.RENEWED, copy("moved", 50)),
        change(Verb.ADDED, copy("added", 60)),
    )


def test_an_empty_list_deletes_all_that_was_known() -> None:
    known = {item.key: item for item in (copy("a", 1), copy("b", 2))}
    assert after_list(known, {}, 9) == (
        change(Verb.DELETED, copy("a", 1), revision=9),
        change(Verb.DELETED, copy("b", 2), revision=9),
    )


def test_resource_versions_compare_as_numbers() -> None:
    assert revision_of("1000") > revision_of("999")


@pytest.mark.parametrize(
    "text", ["", "v5", "-1", "1.5", "\u0665"], ids=["empty", "a letter", "a sign", "a point", "not ASCII"]
)
def test_what_is_no_decimal_number_is_no_resource_version(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number"):
        revision_of(text)
