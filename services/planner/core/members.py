"""Who makes up an ingress group: active members, and those that leave (ingress behaviour, section 3).

Called first when an Ingress stack is built. Building several members into one load balancer is not done yet, so an
Ingress that names a group is active wherever it stands and is refused for its group when it is checked: it keeps what
it has.
"""

from dataclasses import dataclass

from services.planner.core.annotations.annotated import Annotated, annotated
from services.planner.core.annotations.ingress import GROUP_NAME
from services.planner.core.class_params import ClassParams
from services.planner.core.classes import NotOurs, Ours, resolve_class
from services.planner.core.desired import Member
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKey
from services.planner.core.objects import Ingress, Kind, ObjectRef
from services.planner.core.problems import Problem, Reason

IMPLICIT_FINALIZER = "ingress.k8s.aws/resources"
_EXPLICIT_FINALIZER = "group.ingress.k8s.aws/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A member whose wishes count; `params`: those of its class."""

    ingress: Ingress
    member: Member
    annotated: Annotated
    params: ClassParams | None

    @property
    def ref(self) -> ObjectRef:
        """The Ingress."""
        return self.member.ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A member that carries the group's finalizer and counts no more: deleted, moved, or another controller's now."""

    ingress: Ingress
    member: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """All members of a group, each sort in the group's order."""

    active: tuple[Active, ...]
    leaving: tuple[Leaving, ...]


def finalizer(key: StackKey) -> str:
    """The finalizer that members of the group carry."""
    return IMPLICIT_FINALIZER if key.namespace else f"{_EXPLICIT_FINALIZER}{key.name}"


def gather_members(inp: StackInput, findings: Findings) -> Members:
    """The members of the stack. An Ingress whose class makes no sense is a problem if it carries the group's finalizer,
    and simply no member if it does not."""
    active: list[Active] = []
    leaving: list[Leaving] = []
    for ingress in sorted(inp.ingresses, key=lambda i: (i.meta.namespace, i.meta.name)):
        if not _concerns(ingress, inp.key):
            continue
        role = _role(ingress, inp)
        match role:
            case Active():
                active.append(role)
            case Leaving():
                leaving.append(role)
            case Problem():
                findings.add(role)
            case None:
                pass
    return Members(active=tuple(active), leaving=tuple(leaving))


def _concerns(ingress: Ingress, key: StackKey) -> bool:
    return not key.namespace or (ingress.meta.namespace, ingress.meta.name) == (key.namespace, key.name)


def _role(ingress: Ingress, inp: StackInput) -> Active | Leaving | Problem | None:
    member = _member(ingress, inp.key)
    carries = member.finalizer in ingress.meta.finalizers
    leaves = Leaving(ingress=ingress, member=member) if carries else None
    if ingress.meta.deleting:
        return leaves
    resolved = resolve_class(ingress, inp)
    match resolved:
        case NotOurs():
            return leaves
        case Problem():
            swallowed = resolved.reason is Reason.INVALID_INGRESS_CLASS and not carries
            return None if swallowed else resolved
        case Ours():
            subject = annotated(Kind.INGRESS, ingress.meta)
            if inp.key.namespace or _group(subject, resolved.params) == inp.key.name:
                return Active(ingress=ingress, member=member, annotated=subject, params=resolved.params)
            return leaves


def _group(subject: Annotated, params: ClassParams | None) -> str | None:
    if params is not None and params.group_name is not None:
        return params.group_name
    return subject.get(GROUP_NAME)


def _member(ingress: Ingress, key: StackKey) -> Member:
    meta = ingress.meta
    return Member(
        ref=ObjectRef(kind=Kind.INGRESS, namespace=meta.namespace, name=meta.name),
        uid=meta.uid,
        resource_version=meta.resource_version,
        generation=meta.generation,
        finalizer=finalizer(key),
    )
