"""Deployment and ReplicaSet: defaults and validation (apps/v1)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.kubernetes.apiserver.errors import (
    FieldError,
    forbidden_field,
    immutable,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.names import label_errors, subdomain
from sandbox.kubernetes.apiserver.kinds.pods import default_pod_spec, pod_spec_errors
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject

_STRATEGIES = ("Recreate", "RollingUpdate")
_PERCENT = re.compile(r"\d+%")
_NOT_NEGATIVE = "must be greater than or equal to 0"
_OPERATORS = {"In", "NotIn", "Exists", "DoesNotExist"}


def _default_template(spec: JsonObject) -> None:
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))


def _default_deployment(deployment: JsonObject) -> None:
    spec = deployment.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _default_template(spec)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    for condition in (deployment.get("status") or {}).get("conditions") or []:
        for key in ("lastUpdateTime", "lastTransitionTime"):
            condition.setdefault(key, None)


def _default_replica_set(replica_set: JsonObject) -> None:
    spec = replica_set.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _default_template(spec)


def _selector_errors(spec: JsonObject) -> list[FieldError]:
    selector = spec.get("selector")
    found = (spec["template"].get("metadata") or {}).get("labels") or {}
    mismatch = invalid_value(
        "spec.template.metadata.labels", found or None, "`selector` does not match template `labels`"
    )
    if selector is None:
        return [required("spec.selector"), mismatch]
    labels, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    errors = label_errors(labels, "spec.selector.matchLabels")
    if not labels and not expressions:
        errors.append(invalid_value("spec.selector", selector, "empty selector is invalid for deployment"))
    for at, each in enumerate(expressions):
        if each.get("operator") not in _OPERATORS:
            field = f"spec.selector.matchExpressions[{at}].operator"
            errors.append(invalid_value(field, each.get("operator"), "not a valid selector operator"))
    if not errors and not matches(selector, found):
        errors.append(mismatch)
    return errors


def matches(selector: JsonObject, labels: JsonObject) -> bool:
    """Whether a LabelSelector picks something that has these labels."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression_holds(each, labels) for each in selector.get("matchExpressions") or [])


def _expression_holds(expression: JsonObject, labels: JsonObject) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def _common_errors(spec: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    for key in ("replicas", "minReadySeconds", "revisionHistoryLimit"):
        if spec.get(key, 0) < 0:
            errors.append(invalid_value(f"spec.{key}", spec[key], _NOT_NEGATIVE))
    errors += _selector_errors(spec)
    template = spec["template"]
    errors += label_errors((template.get("metadata") or {}).get("labels") or {}, "spec.template.labels")
    errors += pod_spec_errors(template["spec"], "spec.template.spec")
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        errors.append(unsupported("spec.template.spec.restartPolicy", policy, ("Always",)))
    return errors


def _validate_deployment(deployment: JsonObject) -> list[FieldError]:
    spec = deployment["spec"]
    errors = _common_errors(spec) + _strategy_errors(spec["strategy"])
    deadline = spec["progressDeadlineSeconds"]
    if deadline < 0:
        errors.append(invalid_value("spec.progressDeadlineSeconds", deadline, _NOT_NEGATIVE))
    elif deadline <= spec.get("minReadySeconds", 0):
        errors.append(invalid_value("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return errors


def _strategy_errors(strategy: JsonObject) -> list[FieldError]:
    kind = strategy["type"]
    rolling: JsonObject | None = strategy.get("rollingUpdate")
    if kind not in _STRATEGIES:
        return [unsupported("spec.strategy.type", kind, _STRATEGIES)]
    if kind == "Recreate":
        if rolling is None:
            return []
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [forbidden_field("spec.strategy.rollingUpdate", detail)]
    return _rolling_errors(rolling or {})


def _rolling_errors(rolling: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    field = "spec.strategy.rollingUpdate"
    for key in ("maxUnavailable", "maxSurge"):
        errors += _share_errors(rolling[key], f"{field}.{key}")
    if not errors and _number(rolling["maxUnavailable"]) == 0 and _number(rolling["maxSurge"]) == 0:
        detail = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid_value(f"{field}.maxUnavailable", rolling["maxUnavailable"], detail))
    share = rolling["maxUnavailable"]
    if isinstance(share, str) and _PERCENT.fullmatch(share) and _number(share) > 100:
        errors.append(invalid_value(f"{field}.maxUnavailable", share, "must not be greater than 100%"))
    return errors


def _share_errors(value: Any, field: str) -> list[FieldError]:
    if isinstance(value, str) and not _PERCENT.fullmatch(value):
        detail = (
            "a valid percent string must be a numeric string followed by an ending '%' "
            "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        )
        return [invalid_value(field, value, detail)]
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, value, _NOT_NEGATIVE)]
    return []


def _number(value: Any) -> int:
    return int(value[:-1]) if isinstance(value, str) else int(value)


def _validate_replica_set(replica_set: JsonObject) -> list[FieldError]:
    return _common_errors(replica_set["spec"])


def _selector_kept(new: JsonObject, old: JsonObject) -> list[FieldError]:
    if new["spec"].get("selector") != old["spec"].get("selector"):
        return [immutable("spec.selector", new["spec"].get("selector"))]
    return []


def _status_errors(new: JsonObject, _old: JsonObject) -> list[FieldError]:
    status = new.get("status") or {}
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    errors = [invalid_value(f"status.{key}", status[key], _NOT_NEGATIVE) for key in counts if status.get(key, 0) < 0]
    total = status.get("replicas", 0)
    for key in ("updatedReplicas", "readyReplicas", "availableReplicas", "fullyLabeledReplicas"):
        if status.get(key, 0) > total:
            detail = "cannot be greater than status.replicas"
            errors.append(invalid_value(f"status.{key}", status[key], detail))
    return errors


DEPLOYMENTS = Strategy(
    name=subdomain,
    default=_default_deployment,
    validate=_validate_deployment,
    validate_update=_selector_kept,
    initial_status={},
    generation_metadata=("annotations",),
    validate_status=_status_errors,
)
REPLICA_SETS = Strategy(
    name=subdomain,
    default=_default_replica_set,
    validate=_validate_replica_set,
    validate_update=_selector_kept,
    initial_status={"replicas": 0},
    validate_status=_status_errors,
)
