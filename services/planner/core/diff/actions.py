"""Actions and conditions as ELBv2 takes them, and desired actions with target groups by ARN instead of resource id; a
group that is not of the stack has its ARN from the start."""

import json
from collections.abc import Mapping
from dataclasses import replace

from services.planner.core.aws import (
    Action,
    Authentication,
    Condition,
    FixedResponse,
    Forward,
    OpaqueAction,
    Redirect,
    TargetGroupWeight,
)
from services.planner.core.parse import AUTHENTICATION_CONFIGS, CONDITION_CONFIGS
from services.planner.core.plans import Json, Ref, Secret

Arns = Mapping[str, str | Ref]


def same_actions(wanted: tuple[Action, ...], found: tuple[Action, ...], arns: Arns) -> bool:
    """Whether standing actions are the wanted ones (ingress behaviour, section 23): what a forward says about
    stickiness counts only as far as it is wanted, a secret never."""
    return len(wanted) == len(found) and all(_same(w, f, arns) for w, f in zip(wanted, found, strict=True))


def _same(wanted: Action, found: Action, arns: Arns) -> bool:
    match wanted, found:
        case Forward(), Forward():
            return _resolved(wanted, arns) == _as_far_as_wanted(wanted, found)
        case Redirect(), Redirect():
            return wanted.plain == found.plain
        case Authentication(), _:
            return replace(wanted, secret=None) == found
    return wanted == found


def _resolved(action: Forward, arns: Arns) -> Forward | None:
    """The forward as it is observed, with ARNs for resource ids; None where a group is yet to be made."""
    groups = []
    for entry in action.groups:
        arn = arn_of(entry, arns)
        if isinstance(arn, Ref):
            return None
        groups.append(replace(entry, target_group=arn, weight=entry.weight if len(action.groups) > 1 else None))
    sticky = action.sticky or None
    return Forward(
        groups=tuple(sorted(groups, key=lambda g: g.target_group)),
        sticky=sticky,
        sticky_seconds=action.sticky_seconds if sticky else None,
    )


def _as_far_as_wanted(wanted: Forward, found: Forward) -> Forward:
    sticky = found.sticky if wanted.sticky is not None else None
    seconds = found.sticky_seconds if sticky and wanted.sticky_seconds is not None else None
    return replace(found, sticky=sticky, sticky_seconds=seconds)


def arn_of(entry: TargetGroupWeight, arns: Arns) -> str | Ref:
    """The ARN of what an entry forwards to: others' target groups are named by theirs."""
    return arns.get(entry.target_group, entry.target_group)


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
        case Authentication():
            config: dict[str, Json] = json.loads(action.config)
            if action.secret is not None:
                config["ClientSecret"] = Secret(action.secret.reference, action.secret.digest)
            return {"Type": action.type, AUTHENTICATION_CONFIGS[action.type]: config}
        case OpaqueAction():
            return dict(json.loads(action.json))


def _forward(action: Forward, arns: Arns) -> dict[str, Json]:
    groups = [_given({"TargetGroupArn": arn_of(g, arns), "Weight": g.weight}) for g in action.groups]
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
