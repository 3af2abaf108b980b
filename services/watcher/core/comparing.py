"""What happened, told from what is known of a kind and what the API server says now.

Called by the feed. Known copies go in, changes come out, in the order in which they must be delivered.
"""

from collections.abc import Mapping

from services.watcher.core.objects import Change, Copy, ObjectKey, Verb


def after_seen(known: Copy | None, seen: Copy) -> tuple[Change, ...]:
    """The object exists in this state. One that was deleted and made again unseen is both: a deletion, then another
    object.
    """
    if known is None:
        return (_present(Verb.ADDED, seen),)
    if known.uid != seen.uid:
        gone = Change(verb=Verb.DELETED, copy=known, revision=seen.revision)
        return (gone, _present(Verb.ADDED, seen))
    return (_present(Verb.RENEWED if known.content == seen.content else Verb.MODIFIED, seen),)


def after_gone(known: Copy | None, last: Copy) -> tuple[Change, ...]:
    """The object of this name is gone, last seen as `last`. Of one that was never known nothing is said."""
    if known is None:
        return ()
    return (Change(verb=Verb.DELETED, copy=last if last.uid == known.uid else known, revision=last.revision),)


def after_list(known: Mapping[ObjectKey, Copy], listed: Mapping[ObjectKey, Copy], revision: int) -> tuple[Change, ...]:
    """The complete list says this, as of `revision`: what it lacks is deleted, what it repeats unmoved is no change.

    Deletions come first, so that no receiver is ever told of more objects than there are.
    """
    gone = (Change(verb=Verb.DELETED, copy=copy, revision=revision) for key, copy in known.items() if key not in listed)
    moved = (
        change
        for key, copy in listed.items()
        if (before := known.get(key)) is None or (before.uid, before.revision) != (copy.uid, copy.revision)
        for change in after_seen(before, copy)
    )
    return (*gone, *moved)


def _present(verb: Verb, copy: Copy) -> Change:
    return Change(verb=verb, copy=copy, revision=copy.revision)
