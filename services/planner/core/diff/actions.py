"""Actions and conditions as ELBv2 takes them, and desired actions with target groups by ARN instead of resource id; a
group that is not of the stack has its ARN from the start."""

import json
from collections.abc import Mapping
from dataclasses import replace

from services.planner.core.aws import Action, Condition, FixedResponse, Forward, OpaqueAction, Redirect
from services.planner.core.parse import CONDITION_CONFIGS
from services.planner.core.plans import Json, Ref

Arns = Mapping[str, str | Ref]


def resolved(actions: tuple[Action, ...], arns: Arns) -> tuple[Action, ...] | None:
    """The actions with ARNs for resource ids, in the form of an observed rule; None where a group is yet to be made."""
    found: list[Action] = []
    for action in actions:
        if not isinstance(action, Forward):
            found.append(action)
            continue
        groups = []
        for entry in action.groups:
            arn = arns.get(entry.target_group, entry.target_group)
            if isinstance(arn, Ref):
                return None
            groups.append(replace(entry, target_group=arn, weight=entry.weight if len(action.groups) > 1 else None))
        found.append(replace(action, groups=tuple(sorted(groups, key=lambda g: g.target_group))))
    return tuple(found)


def action_parameters(actions: tuple[Action, ...], arns: Arns) -> list[dict[str, Json]]:
    """Actions as calls take them, numbered from 1."""
    return [{**_action(a, arns), "Order": i} for i, a in enumerate(actions, start=1)]


def _action(action: Action, arns: Arns) -> dict[str, Json]:
    match action:
        case Forward():
            return {"Type": "forward", "ForwardConfig": _forward(action, arns)}
        case FixedResponse():
            fields = {
                "StatusCode": action.status_code,
                "ContentType": action.content_type,
                "MessageBody": action.body,
            }
            return {"Type": "fixed-response", "FixedResponseConfig": _given(fields)}
        case Redirect():
            fields = {
                "StatusCode": action.status_code,
                "Protocol": action.protocol,
                "Host": action.host,
                "Port": action.port,
                "Path": action.path,
                "Query": action.query,
            }
            return {"Type": "redirect", "RedirectConfig": _given(fields)}
        case OpaqueAction():
            return dict(json.loads(action.json))


def _forward(action: Forward, arns: Arns) -> dict[str, Json]:
    alone = len(action.groups) == 1
    groups = [
        _given({"TargetGroupArn": arns.get(g.target_group, g.target_group), "Weight": None if alone else g.weight})
        for g in action.groups
    ]
    config: dict[str, Json] = {"TargetGroups": groups}
    if action.sticky is not None:
        config["TargetGroupStickinessConfig"] = _given(
            {"Enabled": action.sticky, "DurationSeconds": action.sticky_seconds}
        )
    return config


def condition_parameters(conditions: tuple[Condition, ...]) -> list[dict[str, Json]]:
    """Conditions as calls take them."""
    return [
        {
            "Field": c.field,
            CONDITION_CONFIGS[c.field]: json.loads(c.json) if c.json else {"Values": list(c.values)},
        }
        for c in conditions
    ]


def _given(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {k: v for k, v in fields.items() if v is not None}
