"""Actions and conditions, with read-back differences evened out (ELBv2 behaviour, section 4.6)."""

from collections.abc import Mapping, Sequence

from services.planner.core.aws import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    OpaqueAction,
    Redirect,
    TargetGroupWeight,
)
from services.planner.core.parse.descriptions import Description, canonical

CONDITION_CONFIGS: Mapping[str, str] = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def actions(entries: Sequence[Description]) -> tuple[Action, ...]:
    """Actions in the order of `Order`."""
    return tuple(_action(a) for a in sorted(entries, key=lambda a: int(a.get("Order") or 0)))


def _action(a: Description) -> Action:
    match a.get("Type"):
        case "forward":
            return _forward(a)
        case "fixed-response":
            c = a["FixedResponseConfig"]
            return FixedResponse(
                status_code=c["StatusCode"],
                content_type=c.get("ContentType") or None,
                body=c.get("MessageBody") or None,
            )
        case "redirect":
            c = a["RedirectConfig"]
            return Redirect(
                status_code=c["StatusCode"],
                protocol=_unless(c.get("Protocol"), "#{protocol}"),
                host=_unless(c.get("Host"), "#{host}"),
                port=_unless(c.get("Port"), "#{port}"),
                path=_unless(c.get("Path"), "/#{path}"),
                query=_unless(c.get("Query"), "#{query}"),
            )
        case _:
            return OpaqueAction(json=canonical({k: v for k, v in a.items() if k != "Order"}))


def _forward(a: Description) -> Forward:
    config = a.get("ForwardConfig") or {}
    entries = config.get("TargetGroups") or [{"TargetGroupArn": a["TargetGroupArn"]}]
    alone = len(entries) == 1
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    sticky = bool(stickiness.get("Enabled")) or None
    return Forward(
        groups=tuple(
            sorted(
                (
                    TargetGroupWeight(
                        target_group=e["TargetGroupArn"],
                        weight=None if alone or e.get("Weight") is None else int(e["Weight"]),
                    )
                    for e in entries
                ),
                key=lambda g: g.target_group,
            )
        ),
        sticky=sticky,
        sticky_seconds=stickiness.get("DurationSeconds") if sticky else None,
    )


def condition(c: Description) -> Condition:
    """A condition; plain values where the field has a plain value list, the JSON of its config otherwise."""
    field = c["Field"]
    config = {k: v for k, v in (c.get(CONDITION_CONFIGS.get(field, "")) or {}).items() if v}
    values = config.get("Values") or c.get("Values") or ()
    if all(isinstance(v, str) for v in values) and values and set(config) <= {"Values"}:
        return Condition(field=field, values=tuple(values))
    return Condition(field=field, json=canonical(config))


def _unless(value: str | None, default: str) -> str | None:
    return None if value in (None, "", default) else value
