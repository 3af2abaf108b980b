"""Copies and changes for tests, with defaults for all that a test does not care about."""

from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, Copy, ObjectKey, Verb


def key(name: str, kind: Kind = Kind.POD) -> ObjectKey:
    return ObjectKey(kind=kind, namespace="game-2048", name=name)


def copy(name: str, revision: int, *, uid: str = "", content: bytes = b"", kind: Kind = Kind.POD) -> Copy:
    """`uid` is the name unless given, `content` says so too."""
    return Copy(key=key(name, kind), uid=uid or name, revision=revision, content=content or name.encode())


def change(verb: Verb, of: Copy, *, revision: int | None = None, trace: str = "") -> Change:
    return Change(verb=verb, copy=of, revision=of.revision if revision is None else revision, traceparent=trace)
