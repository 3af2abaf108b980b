"""The one serialisation of plans and of JSON values with references: same value, same bytes.

A `Ref` becomes `{"$ref": "<step>#<JMESPath>"}`, a `Secret` `{"$secret": "<namespace>/<name>#<key>", "digest": ...}`:
the executor resolves both.
"""

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from services.planner.core.plans import Json, Plan, Ref, Secret


def to_plain(value: Json) -> Json:
    """The value with references replaced by their JSON form and mappings and tuples by dicts and lists."""
    match value:
        case Ref():
            return {"$ref": f"{value.step}#{value.path}"}
        case Secret():
            return {"$secret": value.reference, "digest": value.digest}
        case dict():
            return {k: to_plain(v) for k, v in value.items()}
        case list() | tuple():
            return [to_plain(v) for v in value]
        case _:
            return value


def to_json(value: Json) -> str:
    """Canonical JSON text of a value that may hold references."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plan_bytes(plan: Plan) -> bytes:
    """A whole plan as canonical JSON, UTF-8."""
    return to_json(_plain_data(plan)).encode()


def plan_digest(plan: Plan) -> str:
    """Twelve hex digits that name the plan's steps, for logs and spans."""
    return hashlib.sha256(to_json(_plain_data(plan.steps)).encode()).hexdigest()[:12]


def _plain_data(value: Any) -> Json:
    if isinstance(value, Ref | Secret):
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        body = {f.name: _plain_data(getattr(value, f.name)) for f in fields(value)}
        return {"type": type(value).__name__, **body}
    if isinstance(value, dict):
        return {str(k): _plain_data(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain_data(v) for v in value]
    if isinstance(value, frozenset):
        return sorted((_plain_data(v) for v in value), key=repr)
    return value
