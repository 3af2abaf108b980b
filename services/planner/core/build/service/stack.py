"""What the stack of a Service should be (service behaviour, sections 2, 6 and 15)."""

from collections import Counter

from services.planner.core import tags
from services.planner.core.annotations import service_nlb as catalogue
from services.planner.core.annotations.annotated import annotated, check_network_load_balancer
from services.planner.core.annotations.values import quoted
from services.planner.core.aws import Forward, TargetGroupWeight
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.named_subnets import named_subnets
from services.planner.core.build.object_tags import refuse_external
from services.planner.core.build.result import Broken, Built, result, stack_lookup
from services.planner.core.build.service.health_checks import build_health_check
from services.planner.core.build.service.load_balancer import build_load_balancer, identify
from services.planner.core.build.service.networking import Addresses, Traffic, from_addresses, from_group
from services.planner.core.build.service.security_groups import (
    Security,
    build_managed_group,
    choose_groups,
    source_ranges,
)
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.service.target_groups import Networking, build_target_group, resource_id
from services.planner.core.build.standing import is_known
from services.planner.core.build.subnets import Wanted, discover_subnets
from services.planner.core.classes import blind
from services.planner.core.desired import DesiredAccess, DesiredListener, DesiredStack, DesiredTargetGroup, Member
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Kind, ObjectRef, Service
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Problem, Reason
from services.planner.core.protection import DELETION_PROTECTION, is_protected
from services.planner.core.service_ownership import FINALIZER, concerns, is_owned

_TYPE = "network"
_PROTOCOLS = ("TCP", "UDP")
_IPV6 = "IPv6"


def build_service(inp: StackInput) -> Built | Needs | Broken:
    """What the Service's stack should be, or what has to be known first, or what is wrong. Total."""
    where = ObjectRef(kind=Kind.SERVICE, namespace=inp.key.namespace, name=inp.key.name)
    if Kind.SERVICE in inp.view.blind:
        return Broken(problems=(blind(where, Kind.SERVICE, inp),))
    service = inp.services.get((inp.key.namespace, inp.key.name))
    if service is None or not concerns(service):
        return Built(desired=DesiredStack(key=inp.key))
    if Kind.TARGET_GROUP_BINDING in inp.view.blind:
        return Broken(problems=(blind(where, Kind.TARGET_GROUP_BINDING, inp),))
    findings = Findings()
    subject = Subject(service=service, annotated=annotated(Kind.SERVICE, service.meta))
    if not is_owned(service):
        _refuse_protected(subject, findings)
        return result(DesiredStack(key=inp.key, leaving=(_member(service, where),)), findings)
    check_network_load_balancer(subject.annotated, findings)
    _check_spec(subject, findings)
    return _build(inp, subject, findings)


def intended_groups(inp: StackInput) -> tuple[DesiredTargetGroup, ...]:
    """The target groups that the Service will have, without a question to AWS; none where anything is wrong with it."""
    service = inp.services.get((inp.key.namespace, inp.key.name))
    if service is None or not is_owned(service):
        return ()
    findings = Findings()
    subject = Subject(service=service, annotated=annotated(Kind.SERVICE, service.meta))
    check_network_load_balancer(subject.annotated, findings)
    _check_spec(subject, findings)
    groups = _target_groups(inp, subject, identify(inp, subject), lambda _: None, {}, findings)
    return () if findings.problems else groups


def _build(inp: StackInput, subject: Subject, findings: Findings) -> Built | Needs | Broken:
    identity = identify(inp, subject)
    tags_asked = subject.get(catalogue.TAGS)
    asked = {**tags_asked} if tags_asked else {}
    refuse_external(inp.cluster, findings, subject.ref, catalogue.TAGS.key, asked)
    ranges = source_ranges(subject, findings)
    security = choose_groups(inp, subject, identity.standing, findings)
    subnets = _subnets(inp, subject, identity)
    if isinstance(security, Lookup):
        return _ask(inp, DesiredStack(key=inp.key), (security,), findings)
    addresses = Addresses(scheme=identity.scheme, subnets=subnets if isinstance(subnets, tuple) else (), ranges=ranges)
    groups = _target_groups(inp, subject, identity, _networking(inp, subject, security, addresses), asked, findings)
    desired = DesiredStack(
        key=inp.key,
        active=(_member(subject.service, subject.ref),),
        load_balancer=build_load_balancer(
            inp, subject, identity, subnets=addresses.subnets, security=security, asked=asked
        ),
        listeners=_listeners(inp, subject, asked),
        target_groups=groups,
        managed_group=build_managed_group(inp, subject, ranges, asked) if security.managed else None,
    )
    lookups = [subnets] if isinstance(subnets, Lookup) else []
    if not security.groups and not inp.inventory.knowledge.network:
        lookups.append(Lookup(kind=LookupKind.NETWORK))
    if isinstance(subnets, Problem) and is_known(inp):
        findings.add(subnets)
    return _ask(inp, desired, tuple(dict.fromkeys(lookups)), findings, sure=isinstance(subnets, tuple))


def _ask(
    inp: StackInput, desired: DesiredStack, lookups: tuple[Lookup, ...], findings: Findings, *, sure: bool = False
) -> Built | Needs | Broken:
    """The stack, unless something has to be asked. While the stack itself was not looked up, it may have a load
    balancer that gives the subnets."""
    if findings.problems:
        return result(desired, findings)
    if not sure and not is_known(inp):
        return Needs(lookups=(*lookups, stack_lookup(desired)))
    return Needs(lookups=lookups) if lookups else result(desired, findings)


def _subnets(inp: StackInput, subject: Subject, identity: Identity) -> tuple[str, ...] | Lookup | Problem:
    wanted = Wanted(type_=_TYPE, dual_stack=identity.dual_stack)
    names = subject.get(catalogue.SUBNETS)
    if names:
        return named_subnets(
            names,
            where=subject.ref,
            field=catalogue.SUBNETS.key,
            wanted=wanted,
            cluster=inp.cluster,
            inventory=inp.inventory,
        )
    if identity.standing is not None:
        return identity.standing.subnets
    return discover_subnets(
        where=subject.ref, scheme=identity.scheme, wanted=wanted, cluster=inp.cluster, inventory=inp.inventory
    )


def _networking(inp: StackInput, subject: Subject, security: Security, addresses: Addresses) -> Networking:
    """Who reaches the targets. Rules for a load balancer without groups are made unless the Service says no."""
    backend, managed = security.backend, subject.get(catalogue.MANAGE_BACKEND_RULES)

    def networking(traffic: Traffic) -> tuple[DesiredAccess, ...] | None:
        if backend is not None:
            return from_group(traffic, backend)
        if security.groups or managed is False:
            return None
        return from_addresses(inp, traffic, addresses)

    return networking


def _target_groups(
    inp: StackInput,
    subject: Subject,
    identity: Identity,
    networking: Networking,
    asked: dict[str, str],
    findings: Findings,
) -> tuple[DesiredTargetGroup, ...]:
    health_check = build_health_check(subject, target_type=subject.target_type(inp.cluster), findings=findings)
    groups = (
        build_target_group(
            inp,
            subject,
            port,
            load_balancer=identity.standing,
            load_balancer_name=identity.name,
            health_check=health_check,
            networking=networking,
            asked=asked,
            findings=findings,
        )
        for port in subject.service.ports
    )
    return tuple(sorted(groups, key=lambda g: g.resource_id))


def _listeners(inp: StackInput, subject: Subject, asked: dict[str, str]) -> tuple[DesiredListener, ...]:
    """One listener for each port, in the order of the Service, which is that of its status."""
    return tuple(
        DesiredListener(
            port=port.port,
            protocol=port.protocol,
            default_actions=(Forward(groups=(TargetGroupWeight(target_group=resource_id(subject, port)),)),),
            tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=str(port.port), asked=asked),
        )
        for port in subject.service.ports
    )


def _check_spec(subject: Subject, findings: Findings) -> None:
    service = subject.service
    target_type = subject.get(catalogue.NLB_TARGET_TYPE)
    if target_type not in (None, "instance", "ip"):
        message = f"the value {quoted(target_type)} is taken as instance; accepted are instance, ip"
        findings.warning(subject.ref, Reason.INVALID_ANNOTATION, message, field=catalogue.NLB_TARGET_TYPE.key)
    for port in service.ports:
        if port.protocol not in _PROTOCOLS:
            message = f"port {port.port} is of protocol {port.protocol}; a network load balancer takes TCP and UDP"
            findings.problem(subject.ref, Reason.INVALID_SPEC, message, field="spec.ports")
    twice = sorted(number for number, count in Counter(p.port for p in service.ports).items() if count > 1)
    if twice:
        message = f"port {twice[0]} is given with several protocols, which is not supported yet"
        findings.problem(subject.ref, Reason.NOT_SUPPORTED_YET, message, field="spec.ports")
    if _IPV6 in service.ip_families:
        message = "IPv6 targets need a dual stack load balancer; this one is ipv4"
        findings.problem(subject.ref, Reason.INVALID_SPEC, message, field="spec.ipFamilies")


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
    )
