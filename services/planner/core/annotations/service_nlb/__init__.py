"""The catalogue of annotations under `service.beta.kubernetes.io/` (service behaviour, section 3), a module per family.

Read by the build of a Service, one constant per annotation, and by the checks of a Service, which look names up: that
of one which asks for a load balancer, and that of one which is only a backend.
"""

from collections.abc import Mapping
from typing import Any

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.service_nlb import listeners, load_balancer, target_groups
from services.planner.core.annotations.service_nlb.names import OWN, PREFIX

__all__ = ["CATALOGUE", "FAMILIES", "FOREIGN", "PREFIX", "find", "is_foreign"]

FAMILIES: Mapping[str, tuple[Annotation[Any], ...]] = {
    "load balancer": load_balancer.ANNOTATIONS,
    "listeners": listeners.ANNOTATIONS,
    "target groups": target_groups.ANNOTATIONS,
}

CATALOGUE: Mapping[str, Annotation[Any]] = {a.name: a for family in FAMILIES.values() for a in family}

# Read by the AWS cloud provider of Kubernetes (cloud-provider-aws) and not by this specification.
_OF_CLOUD_PROVIDER = (
    "access-log-emit-interval",
    "connection-draining-enabled",
    "connection-draining-timeout",
    "connection-idle-timeout",
    "extra-security-groups",
)
FOREIGN = frozenset(f"{OWN}{suffix}" for suffix in _OF_CLOUD_PROVIDER)


def find(name: str) -> Annotation[Any] | None:
    """The annotation of that name (without the prefix), or the family that it is of; None: not in the specification."""
    exact = CATALOGUE.get(name)
    if exact is not None and not exact.family:
        return exact
    head, dot, rest = name.partition(".")
    return CATALOGUE.get(f"{head}.") if dot and rest else None


def is_foreign(name: str) -> bool:
    """Whether a name (without the prefix) that is not in the catalogue is meant for somebody else."""
    return not name.startswith(OWN) or name in FOREIGN
