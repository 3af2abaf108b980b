"""Label selectors as Kubernetes evaluates them (Kubernetes documentation, Labels and Selectors)."""

from collections.abc import Mapping

from services.planner.core.objects import LabelRequirement, LabelSelector

OPERATORS = frozenset(("In", "NotIn", "Exists", "DoesNotExist"))


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether everything in the selector holds; an empty selector matches all, an unknown operator nothing."""
    exact = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return exact and all(_holds(requirement, labels) for requirement in selector.match_expressions)


def _holds(requirement: LabelRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False
