"""What drift is told as: the changes of a plan that follows from AWS alone, in words (architecture, section 7).

Called after such a plan was executed. The objects have not changed, so what a change calls new is what was expected,
and what it calls old is what somebody else made of it.
"""

import json
from collections.abc import Iterator

from services.planner.core.plans import Change, ChangeAction, FieldChange, Json, Plan

_MAX_VALUE = 200


def drift_messages(plan: Plan) -> Iterator[tuple[str, str]]:
    """For each changed resource the object that asks for it, as `Change.asked_by`, and what to say there."""
    for change in plan.changes:
        name = f"{change.kind} {change.name}"
        match change.action:
            case ChangeAction.CREATE:
                yield change.asked_by, f"{name}: expected, and not found: made again"
            case ChangeAction.DELETE:
                yield change.asked_by, f"{name}: not expected, and found: removed"
            case ChangeAction.MODIFY | ChangeAction.REPLACE:
                yield change.asked_by, f"{name}: {_fields(change)}: put right"
            case ChangeAction.NO_OP:
                pass


def _fields(change: Change) -> str:
    return "; ".join(map(_field, change.fields))


def _field(field: FieldChange) -> str:
    return f"{field.field}: expected {_value(field.new)}, found {_value(field.old)}"


def _value(value: Json) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
