"""Deletion protection as an object asks for it itself: while it does, its deletion takes nothing away (ingress
behaviour, section 6; service behaviour, section 1).

Called by the build of a Service, and by the planner's shell to tell which stacks really go.
"""

from services.planner.core.annotations.annotated import annotated
from services.planner.core.annotations.ingress.load_balancer import LOAD_BALANCER_ATTRIBUTES
from services.planner.core.annotations.service_nlb.load_balancer import ATTRIBUTES
from services.planner.core.annotations.values import is_true
from services.planner.core.objects import Ingress, Kind, Service

DELETION_PROTECTION = "deletion_protection.enabled"


def is_protected(owner: Ingress | Service) -> bool:
    """Whether the object's load balancer attributes switch deletion protection on; unreadable ones do not."""
    of_service = isinstance(owner, Service)
    kind, annotation = (Kind.SERVICE, ATTRIBUTES) if of_service else (Kind.INGRESS, LOAD_BALANCER_ATTRIBUTES)
    attributes = annotated(kind, owner.meta).get(annotation) or {}
    return is_true(attributes.get(DELETION_PROTECTION, ""))
