"""Label selectors and node selectors as pure predicates (Kubernetes documentation, "Labels and Selectors")."""

from collections.abc import Mapping
from typing import Any

from sandbox.kubernetes.client.objects import Object


def matches_labels(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether all wanted labels are there with these values."""
    return all(labels.get(name) == value for name, value in wanted.items())


def matches_selector(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects these labels. An absent selector selects nothing, an empty one everything."""
    if selector is None:
        return False
    return matches_labels(selector.get("matchLabels") or {}, labels) and all(
        matches_expression(expression, labels) for expression in selector.get("matchExpressions") or []
    )


def matches_expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether one requirement holds; NotIn and DoesNotExist also hold for an absent label.

    Gt and Lt, which only node selectors have, compare whole numbers; what is no number does not match.
    """
    value = labels.get(expression["key"])
    values = expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return _both_numbers(value, values) and int(value or "") > int(values[0])
        case "Lt":
            return _both_numbers(value, values) and int(value or "") < int(values[0])
        case operator:
            raise ValueError(f"unknown selector operator {operator!r}")


def _both_numbers(value: str | None, values: list[str]) -> bool:
    return value is not None and len(values) == 1 and value.isdecimal() and values[0].isdecimal()
