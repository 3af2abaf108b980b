"""Values of `actions.<name>`: what a rule or a default action does (ingress behaviour, section 13).

Bounds are those of the ELBv2 API (types RedirectActionConfig, FixedResponseActionConfig, ForwardActionConfig). Read by
the catalogue; the build makes actions of these, and finds out which Services they name.
"""

import re
from dataclasses import dataclass

from services.planner.core.annotations.json_fields import JsonFields
from services.planner.core.annotations.values import json_value
from services.planner.core.aws import FixedResponse, Redirect

MAX_WEIGHT = 999
MAX_TARGET_GROUPS = 5
MAX_STICKY_SECONDS = 604_800
_MAX_BODY, _MAX_REDIRECT_TEXT = 1024, 128
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
_STATUS_CODE = re.compile(r"[245][0-9][0-9]")
_ARN = re.compile(r"arn:[^:]*:elasticloadbalancing:[^:]*:[^:]*:targetgroup/.+")
_NUMERIC = re.compile(r"[+-]?[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardEntry:
    """One target group of a forward: of a Service's port (as it is written, numbers as numbers), by its ARN, or by its
    name."""

    service: str = ""
    port: int | str = 0
    arn: str = ""
    name: str = ""
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardTo:
    """A forward as it is written; `sticky` and `sticky_seconds` are None where they are not given."""

    entries: tuple[ForwardEntry, ...]
    sticky: bool | None = None
    sticky_seconds: int | None = None


ActionValue = ForwardTo | FixedResponse | Redirect


def action(text: str) -> ActionValue:
    """The action that the JSON describes."""
    fields = JsonFields(json_value(text))
    match fields.needed_choice("type", "forward", "redirect", "fixed-response"):
        case "redirect":
            return _redirect(fields.needed_child("redirectConfig"))
        case "fixed-response":
            return _fixed_response(fields.needed_child("fixedResponseConfig"))
        case _:
            return _forward(fields)


def _fixed_response(config: JsonFields) -> FixedResponse:
    status = config.needed_text("statusCode")
    if not _STATUS_CODE.fullmatch(status):
        config.refuse("statusCode", "must be a text of three digits that starts with 2, 4 or 5")
    return FixedResponse(
        status_code=status,
        content_type=(config.text("contentType") and config.choice("contentType", *_CONTENT_TYPES)) or None,
        body=config.short_text("messageBody", _MAX_BODY) or None,
    )


def _redirect(config: JsonFields) -> Redirect:
    path = config.short_text("path", _MAX_REDIRECT_TEXT, shortest=1)
    if path is not None and not path.startswith("/"):
        config.refuse("path", "must start with /")
    port = config.text("port")
    if port not in (None, "#{port}") and not (port.isdecimal() and port.isascii() and 1 <= int(port) <= 65535):
        config.refuse("port", "must be a text with a number from 1 to 65535, or #{port}")
    return Redirect(
        status_code=config.needed_choice("statusCode", "HTTP_301", "HTTP_302"),
        protocol=config.choice("protocol", "HTTP", "HTTPS", "#{protocol}"),
        host=config.short_text("host", _MAX_REDIRECT_TEXT, shortest=1),
        port=port,
        path=path,
        query=config.short_text("query", _MAX_REDIRECT_TEXT),
    )


def _forward(fields: JsonFields) -> ForwardTo:
    config = fields.child("forwardConfig")
    short = [name for name in ("targetGroupARN", "targetGroupName") if fields.text(name)]
    if len(short) + (config is not None) != 1:
        fields.refuse_whole("must have exactly one of forwardConfig, targetGroupARN and targetGroupName")
    if config is None:
        return ForwardTo(entries=(_entry(fields, weighted=False),))
    groups = config.children("targetGroups")
    if not 1 <= len(groups) <= MAX_TARGET_GROUPS:
        config.refuse("targetGroups", f"must have 1 to {MAX_TARGET_GROUPS} entries")
    sticky, seconds = _stickiness(config.child("targetGroupStickinessConfig"))
    return ForwardTo(
        entries=tuple(_entry(group, weighted=len(groups) > 1) for group in groups),
        sticky=sticky,
        sticky_seconds=seconds,
    )


def _stickiness(config: JsonFields | None) -> tuple[bool | None, int | None]:
    if config is None:
        return None, None
    enabled, seconds = config.flag("enabled"), config.integer("durationSeconds", 1, MAX_STICKY_SECONDS)
    if enabled and seconds is None:
        config.refuse("durationSeconds", "is needed where stickiness is enabled")
    return enabled, seconds


def _entry(group: JsonFields, *, weighted: bool) -> ForwardEntry:
    arn, name, service = (group.text(field) or "" for field in ("targetGroupARN", "targetGroupName", "serviceName"))
    if [bool(arn), bool(name), bool(service)].count(True) != 1:
        group.refuse_whole("must have exactly one of serviceName, targetGroupARN and targetGroupName")
    if arn and not _ARN.fullmatch(arn):
        group.refuse("targetGroupARN", "must be the ARN of a target group")
    weight = group.integer("weight", 0, MAX_WEIGHT)
    if weighted and weight is None:
        group.refuse("weight", "is needed where there are several target groups")
    return ForwardEntry(service=service, port=_port(group) if service else 0, arn=arn, name=name, weight=weight)


def _port(group: JsonFields) -> int | str:
    port = group.number_or_text("servicePort")
    if isinstance(port, str) and _NUMERIC.fullmatch(port):
        port = int(port)
    if port is None or port == "":
        group.refuse("servicePort", "is needed: the number or name of a port of the Service")
    return port
