"""Services that ask for a load balancer: known, and not built yet (service behaviour, section 1)."""

from services.planner.core.classes import blind
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.problems import Problem, Reason
from services.planner.core.service_ownership import concerns


def refuse_service(inp: StackInput) -> Problem | None:
    """Why the stack of this Service is not built; None: the Service asks for nothing."""
    where = ObjectRef(kind=Kind.SERVICE, namespace=inp.key.namespace, name=inp.key.name)
    if Kind.SERVICE in inp.view.blind:
        return blind(where, Kind.SERVICE, inp)
    service = inp.services.get((inp.key.namespace, inp.key.name))
    if service is None or not concerns(service):
        return None
    return Problem(
        where=where, reason=Reason.NOT_SUPPORTED_YET, message="load balancers for Services are not supported yet"
    )
