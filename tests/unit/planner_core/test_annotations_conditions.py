"""`conditions.<name>`, `transforms.<name>` and `use-regex-path-match`: what is read, what is refused and where in the
JSON (ingress behaviour, sections 11 and 16)."""

import json

import pytest

from services.planner.core.annotations.conditions import NO_CONDITIONS, ConditionValues, Patterns, conditions
from services.planner.core.annotations.transforms import transforms
from services.planner.core.aws import Condition
from tests.unit.planner_core.checked import checked, refusal


def condition(field: str, config: str) -> str:
    return f'[{{"field": "{field}", {config}}}]'


def others(*found: Condition) -> ConditionValues:
    return ConditionValues(others=found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[]", NO_CONDITIONS, id="an empty list"),
        pytest.param("null", NO_CONDITIONS, id="null is an empty list"),
        pytest.param(
            condition("host-header", '"hostHeaderConfig": {"values": ["a.example.com", "*.b.example.com"]}'),
            ConditionValues(hosts=(Patterns(values=("a.example.com", "*.b.example.com")),)),
            id="hosts",
        ),
        pytest.param(
            condition("host-header", '"hostHeaderConfig": {"regexValues": ["^(a|b)\\\\.example\\\\.com$"]}'),
            ConditionValues(hosts=(Patterns(regexes=(r"^(a|b)\.example\.com$",)),)),
            id="hosts by regular expression",
        ),
        pytest.param(
            condition("path-pattern", '"pathPatternConfig": {"values": ["/v1/*"], "regexValues": []}'),
            ConditionValues(paths=(Patterns(values=("/v1/*",)),)),
            id="paths, where an empty list is none",
        ),
        pytest.param(
            condition("http-header", '"httpHeaderConfig": {"httpHeaderName": "X-Beta", "values": ["yes", "y*"]}'),
            others(Condition(field="http-header", json='{"HttpHeaderName":"X-Beta","Values":["yes","y*"]}')),
            id="a header",
        ),
        pytest.param(
            condition("http-header", '"httpHeaderConfig": {"httpHeaderName": "X-Beta", "regexValues": ["^v[0-9]$"]}'),
            others(Condition(field="http-header", json='{"HttpHeaderName":"X-Beta","RegexValues":["^v[0-9]$"]}')),
            id="a header by regular expression",
        ),
        pytest.param(
            condition("http-request-method", '"httpRequestMethodConfig": {"values": ["GET", "HEAD"]}'),
            others(Condition(field="http-request-method", values=("GET", "HEAD"))),
            id="methods",
        ),
        pytest.param(
            condition("query-string", '"queryStringConfig": {"values": [{"key": "v", "value": "2"}, {"value": "x"}]}'),
            others(Condition(field="query-string", json='{"Values":[{"Key":"v","Value":"2"},{"Value":"x"}]}')),
            id="query parameters, with and without a key",
        ),
        pytest.param(
            condition("source-ip", '"sourceIPConfig": {"values": ["10.0.0.0/16", "2001:db8::/32"]}'),
            others(Condition(field="source-ip", values=("10.0.0.0/16", "2001:db8::/32"))),
            id="address ranges",
        ),
        pytest.param(
            condition("source-ip", '"sourceIpConfig": {"VALUES": ["10.0.0.0/16"]}'),
            others(Condition(field="source-ip", values=("10.0.0.0/16",))),
            id="names of fields match in any case",
        ),
        pytest.param(
            '[{"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}},'
            ' {"field": "path-pattern", "pathPatternConfig": {"values": ["/a"]}},'
            ' {"field": "http-request-method", "httpRequestMethodConfig": {"values": ["PUT"]}},'
            ' {"field": "path-pattern", "pathPatternConfig": {"values": ["/b"]}}]',
            ConditionValues(
                others=(
                    Condition(field="source-ip", values=("10.0.0.0/8",)),
                    Condition(field="http-request-method", values=("PUT",)),
                ),
                paths=(Patterns(values=("/a",)), Patterns(values=("/b",))),
            ),
            id="several keep the order in which they are written",
        ),
    ],
)
def test_conditions_that_are_taken(text: str, expected: ConditionValues) -> None:
    assert checked("conditions.app", text) == ()
    assert conditions(text) == expected


FIELDS = "host-header, path-pattern, http-header, http-request-method, query-string, source-ip"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("x", "accepted is valid JSON", id="no JSON"),
        pytest.param("{}", "accepted is a JSON list of conditions", id="no list"),
        pytest.param("[1]", "[0] must be a JSON object", id="a condition that is a number"),
        pytest.param("[{}]", f"[0].field is needed: one of {FIELDS}", id="no field"),
        pytest.param('[{"field": "cookie"}]', f"[0].field must be one of {FIELDS}", id="a field that is not known"),
        pytest.param('[{"field": "host-header"}]', "[0].hostHeaderConfig is needed", id="a host without its part"),
        pytest.param('[{"field": "path-pattern"}]', "[0].pathPatternConfig is needed", id="a path without its part"),
        pytest.param('[{"field": "http-header"}]', "[0].httpHeaderConfig is needed", id="a header without its part"),
        pytest.param(
            '[{"field": "http-request-method"}]',
            "[0].httpRequestMethodConfig is needed",
            id="a method without its part",
        ),
        pytest.param('[{"field": "query-string"}]', "[0].queryStringConfig is needed", id="a query without its part"),
        pytest.param('[{"field": "source-ip"}]', "[0].sourceIPConfig is needed", id="a source without its part"),
        pytest.param(
            condition("host-header", '"hostHeaderConfig": {"values": []}'),
            "[0].hostHeaderConfig.values or regexValues is needed, and not both",
            id="a host without values",
        ),
        pytest.param(
            condition("path-pattern", '"pathPatternConfig": {"values": ["/a"], "regexValues": ["^/a"]}'),
            "[0].pathPatternConfig.values or regexValues is needed, and not both",
            id="plain values and regular expressions",
        ),
        pytest.param(
            condition("path-pattern", '"pathPatternConfig": {"values": ["/a", 1]}'),
            "[0].pathPatternConfig.values[1] must be a text",
            id="a path that is a number",
        ),
        pytest.param(
            condition("path-pattern", f'"pathPatternConfig": {{"values": ["/a", "/{"x" * 128}"]}}'),
            "[0].pathPatternConfig.values[1] must have 1 to 128 characters",
            id="a path that is too long",
        ),
        pytest.param(
            condition("http-header", '"httpHeaderConfig": {"values": ["a"]}'),
            "[0].httpHeaderConfig.httpHeaderName is needed",
            id="a header without a name",
        ),
        pytest.param(
            condition("http-header", f'"httpHeaderConfig": {{"httpHeaderName": "{"x" * 41}", "values": ["a"]}}'),
            "[0].httpHeaderConfig.httpHeaderName must have up to 40 characters",
            id="a header whose name is too long",
        ),
        pytest.param(
            condition("http-header", '"httpHeaderConfig": {"httpHeaderName": "a"}'),
            "[0].httpHeaderConfig.values or regexValues is needed, and not both",
            id="a header without values",
        ),
        pytest.param(
            condition("http-request-method", '"httpRequestMethodConfig": {"values": ["GET", "put"]}'),
            "[0].httpRequestMethodConfig.values[1] must be a method in upper case",
            id="a method in lower case",
        ),
        pytest.param(
            condition("http-request-method", '"httpRequestMethodConfig": {}'),
            "[0].httpRequestMethodConfig.values is needed",
            id="no method",
        ),
        pytest.param(
            condition("query-string", '"queryStringConfig": {"values": [{"key": "a"}]}'),
            "[0].queryStringConfig.values[0].value is needed",
            id="a query parameter without a value",
        ),
        pytest.param(
            condition("query-string", '"queryStringConfig": {"values": ["a=b"]}'),
            "[0].queryStringConfig.values[0] must be a JSON object",
            id="a query parameter as text",
        ),
        pytest.param(
            condition("query-string", f'"queryStringConfig": {{"values": [{{"value": "{"x" * 129}"}}]}}'),
            "[0].queryStringConfig.values[0].value must have up to 128 characters",
            id="a query value that is too long",
        ),
        pytest.param(
            condition("query-string", f'"queryStringConfig": {{"values": [{{"key": "{"x" * 129}", "value": "1"}}]}}'),
            "[0].queryStringConfig.values[0].key must have 0 to 128 characters",
            id="a query key that is too long",
        ),
        pytest.param(
            condition("query-string", '"queryStringConfig": {"values": []}'),
            "[0].queryStringConfig.values is needed",
            id="no query parameter",
        ),
        pytest.param(
            condition("source-ip", '"sourceIPConfig": {"values": ["10.0.0.0/16", "home"]}'),
            "[0].sourceIPConfig.values[1] must be an address range such as 10.0.0.0/16",
            id="what is no address range",
        ),
        pytest.param(
            '[{"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}, {"field": "host-header"}]',
            "[1].hostHeaderConfig is needed",
            id="the second condition of two",
        ),
    ],
)
def test_conditions_that_are_refused_name_the_place_in_the_json(text: str, why: str) -> None:
    assert checked("conditions.app", text) == refusal("conditions.app", text, why)


URL = '{"type": "url-rewrite", "urlRewriteConfig": {"rewrites": [{"regex": "^/api/(.*)$", "replace": "/$1"}]}}'
HOST = '{"type": "host-header-rewrite", "hostHeaderRewriteConfig": {"rewrites": [{"regex": "^www"}]}}'
SENT_URL = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/api/(.*)$", "Replace": "/$1"}]}}
SENT_HOST = {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "^www", "Replace": ""}]}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"[{URL}]", [SENT_URL], id="a rewrite of the address"),
        pytest.param(f"[{HOST}]", [SENT_HOST], id="a rewrite of the host to nothing"),
        pytest.param(f"[{HOST}, {URL}]", [SENT_HOST, SENT_URL], id="one of each, as they are written"),
        pytest.param("[]", None, id="an empty list"),
        pytest.param("null", None, id="null is an empty list"),
    ],
)
def test_transforms_that_are_taken(text: str, expected: object) -> None:
    assert checked("transforms.app", text) == ()
    sent = transforms(text)
    assert (json.loads(sent) if sent else None) == expected


def rewrites(inner: str) -> str:
    return f'[{{"type": "url-rewrite", "urlRewriteConfig": {{"rewrites": [{inner}]}}}}]'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("x", "accepted is valid JSON", id="no JSON"),
        pytest.param("{}", "accepted is a JSON list of transforms", id="no list"),
        pytest.param("[{}]", "[0].type is needed: one of url-rewrite, host-header-rewrite", id="no type"),
        pytest.param(
            '[{"type": "rewrite"}]',
            "[0].type must be one of url-rewrite, host-header-rewrite",
            id="a type that is not known",
        ),
        pytest.param('[{"type": "url-rewrite"}]', "[0].urlRewriteConfig is needed", id="an address without its part"),
        pytest.param(
            '[{"type": "host-header-rewrite", "urlRewriteConfig": {}}]',
            "[0].hostHeaderRewriteConfig is needed",
            id="a host with the part of an address",
        ),
        pytest.param(rewrites(""), "[0].urlRewriteConfig.rewrites is needed", id="no rewrite"),
        pytest.param(
            rewrites('{"replace": "/"}'), "[0].urlRewriteConfig.rewrites[0].regex is needed", id="nothing to replace"
        ),
        pytest.param(
            rewrites(f'{{"regex": "{"x" * 1025}"}}'),
            "[0].urlRewriteConfig.rewrites[0].regex must have up to 1024 characters",
            id="an expression that is too long",
        ),
        pytest.param(
            rewrites(f'{{"regex": "a", "replace": "{"x" * 1025}"}}'),
            "[0].urlRewriteConfig.rewrites[0].replace must have 0 to 1024 characters",
            id="a replacement that is too long",
        ),
        pytest.param(
            f"[{URL}, {HOST}, {URL}]",
            "[2].type is url-rewrite a second time; a rule takes one of each type",
            id="two of one type",
        ),
    ],
)
def test_transforms_that_are_refused_name_the_place_in_the_json(text: str, why: str) -> None:
    assert checked("transforms.app", text) == refusal("transforms.app", text, why)


def test_whether_paths_are_regular_expressions_is_true_or_false() -> None:
    assert checked("use-regex-path-match", "true") == checked("use-regex-path-match", "false") == ()
    assert checked("use-regex-path-match", "yes") == refusal(
        "use-regex-path-match", "yes", "accepted are true and false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)"
    )
