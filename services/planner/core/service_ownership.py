"""Which Services ask this controller for a network load balancer (service behaviour, section 1).

Called by the build of a Service, and by the planner's view to tell which Services are keys at all.
"""

from dataclasses import dataclass

from services.planner.core.annotations.service_nlb.load_balancer import NLB_TARGET_TYPE, TYPE
from services.planner.core.gates import Gate
from services.planner.core.inputs import Cluster
from services.planner.core.objects import Service

FINALIZER = "service.k8s.aws/resources"
LEGACY_IP = "nlb-ip"
_EXTERNAL = "external"
_TARGET_TYPES = ("ip", "instance")
_LOAD_BALANCER = "LoadBalancer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the installation answers to. `load_balancer_class`: its class; `only_load_balancers`: Services of other
    types than LoadBalancer are left alone; not `enabled`: no Service gets a load balancer, and what stands stays."""

    load_balancer_class: str = "service.k8s.aws/nlb"
    only_load_balancers: bool = False
    enabled: bool = True

    @staticmethod
    def of(cluster: Cluster) -> "Claim":
        """By the settings."""
        return Claim(
            load_balancer_class=cluster.load_balancer_class,
            only_load_balancers=Gate.SERVICE_TYPE_LOAD_BALANCER_ONLY in cluster.gates,
            enabled=Gate.SERVICE_CONTROLLER in cluster.gates,
        )

    def owns(self, service: Service) -> bool:
        """Whether the Service asks for a load balancer. Its class, where one is given, decides alone."""
        if service.meta.deleting or (self.only_load_balancers and service.type != _LOAD_BALANCER):
            return False
        if service.load_balancer_class:
            return service.load_balancer_class == self.load_balancer_class
        annotations = service.meta.annotations
        kind = annotations.get(TYPE.key)
        external = kind == _EXTERNAL and annotations.get(NLB_TARGET_TYPE.key) in _TARGET_TYPES
        return kind == LEGACY_IP or external

    def concerns(self, service: Service) -> bool:
        """Whether there is anything to do for the Service: it asks for a load balancer, or may have one."""
        return self.enabled and (self.owns(service) or FINALIZER in service.meta.finalizers)
