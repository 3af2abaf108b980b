"""Label and field selectors, and the JSONPath subset of printer columns."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.apiserver.errors import ApiError
from sandbox.kubernetes.apiserver.json_paths import BadPath, json_path_text, steps_of
from sandbox.kubernetes.apiserver.resources import BUILTIN
from sandbox.kubernetes.apiserver.selectors import Selection, parse_fields, parse_labels

PODS = next(each for each in BUILTIN if each.plural == "pods")


def _matches(text: str, labels: dict[str, str]) -> bool:
    return Selection(labels=parse_labels(text)).matches({"metadata": {"labels": labels}})


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        pytest.param("", {}, True, id="an empty selector picks everything"),
        pytest.param("a=1", {"a": "1"}, True, id="equality with one sign"),
        pytest.param("a==1", {"a": "2"}, False, id="equality with two signs"),
        pytest.param("a!=1", {}, True, id="inequality picks what lacks the label"),
        pytest.param("a", {"a": ""}, True, id="a bare key asks for presence"),
        pytest.param("!a", {"a": "1"}, False, id="a negated key asks for absence"),
        pytest.param("a in (1, 2)", {"a": "2"}, True, id="a set picks a member"),
        pytest.param("a notin (1,2)", {"b": "1"}, True, id="an excluded set picks what lacks the label"),
        pytest.param("a=1,b in (x),!c", {"a": "1", "b": "x"}, True, id="all requirements hold together"),
        pytest.param("a=1,b in (x),!c", {"a": "1", "b": "x", "c": ""}, False, id="one failing requirement is enough"),
        pytest.param("a>3", {"a": "4"}, True, id="greater compares numbers"),
        pytest.param("a<3", {"a": "x"}, False, id="less ignores what is no number"),
        pytest.param("app.kubernetes.io/name=web", {"app.kubernetes.io/name": "web"}, True, id="a prefixed key"),
        pytest.param("a=", {"a": ""}, True, id="an empty value"),
    ],
)
def test_label_selectors(text: str, labels: dict[str, str], expected: bool) -> None:
    assert _matches(text, labels) is expected


@pytest.mark.parametrize("text", [pytest.param("a b c", id="no operator"), pytest.param("a in 1", id="no set")])
def test_a_label_selector_without_sense_is_a_bad_request(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_labels(text)
    assert (refused.value.code, refused.value.message.partition(":")[0]) == (400, "unable to parse requirement")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("metadata.name=x", True, id="by name"),
        pytest.param("metadata.namespace!=a", False, id="not in a namespace"),
        pytest.param("spec.nodeName=n1,status.phase=Running", True, id="by node and phase"),
        pytest.param("spec.nodeName=", False, id="without a node"),
        pytest.param("spec.hostNetwork=false", True, id="a boolean that is left out is false"),
    ],
)
def test_field_selectors(text: str, expected: bool) -> None:
    pod = {
        "metadata": {"name": "x", "namespace": "a"},
        "spec": {"nodeName": "n1"},
        "status": {"phase": "Running"},
    }
    assert Selection(fields=parse_fields(text, PODS)).matches(pod) is expected


def test_an_unknown_field_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ApiError) as refused:
        parse_fields("spec.foo=1", PODS)
    assert refused.value.code == 400
    assert refused.value.message.startswith(
        '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(".spec.name", "x", id="a field"),
        pytest.param(".spec.items[1].a", 2, id="an index"),
        pytest.param(".spec.items[*].a", "1,2", id="a wildcard joins"),
        pytest.param('.spec.items[?(@.kind=="q")].a', 2, id="a filter"),
        pytest.param(".spec.missing", None, id="nothing there"),
        pytest.param(r".spec.odd\.key", "y", id="an escaped dot"),
        pytest.param(".spec.list", "[1]", id="a list is shown as JSON"),
    ],
)
def test_printer_column_paths(path: str, expected: Any) -> None:
    items = [{"a": 1, "kind": "p"}, {"a": 2, "kind": "q"}]
    assert json_path_text({"spec": {"name": "x", "items": items, "odd.key": "y", "list": [1]}}, path) == expected


def test_a_path_outside_the_subset_is_refused() -> None:
    with pytest.raises(BadPath):
        steps_of(".spec.items[?(@.a > 3)]")
