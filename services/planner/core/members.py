"""Who makes up an ingress group: active members, and those that leave (ingress behaviour, section 3).

Called first when an Ingress stack is built. An Ingress whose group's name cannot be read has left nothing: it is a
problem of the groups that it was a member of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planner.core.annotations.annotated import Annotated, annotated, check
from services.planner.core.annotations.ingress.load_balancer import GROUP_NAME, GROUP_ORDER
from services.planner.core.class_params import GROUP_FIELD, ClassParams
from services.planner.core.classes import NotOurs, Ours, resolve_class
from services.planner.core.desired import Member
from services.planner.core.findings import Findings
from services.planner.core.groups import current_group, finalizer, own_group
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKey
from services.planner.core.objects import Ingress, Kind, ObjectRef, Service
from services.planner.core.problems import Problem, Reason
from services.planner.core.references import unread_annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A member whose wishes count; `params`: those of its class. `services`: those that count for this member in place
    of the ones that stand, by (namespace, name)."""

    ingress: Ingress
    member: Member
    annotated: Annotated
    params: ClassParams | None
    services: Mapping[tuple[str, str], Service] = field(default_factory=dict)

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
class Moving:
    """A member that asks for another group and was not taken in there yet. `otherwise`: what it is where nobody knows
    how it was accepted here."""

    ingress: Ingress
    member: Member
    goes_to: StackKey
    otherwise: Leaving | Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """An Ingress of which nobody can say whether it is a member: what says so makes no sense, or cannot be seen."""

    ingress: Ingress
    member: Member
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """All members of a group, each sort in the group's order. `unclear`: those that are not known to be members, with
    the reason."""

    active: tuple[Active, ...]
    leaving: tuple[Leaving, ...]
    moving: tuple[Moving, ...] = ()
    unclear: tuple[Unclear, ...] = ()


def gather_members(inp: StackInput) -> Members:
    """The members of the stack. An Ingress whose class makes no sense is unclear if it carries the group's finalizer,
    and simply no member if it does not."""
    active: list[Active] = []
    leaving: list[Leaving] = []
    moving: list[Moving] = []
    unclear: list[Unclear] = []
    for ingress in sorted(inp.ingresses, key=place):
        if not _concerns(ingress, inp.key):
            continue
        role = _role(ingress, inp)
        match role:
            case Active():
                active.append(role)
            case Leaving():
                leaving.append(role)
            case Moving():
                moving.append(role)
            case Problem():
                unclear.append(Unclear(ingress=ingress, member=_member(ingress, inp.key), problem=role))
            case None:
                pass
    return Members(active=tuple(active), leaving=tuple(leaving), moving=tuple(moving), unclear=tuple(unclear))


def place(ingress: Ingress) -> tuple[int, str]:
    """Where the Ingress stands in its group; one without an order, or with none that is accepted, at 0."""
    order = annotated(Kind.INGRESS, ingress.meta).get(GROUP_ORDER) or 0
    return order, f"{ingress.meta.namespace}/{ingress.meta.name}"


def _concerns(ingress: Ingress, key: StackKey) -> bool:
    return not key.namespace or own_group(ingress) == key


def _role(ingress: Ingress, inp: StackInput) -> Active | Leaving | Moving | Problem | None:
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
            return _role_of_ours(ingress, inp, resolved.params, member, leaves)


def _role_of_ours(
    ingress: Ingress, inp: StackInput, params: ClassParams | None, member: Member, leaves: Leaving | None
) -> Active | Leaving | Moving | Problem | None:
    unreadable = next((p for p in params.problems if p.field == GROUP_FIELD), None) if params is not None else None
    if unreadable is not None:
        return unreadable if leaves is not None or own_group(ingress) == inp.key else None
    subject = annotated(Kind.INGRESS, ingress.meta)
    group = current_group(ingress, params.group_name if params is not None else None)
    if group == inp.key:
        return Active(ingress=ingress, member=member, annotated=subject, params=params)
    if group is None and (leaves is not None or own_group(ingress) == inp.key):
        return next(p for p in _problems(ingress, subject) if p.field == GROUP_NAME.key)
    if leaves is None or group is None:
        return leaves
    if finalizer(group) in ingress.meta.finalizers:
        return leaves
    # One that cannot be understood is not taken in where it goes, so it keeps what it has where it was.
    otherwise = next(iter(_problems(ingress, subject)), leaves)
    return Moving(ingress=ingress, member=member, goes_to=group, otherwise=otherwise)


def _problems(ingress: Ingress, subject: Annotated) -> tuple[Problem, ...]:
    findings = Findings()
    check(subject, findings, unread=unread_annotations(ingress))
    return findings.problems


def _member(ingress: Ingress, key: StackKey) -> Member:
    meta = ingress.meta
    return Member(
        ref=ObjectRef(kind=Kind.INGRESS, namespace=meta.namespace, name=meta.name),
        uid=meta.uid,
        resource_version=meta.resource_version,
        generation=meta.generation,
        finalizer=finalizer(key),
    )
