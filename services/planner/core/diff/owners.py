"""The objects behind a stack's members, and who asks for what nobody names in particular."""

from services.planner.core.desired import DesiredStack, Member
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Ingress, Kind, Service


def owner_of(inp: StackInput, member: Member) -> Ingress | Service:
    """The object of a member; the build made the member from it, so it is there."""
    name = (member.ref.namespace, member.ref.name)
    if member.ref.kind is Kind.SERVICE:
        return inp.services[name]
    return next(i for i in inp.ingresses if i.meta.name == name[1] and i.meta.namespace == name[0])


def asked_by(desired: DesiredStack) -> str:
    """The first active member, else the first leaving one, as `<Kind>/<namespace>/<name>`."""
    members = (*desired.active, *desired.leaving)
    return str(members[0].ref) if members else ""
