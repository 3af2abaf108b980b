"""Custom resources: they come with their definition, obey its schema, and go with it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.apiserver import discovery, openapi
from sandbox.kubernetes.apiserver.errors import ApiError
from sandbox.kubernetes.apiserver.objects import deep_copy
from tests.unit.sandbox_kubernetes.apiserver_cluster import DEFINITIONS, MERGE, STRATEGIC, TABLE, Cluster, causes

GADGETS = "/apis/example.com/v1/namespaces/default/gadgets"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1},
                "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            },
        },
        "status": {"type": "object", "properties": {"seen": {"type": "integer"}}},
    },
}
COLUMNS = [{"name": "Color", "type": "string", "jsonPath": ".spec.color"}]


def definition(schema: dict[str, Any] = SCHEMA) -> dict[str, Any]:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": COLUMNS,
    }
    names = {"plural": "gadgets", "kind": "Gadget", "shortNames": ["gd"]}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {"metadata": {"name": "gadgets.example.com"}, "spec": spec}


def gadget(name: str = "g", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
async def cluster() -> Cluster:
    made = Cluster()
    await made.call("POST", DEFINITIONS, definition())
    return made


async def test_a_definition_is_established_and_served(cluster: Cluster) -> None:
    crd = await cluster.call("GET", f"{DEFINITIONS}/gadgets.example.com")
    conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    listed = discovery.resources(cluster.api.catalog, "example.com", "v1")
    assert listed is not None
    assert [each["name"] for each in listed["resources"]] == ["gadgets", "gadgets/status"]
    document = openapi.document(cluster.api.catalog, cluster.api.kinds, "example.com", "v1")
    assert document is not None
    assert (
        document["components"]["schemas"]["example.com.v1.Gadget"]["properties"]["spec"] == SCHEMA["properties"]["spec"]
    )


async def test_defaults_are_set_and_unknown_fields_pruned(cluster: Cluster) -> None:
    answer = await cluster.call("POST", GADGETS, gadget(size=1, odd=2, free={"anything": [1]}))
    assert answer["spec"] == {"size": 1, "color": "red", "free": {"anything": [1]}}


async def test_strict_validation_names_the_unknown_field(cluster: Cluster) -> None:
    status = await cluster.status("POST", f"{GADGETS}?fieldValidation=Strict", gadget(size=1, odd=2))
    assert (status["code"], status["message"]) == (
        400,
        'Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.odd"',
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, ("spec.size", "Required value"), id="a missing field"),
        pytest.param(
            {"size": "big"},
            ("spec.size", 'Invalid value: "string": spec.size in body must be of type integer: "string"'),
            id="a wrong type",
        ),
        pytest.param(
            {"size": 0},
            ("spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"),
            id="too small",
        ),
        pytest.param(
            {"size": 1, "color": "green"},
            ("spec.color", 'Unsupported value: "green": supported values: "blue", "red"'),
            id="outside the enumeration",
        ),
        pytest.param({"size": 1, "tags": ["a", "a"]}, ("spec.tags[1]", 'Duplicate value: "a"'), id="twice in a set"),
    ],
)
async def test_the_schema_is_enforced(cluster: Cluster, spec: dict[str, Any], expected: tuple[str, str]) -> None:
    status = await cluster.status("POST", GADGETS, gadget(**spec))
    assert (status["code"], causes(status)) == (422, [expected])


async def test_strategic_patches_are_not_for_custom_resources(cluster: Cluster) -> None:
    await cluster.call("POST", GADGETS, gadget(size=1))
    assert (await cluster.status("PATCH", f"{GADGETS}/g", {}, content_type=STRATEGIC))["code"] == 415


async def test_a_replacement_must_say_its_version(cluster: Cluster) -> None:
    await cluster.call("POST", GADGETS, gadget(size=1))
    status = await cluster.status("PUT", f"{GADGETS}/g", gadget(size=2))
    assert causes(status) == [("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")]


async def test_status_is_apart_and_does_not_touch_the_rest(cluster: Cluster) -> None:
    await cluster.call("POST", GADGETS, gadget(size=1))
    body = {"metadata": {"labels": {"a": "b"}}, "spec": {"size": 5}, "status": {"seen": 1}}
    changed = await cluster.call("PATCH", f"{GADGETS}/g/status", body, content_type=MERGE)
    assert (changed["spec"]["size"], changed["status"], "labels" in changed["metadata"]) == (1, {"seen": 1}, False)
    assert changed["metadata"]["generation"] == 1
    assert await cluster.call("PATCH", f"{GADGETS}/g/status", body, content_type=MERGE) == changed


async def test_printer_columns_make_the_table(cluster: Cluster) -> None:
    await cluster.call("POST", GADGETS, gadget(size=1))
    table = await cluster.call("GET", GADGETS, accept=TABLE)
    assert ([each["name"] for each in table["columnDefinitions"]], table["rows"][0]["cells"]) == (
        ["Name", "Color"],
        ["g", "red"],
    )


async def test_a_definition_takes_its_objects_with_it(cluster: Cluster) -> None:
    await cluster.call("POST", GADGETS, gadget(size=1))
    await cluster.call("DELETE", f"{DEFINITIONS}/gadgets.example.com")
    assert (await cluster.status("GET", f"{DEFINITIONS}/gadgets.example.com"))["code"] == 404
    with pytest.raises(ApiError) as missing:
        await cluster.call("GET", GADGETS)
    assert missing.value.code == 404


async def test_a_definition_waits_for_the_finalizers_of_its_objects(cluster: Cluster) -> None:
    held = gadget(size=1)
    held["metadata"]["finalizers"] = ["example.com/keep"]
    await cluster.call("POST", GADGETS, held)
    await cluster.call("DELETE", f"{DEFINITIONS}/gadgets.example.com")
    marked = await cluster.call("GET", f"{GADGETS}/g")
    assert "deletionTimestamp" in marked["metadata"]
    await cluster.call("PATCH", f"{GADGETS}/g", {"metadata": {"finalizers": None}}, content_type=MERGE)
    assert (await cluster.status("GET", f"{DEFINITIONS}/gadgets.example.com"))["code"] == 404


def with_rule(rule: str) -> dict[str, Any]:
    """The definition of gadgets with a rule on their spec."""
    schema = deep_copy(SCHEMA)
    schema["properties"]["spec"]["x-kubernetes-validations"] = [{"rule": rule, "message": "not like this"}]
    return definition(schema)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("self.size > 1", id="a comparison"),
        pytest.param("has(self.size) && self.size", id="a value where a truth is meant"),
        pytest.param("(has(self.size)", id="a bracket that is not closed"),
        pytest.param("has(oldSelf.size)", id="what was before"),
        pytest.param("", id="nothing"),
    ],
)
async def test_rules_that_cannot_be_evaluated_are_refused_at_once(rule: str) -> None:
    status = await Cluster().status("POST", DEFINITIONS, with_rule(rule))
    ((field, message),) = causes(status)
    assert field.endswith("openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule")
    assert message == f"Forbidden: {rule!r} is more than has(), !, && and || of this API server"


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        pytest.param("!(has(self.size) && has(self.color))", False, id="not both"),
        pytest.param("!has(self.size) || has(self.tags)", False, id="one asks for the other"),
        pytest.param("has(self.size) && !has(self.tags)", True, id="one without the other"),
        pytest.param("has(self.size.unit)", False, id="a field of what is no object"),
    ],
)
async def test_rules_about_what_is_there_are_enforced(rule: str, holds: bool) -> None:
    cluster = Cluster()
    await cluster.call("POST", DEFINITIONS, with_rule(rule))
    gadget_ = gadget(size=1, color="blue")
    if holds:
        await cluster.call("POST", GADGETS, gadget_)
        return
    status = await cluster.status("POST", GADGETS, gadget_)
    assert (status["code"], causes(status)) == (422, [("spec", "Invalid value: not like this")])
