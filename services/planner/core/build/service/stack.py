"""What the stack of a Service should be (service behaviour, sections 2, 6 and 15)."""

from collections.abc import Iterable, Mapping

from services.planner.core.annotations.annotated import annotated, check_network_load_balancer
from services.planner.core.annotations.service_nlb import load_balancer as catalogue
from services.planner.core.annotations.service_nlb.listeners import ACTIONS, QUIC_PORTS
from services.planner.core.annotations.values import quoted
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.named_subnets import named_subnets
from services.planner.core.build.object_tags import refuse_external
from services.planner.core.build.result import Broken, Built, result, without_subnets
from services.planner.core.build.security import Security
from services.planner.core.build.service.actions import build_forwarding
from services.planner.core.build.service.listeners import build_listener, warn_of_unused
from services.planner.core.build.service.load_balancer import build_load_balancer, identify
from services.planner.core.build.service.networking import Addresses, Traffic, from_addresses, from_group
from services.planner.core.build.service.ports import listener_ports
from services.planner.core.build.service.security_groups import build_managed_group, source_ranges
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.service.target_groups import GroupBuilder, Networking
from services.planner.core.build.subnets import Wanted, discover_subnets
from services.planner.core.classes import blind
from services.planner.core.desired import DesiredAccess, DesiredListener, DesiredStack, DesiredTargetGroup, Member
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Kind, ObjectRef, Service
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Problem, Reason
from services.planner.core.protection import DELETION_PROTECTION, is_protected
from services.planner.core.service_ownership import FINALIZER, Claim

_TYPE = "network"


def build_service(inp: StackInput) -> Built | Needs | Broken:
    """What the Service's stack should be, or what has to be known first, or what is wrong. Total."""
    where = ObjectRef(kind=Kind.SERVICE, namespace=inp.key.namespace, name=inp.key.name)
    if Kind.SERVICE in inp.view.blind:
        return Broken(problems=(blind(where, Kind.SERVICE, inp),))
    service = inp.services.get((inp.key.namespace, inp.key.name))
    claim = Claim.of(inp.cluster)
    if service is None or not claim.concerns(service):
        return Built(desired=DesiredStack(key=inp.key))
    if Kind.TARGET_GROUP_BINDING in inp.view.blind:
        return Broken(problems=(blind(where, Kind.TARGET_GROUP_BINDING, inp),))
    findings = Findings()
    subject = Subject(service=service, annotated=annotated(Kind.SERVICE, service.meta))
    if not claim.owns(service):
        _refuse_protected(subject, findings)
        return result(DesiredStack(key=inp.key, leaving=(_member(service, where),)), findings)
    check_network_load_balancer(subject.annotated, findings)
    _check_spec(subject, findings)
    return _build(inp, subject, findings)


def intended_groups(inp: StackInput) -> tuple[DesiredTargetGroup, ...]:
    """The target groups that the Service will have, without a question to AWS; none where anything is wrong with it."""
    service = inp.services.get((inp.key.namespace, inp.key.name))
    if service is None or not Claim.of(inp.cluster).owns(service):
        return ()
    findings = Findings()
    subject = Subject(service=service, annotated=annotated(Kind.SERVICE, service.meta))
    check_network_load_balancer(subject.annotated, findings)
    _check_spec(subject, findings)
    identity = identify(inp, subject, findings)
    _, groups = _forwards(inp, subject, identity, lambda _: None, {}, findings)
    return () if findings.problems else groups


def _build(inp: StackInput, subject: Subject, findings: Findings) -> Built | Needs | Broken:
    identity = identify(inp, subject, findings)
    tags_asked = subject.get(catalogue.TAGS)
    asked = {**tags_asked} if tags_asked else {}
    refuse_external(inp.cluster, findings, subject.ref, catalogue.TAGS.key, asked)
    ranges = source_ranges(subject, findings)
    subnets = _subnets(inp, subject, identity)
    known = subnets if isinstance(subnets, tuple) else ()
    addresses = Addresses(scheme=identity.scheme, subnets=known, ranges=ranges)
    networking = _networking(inp, subject, identity.security, addresses)
    listeners, groups = _forwards(inp, subject, identity, networking, asked, findings)
    desired = DesiredStack(
        key=inp.key,
        active=(_member(subject.service, subject.ref),),
        load_balancer=build_load_balancer(inp, subject, identity, subnets=known, asked=asked, findings=findings),
        listeners=listeners,
        target_groups=groups,
        managed_group=build_managed_group(inp, subject, ranges, asked) if identity.security.managed else None,
    )
    if not identity.security.groups and not inp.inventory.knowledge.network:
        findings.ask(Lookup(kind=LookupKind.NETWORK))
    if findings.problems or isinstance(subnets, tuple):
        return result(desired, findings)
    return without_subnets(inp, desired, subnets, findings)


def _forwards(
    inp: StackInput,
    subject: Subject,
    identity: Identity,
    networking: Networking,
    asked: Mapping[str, str],
    findings: Findings,
) -> tuple[tuple[DesiredListener, ...], tuple[DesiredTargetGroup, ...]]:
    """Listeners in the order of the Service, and what they forward to, sorted by resource id."""
    plans = listener_ports(subject, inp.cluster, findings)
    warn_of_unused(subject, plans, findings)
    if any(plan.quic for plan in plans) and (identity.security.groups or identity.dual_stack):
        message = "AWS takes QUIC listeners on ipv4 load balancers without security groups only"
        findings.warning(subject.ref, Reason.INVALID_ANNOTATION, message, field=QUIC_PORTS.key)
    builder = GroupBuilder(
        inp=inp,
        subject=subject,
        standing=identity.standing,
        load_balancer_name=identity.name,
        networking=networking,
        asked=asked,
        findings=findings,
    )
    forwards = [build_forwarding(inp, subject, plan, builder.build, findings) for plan in plans]
    listeners = (build_listener(inp, subject, p, f.forward, asked) for p, f in zip(plans, forwards, strict=True))
    return tuple(listeners), _by_id((g for f in forwards for g in f.groups), subject, findings)


def _subnets(inp: StackInput, subject: Subject, identity: Identity) -> tuple[str, ...] | Lookup | Problem:
    wanted = Wanted(type_=_TYPE, dual_stack=identity.dual_stack)
    standing = identity.standing
    names = subject.get(catalogue.SUBNETS) or ()
    if not names and standing is not None and identity.ip_address_type != standing.ip_address_type:
        # The subnets that it keeps have to be fit for what it becomes.
        names = standing.subnets
    if names:
        return named_subnets(
            names,
            where=subject.ref,
            field=catalogue.SUBNETS.key,
            wanted=wanted,
            cluster=inp.cluster,
            inventory=inp.inventory,
        )
    if standing is not None:
        return standing.subnets
    return discover_subnets(
        where=subject.ref, scheme=identity.scheme, wanted=wanted, cluster=inp.cluster, inventory=inp.inventory
    )


def _networking(inp: StackInput, subject: Subject, security: Security, addresses: Addresses) -> Networking:
    """Who reaches the targets. Rules for a load balancer without groups are made unless the Service says no."""
    backend, managed = security.backend, subject.get(catalogue.MANAGE_BACKEND_RULES)

    def networking(traffic: Traffic) -> tuple[DesiredAccess, ...] | None:
        if backend is not None:
            return from_group(traffic, backend, restricted=inp.cluster.restricted_rules)
        if security.groups or managed is False:
            return None
        return from_addresses(inp, traffic, addresses)

    return networking


def _by_id(made: Iterable[DesiredTargetGroup], subject: Subject, findings: Findings) -> tuple[DesiredTargetGroup, ...]:
    """Each target group once. Listeners that name the same port of another Service share its target group, as long as
    they want the same of it."""
    found: dict[str, DesiredTargetGroup] = {}
    for group in made:
        other = found.setdefault(group.resource_id, group)
        if other.protocol != group.protocol:
            message = f"target group {group.resource_id} cannot be {other.protocol} and {group.protocol} at once"
            findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=ACTIONS.key)
    return tuple(found[i] for i in sorted(found))


def _check_spec(subject: Subject, findings: Findings) -> None:
    target_type = subject.get(catalogue.NLB_TARGET_TYPE)
    if target_type not in (None, "instance", "ip"):
        message = f"the value {quoted(target_type)} is taken as instance; accepted are instance, ip"
        findings.warning(subject.ref, Reason.INVALID_ANNOTATION, message, field=catalogue.NLB_TARGET_TYPE.key)


def _refuse_protected(subject: Subject, findings: Findings) -> None:
    """A load balancer stays while the Service itself asks for its protection (service behaviour, section 1)."""
    if is_protected(subject.service):
        findings.problem(
            subject.ref,
            Reason.DELETION_PROTECTED,
            f"{DELETION_PROTECTION} is true: nothing is deleted until it is set to false",
            field=catalogue.ATTRIBUTES.key,
        )


def _member(service: Service, ref: ObjectRef) -> Member:
    meta = service.meta
    return Member(
        ref=ref,
        uid=meta.uid,
        resource_version=meta.resource_version,
        generation=meta.generation,
        finalizer=FINALIZER,
        withdraws=True,
        ports=tuple((port.port, port.protocol) for port in service.ports),
    )
