"""Services that ask for a load balancer: known, and not built yet (service behaviour, section 1)."""

from services.planner.core.annotations.service_nlb import OWN, PREFIX
from services.planner.core.classes import blind
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Kind, ObjectRef, Service
from services.planner.core.problems import Problem, Reason

LOAD_BALANCER_CLASS = "service.k8s.aws/nlb"
FINALIZER = "service.k8s.aws/resources"
_TYPE = f"{PREFIX}{OWN}type"
_TARGET_TYPE = f"{PREFIX}{OWN}nlb-target-type"


def refuse_service(inp: StackInput) -> Problem | None:
    """Why the stack of this Service is not built; None: the Service asks for nothing."""
    where = ObjectRef(kind=Kind.SERVICE, namespace=inp.key.namespace, name=inp.key.name)
    if Kind.SERVICE in inp.view.blind:
        return blind(where, Kind.SERVICE, inp)
    service = inp.services.get((inp.key.namespace, inp.key.name))
    if service is None:
        return None
    field = _asks_by(service)
    if not field and FINALIZER not in service.meta.finalizers:
        return None
    return Problem(
        where=where,
        reason=Reason.NOT_SUPPORTED_YET,
        message="load balancers for Services are not supported yet",
        field=field or "metadata.finalizers",
    )


def _asks_by(service: Service) -> str:
    """The field by which the Service asks for this controller's load balancer, or empty."""
    if service.meta.deleting:
        return ""
    if service.load_balancer_class:
        return "spec.loadBalancerClass" if service.load_balancer_class == LOAD_BALANCER_CLASS else ""
    annotations = service.meta.annotations
    kind = annotations.get(_TYPE)
    external = kind == "external" and annotations.get(_TARGET_TYPE) in ("ip", "instance")
    return _TYPE if kind == "nlb-ip" or external else ""
