"""The value of `actions.<protocol>-<port>` on a Service: traffic divided by weight (service behaviour, section 9)."""

from dataclasses import dataclass

from services.planner.core.annotations.actions import MAX_TARGET_GROUPS
from services.planner.core.annotations.json_fields import JsonFields
from services.planner.core.annotations.values import json_value

MAX_WEIGHT = 999
# AWS wants a weight for each of several target groups; one that is left out is this.
DEFAULT_WEIGHT = 1
# Digits that are no number of a port any more.
_TOO_LONG = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedTarget:
    """One target group beside the Service's own: by `arn`, or made for a port of another Service. `decrypt`: behind a
    TLS listener its targets are spoken to in clear."""

    weight: int
    arn: str = ""
    service_name: str = ""
    service_port: int | str = 0
    decrypt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedForward:
    """The Service's own target group with its weight, then the others. `sticky` None: not said."""

    base_weight: int
    targets: tuple[WeightedTarget, ...]
    sticky: bool | None = None


def weighted_forward(text: str) -> WeightedForward:
    """The action; whoever reads a refusal finds the place in the JSON in it."""
    action = JsonFields(json_value(text))
    action.needed_choice("type", "forward")
    config = action.needed_child("forwardConfig")
    groups = config.children("targetGroups")
    if len(groups) >= MAX_TARGET_GROUPS:
        most = f"{MAX_TARGET_GROUPS - 1} entries, which makes {MAX_TARGET_GROUPS} target groups with the Service's own"
        config.refuse("targetGroups", f"must have at most {most}")
    if sum(group.integer("weight", 0, MAX_WEIGHT) is None for group in groups) > 1:
        config.refuse("targetGroups", "may leave the weight of one entry out, not of several")
    sticky = config.child("targetGroupStickinessConfig")
    return WeightedForward(
        base_weight=_weight(config, "baseServiceWeight"),
        targets=tuple(_target(group) for group in groups),
        sticky=None if sticky is None else sticky.flag("enabled"),
    )


def _target(group: JsonFields) -> WeightedTarget:
    arn, service = group.text("targetGroupARN") or "", group.text("serviceName") or ""
    if bool(arn) == bool(service):
        group.refuse_whole("must have exactly one of targetGroupARN and serviceName")
    return WeightedTarget(
        weight=_weight(group, "weight"),
        arn=arn,
        service_name=service,
        service_port=_port(group) if service else 0,
        decrypt=bool(group.flag("decrypt")),
    )


def _port(group: JsonFields) -> int | str:
    port = group.number_or_text("servicePort")
    if port is None or port == "":
        group.refuse("servicePort", "is needed: the number or name of a port of the Service")
    if isinstance(port, str) and port.isascii() and port.isdecimal() and len(port) < _TOO_LONG:
        return int(port)
    return port


def _weight(fields: JsonFields, name: str) -> int:
    weight = fields.integer(name, 0, MAX_WEIGHT)
    return DEFAULT_WEIGHT if weight is None else weight
