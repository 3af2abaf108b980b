"""Whatever somebody writes into an annotation is a value or an error with a place, and never an exception.

`HYPOTHESIS_PROFILE=long` tries 10,000 values and more for each catalogue.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.planner.core.annotations import ingress, service_nlb
from services.planner.core.annotations.annotated import Annotated, check, check_network_load_balancer
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.findings import Findings
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.problems import Reason

_WORDS = st.sampled_from(
    [
        "type", "forward", "redirect", "fixed-response", "forwardConfig", "targetGroups", "serviceName", "servicePort",
        "weight", "targetGroupARN", "statusCode", "field", "values", "regexValues", "host-header", "path-pattern",
        "sourceIpConfig", "hostHeaderConfig", "httpHeaderConfig", "queryStringConfig", "key", "value", "url-rewrite",
        "urlRewriteConfig", "rewrites", "regex", "replace", "issuer", "jwksEndpoint", "additionalClaims", "format",
        "name", "secretName", "userPoolARN", "port", "mode", "verify", "trustStore", "HTTP", "HTTPS", "TYPE",
        "CapacityUnits", "arn:aws:x", "443", "10.0.0.0/8", "::/0", "sg-1", "subnet-1", "true", "on", "", "\uff11",
    ]
)  # fmt: skip
_LEAVES = st.none() | st.booleans() | st.integers() | st.integers(-(10**30), 10**30) | st.floats() | st.text() | _WORDS
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(), inner, max_size=5)
)
_MARKS = st.sampled_from(["=", ",", "\\", "{", "}", "[", "]", '"', ":", "-", "/", "*", "?", "80", "a", " ", "\n", "\0"])
_PAIRS = st.lists(st.tuples(_WORDS | st.text(), _WORDS | st.text())).map(lambda ps: ",".join(f"{k}={v}" for k, v in ps))
_LARGE = st.tuples(st.text(min_size=1, max_size=8), st.integers(1, 20_000)).map(lambda t: (t[0] * t[1])[:262_144])
_TEXT = st.text() | st.lists(_MARKS | _WORDS).map("".join) | _PAIRS | _LARGE | _JSON.map(json.dumps)

Check = Callable[[Annotated, Findings], None]


@pytest.mark.parametrize(
    ("kind", "catalogue", "look"),
    [
        pytest.param(Kind.INGRESS, ingress.CATALOGUE, check, id="on an Ingress"),
        pytest.param(Kind.SERVICE, service_nlb.CATALOGUE, check_network_load_balancer, id="on a Service"),
    ],
)
@settings(max_examples=5 * settings.get_profile(settings.get_current_profile_name()).max_examples)
@given(data=st.data(), text=_TEXT)
def test_any_text_is_a_value_or_an_error_with_a_place(
    kind: Kind, catalogue: Mapping[str, Annotation[Any]], look: Check, data: st.DataObject, text: str
) -> None:
    annotation = catalogue[data.draw(st.sampled_from(sorted(catalogue)))]
    where, findings = ObjectRef(kind=kind, namespace="shop", name="web"), Findings()
    key = f"{annotation.key}x.1" if annotation.family else annotation.key

    look(Annotated(where=where, values={key: text}), findings)

    assert findings.warnings == ()
    for problem in findings.problems:
        assert (problem.where, problem.field) == (where, key)
        assert problem.reason in (Reason.INVALID_ANNOTATION, Reason.NOT_SUPPORTED_YET)
        assert problem.message


@pytest.mark.parametrize("name", sorted(ingress.CATALOGUE))
@example(text="[" * 100_000)
@example(text='{"a":' * 50_000)
@example(text="9" * 100_000)
@settings(max_examples=1)
@given(text=st.just("a" * 262_144))
def test_the_largest_values_crash_no_parser(name: str, text: str) -> None:
    annotation = ingress.CATALOGUE[name]
    where, findings = ObjectRef(kind=Kind.INGRESS, namespace="shop", name="web"), Findings()
    check(
        Annotated(where=where, values={f"{annotation.key}x" if annotation.family else annotation.key: text}), findings
    )
    assert all(len(problem.message) < 2_000 for problem in findings.problems)
