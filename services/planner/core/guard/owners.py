"""The objects that make up a stack, as those who may be asked about its plan."""

from services.planner.core.diff.members import API_VERSIONS
from services.planner.core.guard.holding import Asked
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKind
from services.planner.core.objects import Kind, ObjectRef


def owners(inp: StackInput) -> tuple[Asked, ...]:
    """Those that stay first, then those that are being deleted, each sort by name."""
    if inp.key.kind is StackKind.SERVICE:
        service = inp.services.get((inp.key.namespace, inp.key.name))
        found = [(Kind.SERVICE, service.meta)] if service is not None else []
    else:
        found = [(Kind.INGRESS, ingress.meta) for ingress in inp.ingresses]
    found.sort(key=lambda owner: (owner[1].deleting, owner[1].namespace, owner[1].name))
    return tuple(
        Asked(ref=ObjectRef(kind=k, namespace=m.namespace, name=m.name), api_version=API_VERSIONS[k], meta=m)
        for k, m in found
    )
