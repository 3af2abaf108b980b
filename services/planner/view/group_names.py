"""Groups that the parameters of classes name, and which Ingresses thereby belong to them. Pure; used by
`cluster.ClusterView` (ingress behaviour, sections 2, 3 and 5)."""

from collections.abc import Mapping

from services.planner.core.class_params import parse_class_params
from services.planner.core.classes import CLASS_ANNOTATION, CONTROLLER, DEFAULT_CLASS_ANNOTATION
from services.planner.core.objects import Ingress, IngressClass, IngressClassParams

GroupNames = Mapping[str | None, str]
"""Group by the class that names one; None stands for the default class."""


def group_names(classes: Mapping[str, IngressClass], params: Mapping[str, IngressClassParams]) -> GroupNames:
    """The groups that this controller's classes name."""
    found: dict[str | None, str] = {}
    for name, ingress_class in classes.items():
        reference = ingress_class.parameters
        chosen = params.get(reference.name) if reference is not None else None
        group = parse_class_params(chosen).group_name if chosen is not None else None
        if group is None or ingress_class.controller != CONTROLLER:
            continue
        found[name] = group
        if ingress_class.meta.annotations.get(DEFAULT_CLASS_ANNOTATION) == "true":
            found[None] = group
    return found


def group_of_class(ingress: Ingress, names: GroupNames) -> str | None:
    """The group that the class of the Ingress names. The legacy annotation names no class object."""
    return None if CLASS_ANNOTATION in ingress.meta.annotations else names.get(ingress.class_name)
