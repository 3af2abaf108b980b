"""The catalogue of annotations under `alb.ingress.kubernetes.io/` (ingress behaviour, section 4), a module per family.

Read by the build, one constant per annotation, and by the check of an object, which looks names up here.
"""

from collections.abc import Mapping
from typing import Any

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.ingress import (
    addons,
    frontend_nlb,
    listeners,
    load_balancer,
    routing,
    target_groups,
)

FAMILIES: Mapping[str, tuple[Annotation[Any], ...]] = {
    "load balancer": load_balancer.ANNOTATIONS,
    "listeners": listeners.ANNOTATIONS,
    "routing": routing.ANNOTATIONS,
    "target groups": target_groups.ANNOTATIONS,
    "firewalls and protection": addons.ANNOTATIONS,
    "frontend network load balancer": frontend_nlb.ANNOTATIONS,
}

CATALOGUE: Mapping[str, Annotation[Any]] = {a.name: a for family in FAMILIES.values() for a in family}

# Written by a controller itself; reading them would be reading one's own words (naming and tags, section 8).
WRITTEN_BY_CONTROLLERS = frozenset(("dry-run-plan",))


def find(name: str) -> Annotation[Any] | None:
    """The annotation of that name (without the prefix), or the family that it is of; None: not in the specification."""
    exact = CATALOGUE.get(name)
    if exact is not None and not exact.family:
        return exact
    head, dot, rest = name.partition(".")
    return CATALOGUE.get(f"{head}.") if dot and rest else None
