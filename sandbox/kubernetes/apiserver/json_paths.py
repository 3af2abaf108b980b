"""The JSONPath subset of printer columns: fields, indices, wildcards and equality filters (kubectl's dialect)."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.kubernetes.apiserver.objects import JsonObject

_STEP = re.compile(
    r"""\.(?P<name>(?:[A-Za-z0-9_/\-]|\\\.)+)
      | \[\s*(?P<index>-?\d+)\s*\]
      | \[\s*['"](?P<quoted>[^'"]+)['"]\s*\]
      | (?P<wild>\[\s*\*\s*\]|\.\*)
      | \[\?\(\s*@\.(?P<key>[A-Za-z0-9_.\-]+)\s*==\s*['"](?P<value>[^'"]*)['"]\s*\)\]""",
    re.VERBOSE,
)


class BadPath(ValueError):  # noqa: N818 - the path is what is bad
    """A path outside the supported subset."""


def steps_of(path: str) -> list[re.Match[str]]:
    """The steps of a path; BadPath when some of it cannot be read."""
    steps: list[re.Match[str]] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise BadPath(f"cannot read {path!r} from position {at}")
        steps.append(step)
        at = step.end()
    return steps


def json_path_values(obj: Any, path: str) -> list[Any]:
    """Every value that the path reaches."""
    values = [obj]
    for step in steps_of(path):
        values = [found for value in values for found in _follow(value, step)]
    return values


def _follow(value: Any, step: re.Match[str]) -> list[Any]:
    name = step["name"].replace("\\.", ".") if step["name"] else step["quoted"]
    if name is not None:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if step["wild"]:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if not isinstance(value, list):
        return []
    if step["index"] is not None:
        return value[int(step["index"]) :][:1]
    return [item for item in value if step["value"] in map(str, json_path_values(item, f".{step['key']}"))]


def json_path_text(obj: JsonObject, path: str) -> Any:
    """A cell: numbers and booleans as they are, several values joined by commas, nothing as None."""
    values = json_path_values(obj, path)
    if not values:
        return None
    if len(values) == 1:
        (value,) = values
        return json.dumps(value, separators=(",", ":")) if isinstance(value, dict | list) else value
    return ",".join(str(value) for value in values)
