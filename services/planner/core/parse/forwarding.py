"""Actions and conditions, with read-back differences evened out (ELBv2 behaviour, section 4.6)."""

import json
from collections.abc import Mapping, Sequence

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
from services.planner.core.parse.descriptions import Description, canonical

CONDITION_CONFIGS: Mapping[str, str] = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}

AUTHENTICATION_CONFIGS: Mapping[str, str] = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
}
_SECRETS = ("ClientSecret", "UseExistingClientSecret")


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
                protocol=c.get("Protocol") or None,
                host=c.get("Host") or None,
                port=c.get("Port") or None,
                path=c.get("Path") or None,
                query=c.get("Query"),
            ).plain
        case "authenticate-oidc" | "authenticate-cognito" | "jwt-validation" as type_:
            config = a.get(AUTHENTICATION_CONFIGS[type_]) or {}
            return Authentication(type=type_, config=canonical(_told(config)))
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
    if not config and c.get("RegexValues"):
        config = {"RegexValues": c["RegexValues"]}
    values = config.get("Values") or c.get("Values") or ()
    if field == "query-string":
        config = {**config, "Values": [{k: v for k, v in pair.items() if v} for pair in values]}
    if all(isinstance(v, str) for v in values) and values and set(config) <= {"Values"}:
        return Condition(field=field, values=tuple(values))
    return Condition(field=field, json=canonical(config))


def transforms(entries: Sequence[Description]) -> str:
    """The JSON of a rule's transforms, sorted by type as they are compared; "" for none."""
    found = [{k: v for k, v in t.items() if v} for t in entries]
    return canonical(sorted(found, key=lambda t: str(t.get("Type")))) if found else ""


def sorted_transforms(text: str) -> str:
    """Transforms as they are written, in the form of an observed rule."""
    return transforms(json.loads(text)) if text else ""


def _told(config: Mapping[str, object]) -> dict[str, object]:
    """What AWS tells of a configuration: no secrets, and nothing that is empty. A call's own answer may be made of what
    was sent, whose secret is a reference."""
    return {k: v for k, v in config.items() if k not in _SECRETS and v not in (None, "", [], {})}
