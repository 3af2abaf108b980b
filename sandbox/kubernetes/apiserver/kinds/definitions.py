"""CustomResourceDefinition: defaults, validation, and the rules of the resources that it brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.kubernetes.apiserver.errors import (
    FieldError,
    forbidden_field,
    immutable,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.json_paths import BadPath, steps_of
from sandbox.kubernetes.apiserver.kinds.names import dns1035_label, subdomain
from sandbox.kubernetes.apiserver.kinds.rules import UnknownRuleError, parse_rule
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.kinds.structural import apply_defaults, rule_errors, schema_errors
from sandbox.kubernetes.apiserver.objects import JsonObject, without

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")


def _default(crd: JsonObject) -> None:
    spec = crd.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind", "")
    if kind:
        names.setdefault("singular", kind.lower())
        names.setdefault("listKind", f"{kind}List")
    spec.setdefault("conversion", {"strategy": "None"})


def _prepare(crd: JsonObject) -> None:
    stored = [each.get("name", "") for each in crd["spec"].get("versions") or [] if each.get("storage")]
    crd["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}


def _prepare_delete(crd: JsonObject, now: str) -> None:
    """The custom resources go first: a finalizer keeps the definition until then."""
    metadata = crd["metadata"]
    metadata["finalizers"] = [*(each for each in metadata.get("finalizers") or [] if each != CLEANUP), CLEANUP]
    status = crd.setdefault("status", {})
    terminating = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": now,
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    }
    others = [each for each in status.get("conditions") or [] if each["type"] != "Terminating"]
    status["conditions"] = [*others, terminating]


def _validate(crd: JsonObject) -> list[FieldError]:
    spec = crd["spec"]
    errors = _name_errors(crd, spec)
    if spec.get("scope") not in {"Cluster", "Namespaced"}:
        scope = spec.get("scope")
        errors.append(unsupported("spec.scope", scope, ("Cluster", "Namespaced")) if scope else required("spec.scope"))
    if spec["conversion"].get("strategy") != "None":
        detail = "conversion webhooks are not supported by this API server"
        errors.append(forbidden_field("spec.conversion.strategy", detail))
    versions = spec.get("versions") or []
    if not versions:
        errors.append(required("spec.versions"))
    elif sum(bool(version.get("storage")) for version in versions) != 1:
        detail = "must have exactly one version marked as storage version"
        errors.append(invalid_value("spec.versions", [version.get("name") for version in versions], detail))
    for at, version in enumerate(versions):
        errors += _version_errors(version, f"spec.versions[{at}]")
    return errors


def _name_errors(crd: JsonObject, spec: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    group, names = spec.get("group", ""), spec["names"]
    if not group:
        errors.append(required("spec.group"))
    elif "." not in group:
        errors.append(invalid_value("spec.group", group, "should be a domain with at least one dot"))
    for key in ("plural", "singular", "kind", "listKind"):
        value = names.get(key, "")
        if not value:
            errors.append(required(f"spec.names.{key}"))
        else:
            errors += [invalid_value(f"spec.names.{key}", value, text) for text in dns1035_label(value.lower())]
    expected = f"{names.get('plural', '')}.{group}"
    if crd["metadata"].get("name") != expected:
        detail = 'must be spec.names.plural+"."+spec.group'
        errors.append(invalid_value("metadata.name", crd["metadata"].get("name"), detail))
    return errors


def _version_errors(version: JsonObject, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    name = version.get("name", "")
    errors += [invalid_value(f"{field}.name", name, text) for text in dns1035_label(name)]
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        errors.append(required(f"{field}.schema.openAPIV3Schema", "schemas are required"))
    else:
        where = f"{field}.schema.openAPIV3Schema"
        if schema.get("type") != "object":
            errors.append(invalid_value(f"{where}.type", schema.get("type", ""), "must be object at the root"))
        errors += _structure_errors(schema, where)
    for at, column in enumerate(version.get("additionalPrinterColumns") or []):
        errors += _column_errors(column, f"{field}.additionalPrinterColumns[{at}]")
    return errors


def _structure_errors(schema: JsonObject, field: str) -> Iterator[FieldError]:
    for at, rule in enumerate(schema.get("x-kubernetes-validations") or []):
        try:
            parse_rule(rule.get("rule", ""))
        except UnknownRuleError as error:
            yield forbidden_field(f"{field}.x-kubernetes-validations[{at}].rule", str(error))
    open_kind = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not schema.get("type") and not open_kind:
        yield required(f"{field}.type", "must not be empty for specified object fields")
    if schema.get("properties") and schema.get("additionalProperties"):
        yield forbidden_field(
            f"{field}.additionalProperties", "additionalProperties and properties are mutual exclusive"
        )
    if schema.get("type") == "array" and not isinstance(schema.get("items"), dict):
        yield required(f"{field}.items", "must be specified")
    for name, node in (schema.get("properties") or {}).items():
        if field.endswith("openAPIV3Schema") and name in {"metadata", "apiVersion", "kind"}:
            continue
        yield from _structure_errors(node, f"{field}.properties[{name}]")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _structure_errors(schema[key], f"{field}.{key}")


def _column_errors(column: JsonObject, field: str) -> list[FieldError]:
    errors = [required(f"{field}.{key}") for key in ("name", "type", "jsonPath") if not column.get(key)]
    if column.get("type") and column["type"] not in _COLUMN_TYPES:
        errors.append(unsupported(f"{field}.type", column["type"], _COLUMN_TYPES))
    try:
        steps_of(column.get("jsonPath", ""))
    except BadPath as error:
        errors.append(invalid_value(f"{field}.jsonPath", column["jsonPath"], str(error)))
    return errors


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    for key in ("group", "scope"):
        if new["spec"].get(key) != old["spec"].get(key):
            errors.append(immutable(f"spec.{key}", new["spec"].get(key)))
    for key in ("plural", "kind"):
        if new["spec"]["names"].get(key) != old["spec"]["names"].get(key):
            errors.append(immutable(f"spec.names.{key}", new["spec"]["names"].get(key)))
    return errors


CUSTOM_RESOURCE_DEFINITIONS = Strategy(
    name=subdomain,
    default=_default,
    prepare=_prepare,
    validate=_validate,
    validate_update=_validate_update,
    initial_status={},
    prepare_delete=_prepare_delete,
)


def custom_strategy(schema: JsonObject) -> Strategy:
    """The rules of a custom resource: what its schema says about everything but the metadata."""
    body: dict[str, Any] = {**schema, "properties": without(schema.get("properties") or {}, "metadata")}

    def default(obj: JsonObject) -> None:
        apply_defaults(body, obj)

    def validate(obj: JsonObject) -> list[FieldError]:
        value = without(obj, "metadata")
        return schema_errors(body, value, "") or list(rule_errors(body, value, ""))

    def validate_status(new: JsonObject, _old: JsonObject) -> list[FieldError]:
        return validate(new)

    return Strategy(name=subdomain, default=default, validate=validate, validate_status=validate_status)


def version_order(name: str) -> tuple[int, int, int, str]:
    """A sort key that puts the preferred version first: v2 before v1 before v1beta2 before v1alpha1 before others."""
    match = _VERSION.fullmatch(name)
    if match is None:
        return (3, 0, 0, name)
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (stage, -int(match[1]), -int(match[3] or 0), name)
