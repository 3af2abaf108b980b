"""The value of `actions.<protocol>-<port>` on a Service: traffic divided by weight (service behaviour, section 9)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.planner.core.annotations.values import BadValueError, json_object

MAX_WEIGHT = 999
# AWS wants a weight for each of several target groups; one that is left out is this.
DEFAULT_WEIGHT = 1


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
    action = json_object(text)
    if action.get("type") != "forward":
        raise BadValueError('type: accepted is "forward"')
    config = _object(action.get("forwardConfig"), "forwardConfig")
    listed = config.get("targetGroups", [])
    if not isinstance(listed, list):
        raise BadValueError("forwardConfig.targetGroups: accepted is a JSON list")
    entries = [_object(entry, f"forwardConfig.targetGroups[{i}]") for i, entry in enumerate(listed)]
    if sum(entry.get("weight") is None for entry in entries) > 1:
        raise BadValueError("forwardConfig.targetGroups: only one entry may leave its weight out")
    stickiness = config.get("targetGroupStickinessConfig")
    return WeightedForward(
        base_weight=_weight(config.get("baseServiceWeight"), "forwardConfig.baseServiceWeight"),
        targets=tuple(_target(entry, f"forwardConfig.targetGroups[{i}]") for i, entry in enumerate(entries)),
        sticky=None if stickiness is None else _sticky(stickiness),
    )


def _target(entry: Mapping[str, object], where: str) -> WeightedTarget:
    arn, service = _text(entry, "targetGroupARN", where), _text(entry, "serviceName", where)
    if bool(arn) == bool(service):
        raise BadValueError(f"{where}: exactly one of targetGroupARN and serviceName is needed")
    port: int | str = 0
    if service:
        port = _port(entry.get("servicePort"), f"{where}.servicePort")
    return WeightedTarget(
        weight=_weight(entry.get("weight"), f"{where}.weight"),
        arn=arn,
        service_name=service,
        service_port=port,
        decrypt=_flag(entry.get("decrypt", False), f"{where}.decrypt"),
    )


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadValueError(f"{where}: a JSON object is needed")
    return value


def _text(entry: Mapping[str, object], key: str, where: str) -> str:
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadValueError(f"{where}.{key}: accepted is a text")
    return value


def _port(value: object, where: str) -> int | str:
    if isinstance(value, str) and value:
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else value
    if type(value) is int:
        return value
    raise BadValueError(f"{where}: the name or the number of a port is needed")


def _weight(value: object, where: str) -> int:
    if value is None:
        return DEFAULT_WEIGHT
    if type(value) is not int or not 0 <= value <= MAX_WEIGHT:
        raise BadValueError(f"{where}: accepted are whole numbers from 0 to {MAX_WEIGHT}")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadValueError(f"{where}: accepted are true and false")
    return value


def _sticky(value: object) -> bool | None:
    where = "forwardConfig.targetGroupStickinessConfig"
    enabled = _object(value, where).get("enabled")
    return None if enabled is None else _flag(enabled, f"{where}.enabled")
