"""Conditions and transforms of rules, checked as AWS does (aws-elbv2, sections 2.1 and 2.2)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from sandbox.aws.elbv2.model import Shape
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import invalid, misconfigured

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
_WITH_PATTERNS = ("host-header", "path-pattern", "http-header")
_TRANSFORMS = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}
_MAX_REWRITE = 1024
_MAX_VALUE = 128
_MAX_HEADER_NAME = 40


def check_conditions(conditions: Sequence[Shape], quotas: Quotas, *, load_balancer_type: str) -> None:
    """Known fields, well-formed values, and no more of them than a rule may have."""
    if not conditions:
        raise invalid("A rule must have at least one condition")
    for condition in conditions:
        field = condition.get("Field")
        if field not in CONFIGS:
            raise invalid(f"Condition field '{field}' must be one of '[{','.join(CONFIGS)}]'")
        if load_balancer_type == "network" and field != "source-ip":
            raise misconfigured("A rule of a Network Load Balancer has conditions of the field 'source-ip' only")
        if not _values(field, condition) and not _patterns(field, condition):
            raise invalid("A condition value must be specified")
    for field in ("host-header", "path-pattern", "http-request-method", "source-ip"):
        if sum(condition["Field"] == field for condition in conditions) > 1:
            raise invalid(f"A rule can have one condition of the field '{field}'")
    texts = [text for condition in conditions for text in _texts(condition)]
    quotas.check("condition-values-per-alb-rule", len(texts))
    wildcards = sum(text.count("*") + text.count("?") for text in texts)
    quotas.check("condition-wildcards-per-alb-rule", wildcards)


def _texts(condition: Shape) -> Iterator[str]:
    field = condition["Field"]
    if field == "query-string":
        pairs = condition.get("QueryStringConfig", {}).get("Values", ())
        yield from (f"{pair.get('Key', '')}{pair['Value']}" for pair in pairs)
    else:
        yield from condition.get(CONFIGS[field], {}).get("Values", condition.get("Values", ()))


def _patterns(field: str, condition: Shape) -> list[str]:
    patterns = condition.get("RegexValues") or condition.get(CONFIGS[field], {}).get("RegexValues") or []
    if patterns and field not in _WITH_PATTERNS:
        raise invalid(f"The field '{field}' takes no regular expressions")
    if any(not 1 <= len(pattern) <= _MAX_VALUE for pattern in patterns):
        raise invalid(f"A regular expression has 1 to {_MAX_VALUE} characters")
    return list(patterns)


def _values(field: str, condition: Shape) -> list[str]:
    config = condition.get(CONFIGS[field], {})
    plain = condition.get("Values", [])
    if plain and config:
        raise invalid(f"You cannot provide both Values and '{CONFIGS[field]}'")
    if plain and field not in ("host-header", "path-pattern"):
        raise invalid(f"The 'Values' field is not compatible with '{field}'")
    if field == "query-string":
        return _query_values(config.get("Values", []))
    if field == "http-header" and not 1 <= len(config.get("HttpHeaderName", "")) <= _MAX_HEADER_NAME:
        raise invalid(f"A 'HttpHeaderName' has 1 to {_MAX_HEADER_NAME} characters")
    values = list(config.get("Values", plain))
    for value in values:
        _check_value(field, value)
    return values


def _query_values(pairs: Sequence[Shape]) -> list[str]:
    for pair in pairs:
        if not pair.get("Value"):
            raise invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'")
        if len(pair["Value"]) > _MAX_VALUE or len(pair.get("Key", "")) > _MAX_VALUE:
            raise invalid(f"A query string key or value is too long; the limit is '{_MAX_VALUE}'")
    return [pair["Value"] for pair in pairs]


def _check_value(field: str, value: str) -> None:
    if field == "source-ip":
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise invalid(f"'{value}' is not a valid CIDR block") from None
    elif not _ALLOWED[field].fullmatch(value):
        raise invalid(f"The '{field}' value '{value}' is not valid")


def check_transforms(transforms: Sequence[Shape], *, load_balancer_type: str) -> None:
    """At most one of each type, each with its rewrite (API reference, RuleTransform)."""
    if transforms and load_balancer_type != "application":
        raise misconfigured("Only rules of an Application Load Balancer have transforms")
    types = [transform["Type"] for transform in transforms]
    if len(set(types)) < len(types):
        raise invalid("A transform type can be specified once a rule")
    for transform in transforms:
        rewrites = transform.get(_TRANSFORMS[transform["Type"]], {}).get("Rewrites", ())
        if len(rewrites) != 1:
            raise invalid(f"A transform of type '{transform['Type']}' needs one rewrite")
        for rewrite in rewrites:
            if not 1 <= len(rewrite["Regex"]) <= _MAX_REWRITE or len(rewrite["Replace"]) > _MAX_REWRITE:
                raise invalid(f"A rewrite has at most {_MAX_REWRITE} characters")
