"""Holes in parameters and bodies: parts of earlier answers, resolved just before a step is sent.

`{"$ref": "<step>#<JMESPath>"}` stands for a part of the answer of a step, `{"$join": [...]}` for the concatenation of
strings and references. A secret keeps its reference here. Called by the runner; `referenced_steps` also by the graph,
for the edges that references imply.
"""

from collections.abc import Iterator, Mapping

import jmespath
from jmespath.exceptions import JMESPathError

from services.executor.core.secrets import MARKER
from services.executor.core.steps import Json

_REF = "$ref"
_JOIN = "$join"


class UnresolvedReferenceError(Exception):
    """A reference that cannot become a value; the step that holds it can never succeed as it is."""


def referenced_steps(value: Json) -> frozenset[str]:
    """Ids of the steps whose answers `value` refers to, however deep."""
    return frozenset(reference.partition("#")[0] for reference in _references(value))


def resolve(value: Json, answers: Mapping[str, Json]) -> Json:
    """A copy of `value` with every hole filled from `answers` (by step id).

    Raises UnresolvedReferenceError for a reference without path, to a step without answer, with a wrong path, or to
    nothing: null is never sent in the place of a value.
    """
    if isinstance(value, Mapping):
        marker = next((key for key in value if isinstance(key, str) and key.startswith("$")), None)
        if marker is not None:
            return _fill(marker, value, answers)
        return {key: resolve(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, answers) for item in value]
    return value


def _fill(marker: str, value: Mapping[str, Json], answers: Mapping[str, Json]) -> Json:
    if marker == MARKER and "digest" in value:
        return dict(value)
    if len(value) != 1:
        raise UnresolvedReferenceError(f"{marker} stands beside other keys: {', '.join(sorted(value))}")
    if marker == _REF and isinstance(value[_REF], str):
        return _look_up(value[_REF], answers)
    if marker == _JOIN and isinstance(value[_JOIN], list):
        return "".join(_part(part, answers) for part in value[_JOIN])
    raise UnresolvedReferenceError(f"{marker} is no form of reference that this executor knows")


def _part(part: Json, answers: Mapping[str, Json]) -> str:
    resolved = resolve(part, answers)
    if not isinstance(resolved, str):
        raise UnresolvedReferenceError(f"{_JOIN} takes strings and references to strings, not {resolved!r}")
    return resolved


def _look_up(reference: str, answers: Mapping[str, Json]) -> Json:
    step, separator, path = reference.partition("#")
    if not separator or not path:
        raise UnresolvedReferenceError(f"{reference!r} is not of the form <step>#<JMESPath>")
    if step not in answers:
        raise UnresolvedReferenceError(f"{reference!r} refers to a step that has no answer")
    try:
        found = jmespath.search(path, answers[step])
    except JMESPathError as error:
        raise UnresolvedReferenceError(f"{reference!r} holds no valid JMESPath: {error}") from error
    if found is None:
        raise UnresolvedReferenceError(f"{reference!r} finds nothing in the answer of {step!r}")
    return found


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get(_REF), str):
            yield value[_REF]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
