"""What a stack should be, from the objects that make it up: a pure function of its input.

Called by the planning of a stack, which compares the result with the inventory. Everything that is wrong is found in
one go; a member of a group that is to blame for something counts as it was accepted last; a stack in which anything is
wrong all the same is not built, and so keeps what it has.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from services.planner.core.annotations.annotated import annotated, check
from services.planner.core.annotations.ingress.load_balancer import LOAD_BALANCER_ATTRIBUTES
from services.planner.core.build.backends import build_part
from services.planner.core.build.created_certificates import manages_certificates
from services.planner.core.build.front import build_front
from services.planner.core.build.listeners import build_listeners
from services.planner.core.build.load_balancer import (
    DELETION_PROTECTION,
    Identity,
    asks_for_deletion_protection,
    build_load_balancer,
    build_managed_group,
    identify,
)
from services.planner.core.build.named_subnets import asked_subnets
from services.planner.core.build.part import Part, group_tags
from services.planner.core.build.quarantine import build_of_the_sound
from services.planner.core.build.result import Broken, Built, result, without_subnets
from services.planner.core.build.service import build_service
from services.planner.core.build.subnets import Wanted, discover_subnets
from services.planner.core.classes import blind
from services.planner.core.desired import DesiredStack, DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.index import indexed
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKind
from services.planner.core.members import Active, Leaving, Members, gather_members
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Problem, Reason
from services.planner.core.references import service_names, unread_annotations

Objection = Callable[[DesiredStack], Iterable[Problem]]
"""What forbids a stack that was built of sound objects."""


def _none(_: DesiredStack) -> Iterable[Problem]:
    return ()


def build_stack(inp: StackInput, objection: Objection = _none) -> Built | Needs | Broken:
    """What the stack should be, or what has to be known first, or what is wrong. Total: every input gives one. A member
    of a group that is to blame for an `objection` counts as for anything else that is wrong."""
    inp = indexed(inp)
    if inp.key.kind is StackKind.SERVICE:
        return build_service(inp)
    if Kind.INGRESS in inp.view.blind:
        return Broken(problems=(blind(_stack_ref(inp), Kind.INGRESS, inp),))
    members = gather_members(inp)
    built = build_of_the_sound(inp, members, lambda m, f: _allowed(_build_members(inp, m, f), objection, f))
    if not isinstance(built, Broken) or any(p.reason is Reason.VIEW_INCOMPLETE for p in built.problems):
        return built
    deleted = (m for m in members.leaving if m.ingress.meta.deleting and not _is_protected(m))
    return Broken(problems=built.problems, deleted=tuple(m.member for m in deleted))


def _allowed(built: Built | Needs | Broken, objection: Objection, findings: Findings) -> Built | Needs | Broken:
    """What was built, unless it is objected to."""
    if not isinstance(built, Built):
        return built
    for problem in objection(built.desired):
        findings.add(problem)
    return Broken(problems=findings.problems) if findings.problems else built


def _build_members(inp: StackInput, members: Members, findings: Findings) -> Built | Needs | Broken:
    _refuse_protected(members, findings)
    if manages_certificates(inp) and not inp.inventory.knowledge.managed_certificates:
        findings.ask(Lookup(kind=LookupKind.MANAGED_CERTIFICATES))
    if members.active or members.leaving:
        _require(inp, findings, _stack_ref(inp), Kind.TARGET_GROUP_BINDING)
    for member in members.active:
        with findings.about(member.ref):
            _check_member(inp, member, findings)
    if not members.active or _cannot_see(findings):
        desired = DesiredStack(key=inp.key, leaving=tuple(m.member for m in members.leaving))
        return result(desired, findings)
    return _build(inp, members, findings)


def _build(inp: StackInput, members: Members, findings: Findings) -> Built | Needs | Broken:
    active = members.active
    identity = identify(inp, active, findings)
    parts = tuple(_part(inp, member, identity, findings) for member in active)
    asked = group_tags(parts, findings)
    listening = build_listeners(inp, identity, parts, findings)
    subnets = _subnets(inp, active, identity, findings)
    balancer = build_load_balancer(
        inp,
        active,
        identity,
        subnets=subnets if isinstance(subnets, tuple) else (),
        asked=asked,
        findings=findings,
    )
    permissions = listening.permissions(dual_stack=identity.dual_stack)
    group = build_managed_group(inp, permissions=permissions, asked=asked)
    desired = DesiredStack(
        key=inp.key,
        active=tuple(m.member for m in active),
        leaving=tuple(m.member for m in members.leaving),
        load_balancer=balancer,
        listeners=listening.listeners,
        target_groups=_target_groups((p for p in parts if p.member.ref not in listening.unserved), findings),
        managed_group=group if identity.security.managed else None,
        certificates=listening.certificates,
        front=build_front(
            inp,
            active,
            identity,
            balancer,
            listening=listening,
            asked=asked,
            findings=findings,
        ),
    )
    if findings.problems or isinstance(subnets, tuple):
        return result(desired, findings)
    return without_subnets(inp, desired, subnets, findings)


def _part(inp: StackInput, member: Active, identity: Identity, findings: Findings) -> Part:
    """The member's own part, with the Services that its version was accepted with."""
    with findings.about(member.ref):
        seen = replace(inp, services={**inp.services, **member.services}) if member.services else inp
        return build_part(seen, member, identity, findings)


def _target_groups(parts: Iterable[Part], findings: Findings) -> tuple[DesiredTargetGroup, ...]:
    """Those of the given members, sorted by resource id. The id runs names together, so that two may come to the
    same one; a target group cannot be both."""
    found: dict[str, DesiredTargetGroup] = {}
    for group in (group for part in parts for group in part.target_groups):
        other = found.setdefault(group.resource_id, group)
        if other is not group:
            findings.dispute(_same_group(group, other.asked_by), _same_group(other, group.asked_by))
    return tuple(found[i] for i in sorted(found))


def _same_group(group: DesiredTargetGroup, other: ObjectRef) -> Problem:
    message = f"its target group {group.resource_id} is also that of {other}: rename one of them"
    return Problem(where=group.asked_by, reason=Reason.CONFLICTING_MEMBERS, message=message)


def _subnets(
    inp: StackInput, active: Sequence[Active], identity: Identity, findings: Findings
) -> tuple[str, ...] | Lookup | Problem:
    wanted = Wanted(type_="application", dual_stack=identity.dual_stack)
    asked = asked_subnets(inp, active, wanted, findings)
    if asked is not None:
        return asked
    if identity.standing is not None:
        return identity.standing.subnets
    return discover_subnets(
        where=active[0].ref, scheme=identity.scheme, wanted=wanted, cluster=inp.cluster, inventory=inp.inventory
    )


def _check_member(inp: StackInput, member: Active, findings: Findings) -> None:
    check(member.annotated, findings, unread=unread_annotations(member.ingress))
    for problem in member.params.problems if member.params else ():
        findings.add(problem)
    if service_names(member.ingress):
        _require(inp, findings, member.ref, Kind.SERVICE)


def _refuse_protected(members: Members, findings: Findings) -> None:
    """Deletion waits while the deleted Ingress itself asks for protection (ingress behaviour, section 6)."""
    for leaving in members.leaving:
        if _is_protected(leaving):
            findings.problem(
                leaving.member.ref,
                Reason.DELETION_PROTECTED,
                f"{DELETION_PROTECTION} is true: nothing is deleted until it is set to false",
                field=LOAD_BALANCER_ATTRIBUTES.key,
            )


def _is_protected(leaving: Leaving) -> bool:
    meta = leaving.ingress.meta
    return meta.deleting and asks_for_deletion_protection(annotated(Kind.INGRESS, meta))


def _cannot_see(findings: Findings) -> bool:
    """Whether a kind is missing, so that looking further would only find what follows from that."""
    return any(problem.reason is Reason.VIEW_INCOMPLETE for problem in findings.problems)


def _require(inp: StackInput, findings: Findings, where: ObjectRef, kind: Kind) -> None:
    if kind in inp.view.blind:
        findings.add(blind(where, kind, inp))


def _stack_ref(inp: StackInput) -> ObjectRef:
    return ObjectRef(kind=Kind.INGRESS, namespace=inp.key.namespace, name=inp.key.name)
