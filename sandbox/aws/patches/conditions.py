"""Conditions of rules, checked as AWS does. Used by the rule patch."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.aws.patches.patching import refusal

CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
"""Fields of a condition and the member that holds their values; host-header and path-pattern also take plain Values."""

_ALLOWED = {
    "host-header": re.compile(r"[A-Za-z0-9\-.*?:]{1,128}"),
    "path-pattern": re.compile(r"[A-Za-z0-9_\-.$/~\"'@:+&()!,;=%|\[\]*?{}^`<>#\\ ]{1,128}"),
    "http-header": re.compile(r".{1,128}", re.DOTALL),
    "http-request-method": re.compile(r"[A-Z_-]{1,40}"),
}


def check_conditions(conditions: Sequence[Mapping[str, Any]]) -> None:
    """Section 6, row 18: known fields and well-formed values. The number of values is a quota, not checked here."""
    if not conditions:
        raise refusal("ValidationError", "A rule must have at least one condition")
    for condition in conditions:
        field = condition.get("Field")
        if field not in CONFIGS:
            message = f"Condition field '{field}' must be one of '[{','.join(CONFIGS)}]'"
            raise refusal("ValidationError", message)
        if not _values(field, condition) and not condition.get(CONFIGS[field], {}).get("RegexValues"):
            raise refusal("ValidationError", "A condition value must be specified")


def _values(field: str, condition: Mapping[str, Any]) -> list[str]:
    config = condition.get(CONFIGS[field], {})
    plain = condition.get("Values", [])
    if plain and config:
        raise refusal("ValidationError", f"You cannot provide both Values and '{CONFIGS[field]}'")
    if plain and field not in ("host-header", "path-pattern"):
        raise refusal("ValidationError", f"The 'Values' field is not compatible with '{field}'")
    if field == "query-string":
        return _query_values(config.get("Values", []))
    if field == "http-header" and not 1 <= len(config.get("HttpHeaderName", "")) <= 40:
        raise refusal("ValidationError", "A 'HttpHeaderName' has 1 to 40 characters")
    values = list(config.get("Values", plain))
    for value in values:
        _check_value(field, value)
    return values


def _query_values(pairs: Sequence[Mapping[str, str]]) -> list[str]:
    for pair in pairs:
        if not pair.get("Value"):
            raise refusal("ValidationError", "A 'Value' must be specified in 'QueryStringKeyValuePair'")
        if len(pair["Value"]) > 128 or len(pair.get("Key", "")) > 128:
            raise refusal("ValidationError", "A query string key or value is too long; the limit is '128'")
    return [pair["Value"] for pair in pairs]


def _check_value(field: str, value: str) -> None:
    if field == "source-ip":
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise refusal("ValidationError", f"'{value}' is not a valid CIDR block") from None
    elif not _ALLOWED[field].fullmatch(value):
        raise refusal("ValidationError", f"The '{field}' value '{value}' is not valid")
