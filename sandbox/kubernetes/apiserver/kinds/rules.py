"""CEL rules of custom resources, as far as they ask which fields are there: `has(self.a.b)`, `!`, `&&`, `||`, brackets.

Anything else is refused when the CRD is created, so that no rule is silently left out. Source: Kubernetes
documentation, "Common Expression Language in Kubernetes", and "Validation rules" of CustomResourceDefinitions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Rule = Callable[[Any], bool]

_TOKEN = re.compile(r"\s*(has\(\s*self((?:\.[A-Za-z_]\w*)+)\s*\)|&&|\|\||!|\(|\))")


class UnknownRuleError(ValueError):
    """The rule is more than this API server evaluates."""


def parse_rule(text: str) -> Rule:
    """The rule as a function of the value that it stands on. Raises UnknownRuleError."""
    parser = _Parser(text)
    rule = parser.either()
    parser.end()
    return rule


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._text = text

    def either(self) -> Rule:
        """One or more terms, of which one must hold."""
        terms = [self._all()]
        while self._take("||"):
            terms.append(self._all())
        return lambda value: any(term(value) for term in terms)

    def end(self) -> None:
        """Nothing may follow."""
        if self._tokens:
            raise self._unknown()

    def _all(self) -> Rule:
        factors = [self._factor()]
        while self._take("&&"):
            factors.append(self._factor())
        return lambda value: all(factor(value) for factor in factors)

    def _factor(self) -> Rule:
        if self._take("!"):
            inner = self._factor()
            return lambda value: not inner(value)
        if self._take("("):
            rule = self.either()
            if not self._take(")"):
                raise self._unknown()
            return rule
        token = self._tokens.pop(0) if self._tokens else ""
        if not token.startswith("."):
            raise self._unknown()
        path = token.split(".")[1:]
        return lambda value: _has(value, path)

    def _take(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        del self._tokens[0]
        return True

    def _unknown(self) -> UnknownRuleError:
        return UnknownRuleError(f"{self._text!r} is more than has(), !, && and || of this API server")


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise UnknownRuleError(f"{text!r} is more than has(), !, && and || of this API server")
        found.append(match[2] or match[1])
        at = match.end()
    return found


def _has(value: Any, path: list[str]) -> bool:
    for name in path:
        if not isinstance(value, dict) or value.get(name) is None:
            return False
        value = value[name]
    return True
