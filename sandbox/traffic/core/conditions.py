"""Whether a request meets the conditions of a rule (AWS: condition types for listener rules)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from sandbox.traffic.configuration import Condition, Field, Rule
from sandbox.traffic.core.requests import Request


def matching(rules: Iterable[Rule], request: Request) -> Rule | None:
    """The first rule, in the order given, whose conditions all hold; None where there is no default rule."""
    return next((rule for rule in rules if holds(rule, request)), None)


def holds(rule: Rule, request: Request) -> bool:
    """Whether all conditions of the rule hold; those of the default rule, which has none, do."""
    return all(_CHECKS[condition.field](condition, request) for condition in rule.conditions)


def _host(condition: Condition, request: Request) -> bool:
    return _any_matches(condition, [request.host_name], ignore_case=True)


def _path(condition: Condition, request: Request) -> bool:
    return _any_matches(condition, [request.path], ignore_case=False)


def _header(condition: Condition, request: Request) -> bool:
    return _any_matches(condition, request.all(condition.header), ignore_case=True)


def _method(condition: Condition, request: Request) -> bool:
    return request.method in condition.values


def _query(condition: Condition, request: Request) -> bool:
    found = [part.partition("=")[::2] for part in request.query.split("&") if part]
    return any(
        (key is None or wildcard(key, ignore_case=True).fullmatch(name))
        and wildcard(value, ignore_case=True).fullmatch(given)
        for key, value in condition.pairs
        for name, given in found
    )


def _source(condition: Condition, request: Request) -> bool:
    return in_networks(request.client, condition.values)


def in_networks(address: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks in CIDR notation."""
    parsed = ipaddress.ip_address(address)
    return any(parsed in _network(network) for network in networks)


def _any_matches(condition: Condition, texts: Iterable[str], *, ignore_case: bool) -> bool:
    wildcards = [wildcard(value, ignore_case=ignore_case) for value in condition.values]
    return any(
        any(known.fullmatch(text) for known in wildcards) or any(known.search(text) for known in condition.patterns)
        for text in texts
    )


@lru_cache(maxsize=4096)
def wildcard(value: str, *, ignore_case: bool) -> re.Pattern[str]:
    """A value in which `*` is any text and `?` one character; a backslash takes the meaning from either."""
    parts: list[str] = []
    literal = False
    for character in value:
        if literal:
            parts.append(re.escape(character))
            literal = False
        elif character == "\\":
            literal = True
        else:
            parts.append({"*": ".*", "?": "."}.get(character) or re.escape(character))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG))


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


_CHECKS: Mapping[Field, Callable[[Condition, Request], bool]] = {
    Field.HOST: _host,
    Field.PATH: _path,
    Field.HEADER: _header,
    Field.METHOD: _method,
    Field.QUERY: _query,
    Field.SOURCE: _source,
}
