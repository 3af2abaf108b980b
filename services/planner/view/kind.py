"""One kind of the view: its objects, and what may change them. Used by `cluster.ClusterView` only.

The watcher may be any of several replicas, one of them lagging behind the one that was heard last; a stream may be cut
in the middle of a snapshot. Neither may bring a deleted object back or take a living one away. So the kind keeps a mark
up to which it is known to be complete, and the tombstones of what was deleted after it.
"""

from collections.abc import Iterator, Mapping

from services.planner.core.objects import Kind
from services.planner.view.events import Changed, KindState, Seen
from services.planner.view.objects import Name, Object, name_of, revision


class KindView:
    """Objects of one kind by namespace and name."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._objects: dict[Name, Object] = {}
        self._snapshot: dict[Name, Object] | None = None
        self._tombstones: dict[Name, dict[str, int]] = {}
        self._mark = 0
        self._lagging = False
        self.synced_once = False
        self.state = KindState.SYNCING
        self.message = "not listed yet"

    @property
    def objects(self) -> Mapping[Name, Object]:
        """The objects; to be read, not kept."""
        return self._objects

    def copy(self) -> "KindView":
        """A view of its own with the same objects and state, outside of any snapshot."""
        made = KindView(self._kind)
        made._objects = dict(self._objects)
        made._mark, made.synced_once = self._mark, self.synced_once
        made.state, made.message = self.state, self.message
        return made

    def put(self, thing: Object) -> Changed:
        """Takes an object in, whatever its version."""
        name = name_of(thing)
        old, self._objects[name] = self._objects.get(name), thing
        return Changed(kind=self._kind, old=old, new=thing)

    def report(self, state: KindState, message: str) -> None:
        """Notes a state. Nothing is deleted because of one."""
        self.state, self.message = state, message

    def cut(self) -> None:
        """The stream is cut: what was begun is void, what is known stays."""
        self._snapshot = None
        self._lagging = False

    def begin_snapshot(self) -> None:
        """The objects that follow as a snapshot are gathered until `end_snapshot`."""
        self._snapshot = {}

    def see(self, seen: Seen) -> Changed | None:
        """Folds one object; None when it changes nothing (yet)."""
        if seen.snapshot:
            if self._snapshot is not None:
                self._snapshot[name_of(seen.thing)] = seen.thing
            return None
        if self._lagging and seen.revision <= self._mark:
            return None
        if seen.deleted:
            return self._delete(seen.thing, seen.revision, seen.traceparent)
        return self._replace(seen.thing, seen.traceparent)

    def end_snapshot(self, at: int) -> Iterator[Changed]:
        """Folds the gathered snapshot, complete up to revision `at`: what it lacks is deleted.

        A snapshot that is older than the mark is ignored, and so is what follows until its sender has caught up.
        """
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is None:
            return
        if at < self._mark:
            self._lagging = True
            return
        first, self.synced_once = not self.synced_once, True
        for name, thing in list(self._objects.items()):
            if name not in snapshot and revision(thing.meta.resource_version) <= at:
                del self._objects[name]
                yield Changed(kind=self._kind, old=thing, new=None, first=first)
        for thing in snapshot.values():
            changed = self._replace(thing, "", first=first)
            if changed is not None:
                yield changed
        self.progress(at)

    def progress(self, at: int) -> None:
        """Everything up to revision `at` has been folded."""
        if at < self._mark:
            return
        self._mark, self._lagging = at, False
        for name, uids in list(self._tombstones.items()):
            left = {uid: deleted for uid, deleted in uids.items() if deleted > at}
            if left:
                self._tombstones[name] = left
            else:
                del self._tombstones[name]

    def has_passed(self, name: Name, at: int) -> bool:
        """Whether the object is known as it was at revision `at`, or later."""
        thing = self._objects.get(name)
        if thing is not None and revision(thing.meta.resource_version) >= at:
            return True
        return self._mark >= at or any(deleted >= at for deleted in self._tombstones.get(name, {}).values())

    def _replace(self, new: Object, traceparent: str, *, first: bool = False) -> Changed | None:
        name = name_of(new)
        old = self._objects.get(name)
        version = revision(new.meta.resource_version)
        if new.meta.uid in self._tombstones.get(name, {}):
            return None
        if old is not None and revision(old.meta.resource_version) >= version:
            return None
        self._objects[name] = new
        return Changed(kind=self._kind, old=old, new=new, first=first, traceparent=traceparent)

    def _delete(self, last: Object, at: int, traceparent: str) -> Changed | None:
        name = name_of(last)
        self._tombstones.setdefault(name, {})[last.meta.uid] = at
        if self._snapshot is not None and name in self._snapshot and self._snapshot[name].meta.uid == last.meta.uid:
            del self._snapshot[name]
        old = self._objects.get(name)
        if old is None or old.meta.uid != last.meta.uid:
            return None
        del self._objects[name]
        return Changed(kind=self._kind, old=old, new=None, traceparent=traceparent)
