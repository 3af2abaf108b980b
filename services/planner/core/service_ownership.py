"""Which Services ask this controller for a network load balancer (service behaviour, section 1).

Called by the build of a Service, and by the planner's view to tell which Services are keys at all.
"""

from services.planner.core.annotations.service_nlb import NLB_TARGET_TYPE, TYPE
from services.planner.core.objects import Service

LOAD_BALANCER_CLASS = "service.k8s.aws/nlb"
FINALIZER = "service.k8s.aws/resources"
LEGACY_IP = "nlb-ip"
_EXTERNAL = "external"
_TARGET_TYPES = ("ip", "instance")


def is_owned(service: Service) -> bool:
    """Whether the Service asks for a load balancer. Its class, where one is given, decides alone."""
    if service.meta.deleting:
        return False
    if service.load_balancer_class:
        return service.load_balancer_class == LOAD_BALANCER_CLASS
    annotations = service.meta.annotations
    kind = annotations.get(TYPE.key)
    external = kind == _EXTERNAL and annotations.get(NLB_TARGET_TYPE.key) in _TARGET_TYPES
    return kind == LEGACY_IP or external


def concerns(service: Service) -> bool:
    """Whether there is anything to do for the Service: it asks for a load balancer, or may have one."""
    return is_owned(service) or FINALIZER in service.meta.finalizers
