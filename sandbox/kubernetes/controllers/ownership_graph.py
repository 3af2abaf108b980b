"""Who owns whom, over all resources: the index that garbage collection decides from. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.kubernetes.client.objects import Object, is_terminating, uid_of
from sandbox.kubernetes.client.resources import Resource

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An object, reduced to what deletion needs."""

    resource: Resource
    item: Object

    @property
    def owners(self) -> list[Object]:
        return self.item["metadata"].get("ownerReferences") or []

    @property
    def finalizers(self) -> list[str]:
        return self.item["metadata"].get("finalizers") or []

    @property
    def waits_for_dependents(self) -> bool:
        """Being deleted in the foreground: it goes after what it owns."""
        return is_terminating(self.item) and FOREGROUND in self.finalizers

    @property
    def lets_dependents_go(self) -> bool:
        """Being deleted with the wish that what it owns stays."""
        return is_terminating(self.item) and ORPHAN in self.finalizers


class OwnershipGraph:
    """All objects by UID, and the dependents of each owner, whether or not the owner is known."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, set[str]] = {}

    def get(self, uid: str) -> Node | None:
        return self._nodes.get(uid)

    def put(self, node: Node) -> None:
        uid = uid_of(node.item)
        self._unlink(uid)
        self._nodes[uid] = node
        for reference in node.owners:
            self._dependents.setdefault(reference["uid"], set()).add(uid)

    def remove(self, uid: str) -> None:
        self._unlink(uid)
        self._nodes.pop(uid, None)

    def remove_all(self, resource: Resource) -> None:
        """Take out every object of a resource."""
        for uid in [uid for uid, node in self._nodes.items() if node.resource == resource]:
            self.remove(uid)

    def dependents(self, uid: str) -> list[Node]:
        return [self._nodes[one] for one in sorted(self._dependents.get(uid, ()))]

    def blocking(self, uid: str) -> list[Node]:
        """The dependents that must be gone before their owner is, when it is deleted in the foreground."""
        return [one for one in self.dependents(uid) if _blocks(one.owners, uid)]

    def _unlink(self, uid: str) -> None:
        before = self._nodes.get(uid)
        for reference in before.owners if before else ():
            siblings = self._dependents.get(reference["uid"], set())
            siblings.discard(uid)
            if not siblings:
                self._dependents.pop(reference["uid"], None)


def _blocks(owners: Iterable[Object], uid: str) -> bool:
    return any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in owners)
