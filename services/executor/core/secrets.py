"""Secrets in the parameters of a call: which ones a plan names, and the parameters with them filled in.

`{"$secret": "<namespace>/<name>#<key>", "digest": ...}` stands for what a Secret holds. It is filled in when the call
is sent and in nothing else: results and spans keep the reference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.executor.core.steps import Json

MARKER = "$secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A secret as a plan names it; `digest`: of what is meant."""

    namespace: str
    name: str
    key: str
    digest: str


def named(value: Json) -> frozenset[Named]:
    """All secrets that the parameters name. Raises ValueError for a name that is none."""
    return frozenset(_all(value))


def filled(value: Json, contents: Mapping[Named, str]) -> Json:
    """A copy of the parameters with the secrets in their places."""
    if isinstance(value, Mapping):
        if MARKER in value:
            return contents[_named(value)]
        return {key: filled(item, contents) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, contents) for item in value]
    return value


def _all(value: Json) -> Iterator[Named]:
    if isinstance(value, Mapping):
        if MARKER in value:
            yield _named(value)
        else:
            for item in value.values():
                yield from _all(item)
    elif isinstance(value, list):
        for item in value:
            yield from _all(item)


def _named(value: Mapping[str, Json]) -> Named:
    path, _, key = str(value[MARKER]).partition("#")
    namespace, _, name = path.partition("/")
    digest = value.get("digest")
    if not (namespace and name and key and isinstance(digest, str) and digest) or len(value) != 2:
        raise ValueError(f"{value[MARKER]!r} is no secret: <namespace>/<name>#<key> with a digest")
    return Named(namespace=namespace, name=name, key=key, digest=digest)
