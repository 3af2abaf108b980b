"""Values of `conditions.<name>`: further conditions of the rules of one backend (ingress behaviour, section 11.3).

Bounds are those of the ELBv2 API (type RuleCondition). Read by the catalogue; the build puts them together with host
and path.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.planner.core.annotations.json_fields import JsonFields, objects
from services.planner.core.annotations.values import BadValueError, json_value
from services.planner.core.aws import Condition
from services.planner.core.parse.descriptions import canonical

MAX_VALUE_LENGTH = 128
_MAX_NAME_LENGTH = 40
_METHOD = re.compile(r"[A-Z_-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Values of a host or path condition, plain or regular expressions: exactly one of the two is given."""

    values: tuple[str, ...] = ()
    regexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionValues:
    """`others`: conditions on headers, methods, queries and source addresses, as written; `hosts` and `paths`: those
    that are merged with the rule's own."""

    others: tuple[Condition, ...] = ()
    hosts: tuple[Patterns, ...] = ()
    paths: tuple[Patterns, ...] = ()


NO_CONDITIONS = ConditionValues()


def conditions(text: str) -> ConditionValues:
    """The conditions that the JSON list describes."""
    value = json_value(text)
    if value is None:
        return NO_CONDITIONS
    if not isinstance(value, list):
        raise BadValueError("accepted is a JSON list of conditions")
    others: list[Condition] = []
    hosts: list[Patterns] = []
    paths: list[Patterns] = []
    for fields in objects(value, ""):
        match fields.needed_choice("field", "host-header", "path-pattern", *_OTHERS):
            case "host-header":
                hosts.append(_patterns(fields.needed_child("hostHeaderConfig")))
            case "path-pattern":
                paths.append(_patterns(fields.needed_child("pathPatternConfig")))
            case other:
                others.append(_OTHERS[other](fields))
    return ConditionValues(others=tuple(others), hosts=tuple(hosts), paths=tuple(paths))


def _patterns(config: JsonFields) -> Patterns:
    values, regexes = _texts(config, "values"), _texts(config, "regexValues")
    if bool(values) == bool(regexes):
        config.refuse("values", "or regexValues is needed, and not both")
    return Patterns(values=values, regexes=regexes)


def _texts(config: JsonFields, name: str) -> tuple[str, ...]:
    texts = config.texts(name)
    for i, text in enumerate(texts):
        if not 1 <= len(text) <= MAX_VALUE_LENGTH:
            config.refuse(f"{name}[{i}]", f"must have 1 to {MAX_VALUE_LENGTH} characters")
    return texts


def _needed_texts(config: JsonFields) -> tuple[str, ...]:
    return _texts(config, "values") or config.refuse("values", "is needed")


def _header(fields: JsonFields) -> Condition:
    config = fields.needed_child("httpHeaderConfig")
    name = config.needed_text("httpHeaderName")
    if len(name) > _MAX_NAME_LENGTH:
        config.refuse("httpHeaderName", f"must have up to {_MAX_NAME_LENGTH} characters")
    patterns = _patterns(config)
    given = {"Values": list(patterns.values)} if patterns.values else {"RegexValues": list(patterns.regexes)}
    return Condition(field="http-header", json=canonical({"HttpHeaderName": name, **given}))


def _method(fields: JsonFields) -> Condition:
    config = fields.needed_child("httpRequestMethodConfig")
    values = _needed_texts(config)
    for i, value in enumerate(values):
        if not _METHOD.fullmatch(value):
            config.refuse(f"values[{i}]", "must be a method in upper case")
    return Condition(field="http-request-method", values=values)


def _query(fields: JsonFields) -> Condition:
    config = fields.needed_child("queryStringConfig")
    pairs = []
    for pair in config.children("values"):
        value = pair.needed_text("value")
        if len(value) > MAX_VALUE_LENGTH:
            pair.refuse("value", f"must have up to {MAX_VALUE_LENGTH} characters")
        key = pair.short_text("key", MAX_VALUE_LENGTH)
        pairs.append({"Value": value, **({"Key": key} if key else {})})
    if not pairs:
        config.refuse("values", "is needed")
    return Condition(field="query-string", json=canonical({"Values": pairs}))


def _source(fields: JsonFields) -> Condition:
    config = fields.needed_child("sourceIPConfig")
    values = _needed_texts(config)
    for i, value in enumerate(values):
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            config.refuse(f"values[{i}]", "must be an address range such as 10.0.0.0/16")
    return Condition(field="source-ip", values=values)


_OTHERS: Mapping[str, Callable[[JsonFields], Condition]] = {
    "http-header": _header,
    "http-request-method": _method,
    "query-string": _query,
    "source-ip": _source,
}
