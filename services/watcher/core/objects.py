"""What the watcher keeps and passes on: copies of objects, and changes of them.

Made by the list/watch threads, kept by the feed, folded per receiver, and turned into messages by `convert`.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.watcher.core.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKey:
    """What identifies an object as long as it is not deleted and made again."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One state of one object."""

    key: ObjectKey
    uid: str
    revision: int
    """Resource version; comparable within a kind (Kubernetes API concepts, "Resource versions")."""

    content: bytes
    """The projected object without its resource version: equal bytes are an equal meaning."""


class Verb(StrEnum):
    """What happened to an object."""

    ADDED = "added"
    MODIFIED = "modified"
    RENEWED = "renewed"
    """Only its resource version moved: nothing that is projected changed."""

    DELETED = "deleted"
    LISTED = "listed"
    """Nothing happened: it is part of a snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to one object."""

    verb: Verb
    copy: Copy
    """The object after the change; for a deletion its last known copy."""

    revision: int
    """Resource version of the change. Only for a deletion it may differ from the copy's."""

    traceparent: str = ""
    """Trace that the change started, empty where it started none."""

    @property
    def deleted(self) -> bool:
        return self.verb is Verb.DELETED


def revision_of(text: str) -> int:
    """A resource version as a number. Raises ValueError for what is not a decimal number, which no API server gives
    (Kubernetes API concepts, "Resource versions": a monotonically increasing integer).
    """
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"resource version {text!r} is not a decimal number")
    return int(text)
