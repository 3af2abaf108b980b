"""Listeners of an ingress group: the ports of all members, merged (ingress behaviour, sections 7 to 10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.planner.core import tags
from services.planner.core.annotations.ingress.listeners import LISTEN_PORTS, LISTENER_ATTRIBUTES, SSL_POLICY
from services.planner.core.annotations.ingress.routing import ACTIONS
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, FixedResponse, Permission, Redirect
from services.planner.core.build.certificates import (
    MemberCertificates,
    explicit_certificates,
    found_certificates,
    merged_certificates,
)
from services.planner.core.build.created_certificates import CreatedCertificate, all_desired, created_certificate
from services.planner.core.build.inbound import Sources, build_sources
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.merge import Wish, agreed, united, wishes
from services.planner.core.build.mutual_authentication import build_mutual_authentication
from services.planner.core.build.part import Part, Waiting, group_tags, wait
from services.planner.core.build.redirect import build_redirect, refused_redirect
from services.planner.core.build.rules import NOT_READY, build_rules
from services.planner.core.build.standing import served_hosts, standing_listener
from services.planner.core.desired import DesiredCertificate, DesiredListener
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import IngressRule, ObjectRef
from services.planner.core.problems import Problem, Reason

NO_BACKEND = FixedResponse(status_code="404", content_type="text/plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The listeners that can be made, by port, who may reach each, which ports each member listens on, whether they can
    be made or not, and the certificates that are made for them. `unserved`: members all of whose listeners do nothing
    but redirect, so that nothing forwards to their target groups."""

    listeners: tuple[DesiredListener, ...]
    sources: Mapping[int, Sources]
    ports: Mapping[ObjectRef, tuple[int, ...]]
    certificates: tuple[DesiredCertificate, ...] = ()
    unserved: frozenset[ObjectRef] = frozenset()

    def permissions(self, *, dual_stack: bool) -> frozenset[Permission]:
        """The inbound rules of the managed group for all listeners."""
        ports = (listener.port for listener in self.listeners)
        found = (self.sources[port].permissions(port, dual_stack=dual_stack) for port in ports)
        return frozenset(permission for permissions in found for permission in permissions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """A member on one port."""

    part: Part
    protocol: ListenerProtocol
    certificates: MemberCertificates

    @property
    def member(self) -> Active:
        return self.part.member


def build_listeners(inp: StackInput, identity: Identity, parts: Sequence[Part], findings: Findings) -> Listening:
    """One listener for each port that a member listens on, sorted, each with what the members on it ask for."""
    created = [created_certificate(inp, part, findings) for part in parts]
    by_port = _users(inp, zip(parts, created, strict=True), findings)
    protocols = {port: _protocol(users, findings) for port, users in sorted(by_port.items())}
    redirect = build_redirect([part.member for part in parts], protocols, findings)
    made = (
        _secure(inp, identity, port, by_port[port], findings)
        if protocol is ListenerProtocol.HTTPS
        else _listener(inp, port, by_port[port], protocol, redirect, findings)
        for port, protocol in protocols.items()
    )
    sources = {port: build_sources([u.member for u in users], findings) for port, users in by_port.items()}
    return Listening(
        listeners=tuple(x for x in made if x is not None),
        sources=sources,
        ports=_ports(by_port),
        certificates=all_desired(created),
        unserved=_unserved(by_port, protocols) if redirect is not None else frozenset(),
    )


def _unserved(
    by_port: Mapping[int, Sequence[_User]], protocols: Mapping[int, ListenerProtocol]
) -> frozenset[ObjectRef]:
    """Members without a secure listener, in a group whose plain ones redirect."""
    served = {u.member.ref for port, p in protocols.items() if p is ListenerProtocol.HTTPS for u in by_port[port]}
    return frozenset(user.member.ref for users in by_port.values() for user in users) - served


def _ports(by_port: Mapping[int, Sequence[_User]]) -> dict[ObjectRef, tuple[int, ...]]:
    found: dict[ObjectRef, tuple[int, ...]] = {}
    for port, users in sorted(by_port.items()):
        for user in users:
            found[user.member.ref] = (*found.get(user.member.ref, ()), port)
    return found


def _users(
    inp: StackInput, parts: Iterable[tuple[Part, CreatedCertificate | None]], findings: Findings
) -> dict[int, list[_User]]:
    found: dict[int, list[_User]] = {}
    for part, created in parts:
        explicit = explicit_certificates(part.member)
        default = {443: ListenerProtocol.HTTPS} if explicit or created else {80: ListenerProtocol.HTTP}
        ports = part.member.annotated.get(LISTEN_PORTS) or default
        certificates = MemberCertificates(arns=explicit)
        if created is not None and not explicit:
            certificates = created.certificates
        elif ListenerProtocol.HTTPS in ports.values() and not explicit:
            certificates = found_certificates(inp, part.member, findings)
        for port, protocol in ports.items():
            found.setdefault(port, []).append(_User(part=part, protocol=protocol, certificates=certificates))
    return found


def _protocol(users: Iterable[_User], findings: Findings) -> ListenerProtocol:
    asked = (Wish(member=u.member.ref, where=u.member.ref, field=LISTEN_PORTS.key, value=u.protocol) for u in users)
    return agreed(asked, findings) or ListenerProtocol.HTTP


def _listener(
    inp: StackInput,
    port: int,
    users: Sequence[_User],
    protocol: ListenerProtocol,
    redirect: Redirect | None,
    findings: Findings,
) -> DesiredListener:
    """A listener with everything that does not depend on TLS; one that redirects has no rules."""
    parts = [user.part for user in users]
    asked = group_tags(parts, findings)
    default = (redirect,) if redirect else _default_actions(port, protocol, parts, findings)
    return DesiredListener(
        port=port,
        protocol=protocol.value,
        default_actions=(NOT_READY,) if isinstance(default, Waiting) else default,
        default_waits_for=default.what if isinstance(default, Waiting) else "",
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=str(port), asked=asked),
        rules=() if redirect else build_rules(inp, parts, listener_port=port, protocol=protocol, findings=findings),
        attributes=_attributes(port, protocol, [user.member for user in users], findings),
    )


def _secure(
    inp: StackInput, identity: Identity, port: int, users: Sequence[_User], findings: Findings
) -> DesiredListener | None:
    """A listener with certificates. While there is none for it, what stands on the port is held; None: nothing stands.

    While hosts wait for their certificates, they have no rules here, unless they have some already, and no certificate
    that stands is taken away.
    """
    standing = standing_listener(inp, identity.standing, port)
    waiting = frozenset(host for user in users for host in user.certificates.waiting)
    own = merged_certificates(user.certificates for user in users)
    kept = standing.certificates[:1] if standing is not None and waiting else ()
    certificates = tuple(dict.fromkeys((*kept, *own)))
    if not certificates:
        if not waiting:
            _without_hosts(port, users[0], findings)
        held = _listener(inp, port, users, ListenerProtocol.HTTPS, None, findings)
        return replace(held, held=True, rules=(), attributes={}) if standing is not None else None
    served = served_hosts(inp, standing)
    ready = [replace(u, part=_without(u.part, u.certificates.waiting - served)) for u in users]
    members = [user.member for user in users]
    policy = agreed(
        wishes(members, SSL_POLICY, of_class=lambda p: p.ssl_policy, class_field="spec.sslPolicy"), findings
    )
    return replace(
        _listener(inp, port, ready, ListenerProtocol.HTTPS, None, findings),
        certificates=certificates,
        keeps_certificates=bool(waiting),
        ssl_policy=policy or inp.cluster.default_ssl_policy,
        mutual_authentication=build_mutual_authentication(inp, port, members, findings),
    )


def _without_hosts(port: int, user: _User, findings: Findings) -> None:
    if findings.questions:
        return
    message = (
        f"the HTTPS listener on port {port} has no certificate: name one in certificate-arn, or hosts to find it by"
    )
    findings.warning(user.member.ref, Reason.CERTIFICATE_NOT_FOUND, message, field=LISTEN_PORTS.key)
    findings.wait(f"a certificate for listener HTTPS:{port}", None)


def _without(part: Part, hosts: frozenset[str]) -> Part:
    """The member without paths for these hosts; its other rules keep their places."""
    ingress = part.member.ingress
    rules = tuple(IngressRule(host=r.host, http=False) if r.host in hosts else r for r in ingress.rules)
    return replace(part, member=replace(part.member, ingress=replace(ingress, rules=rules)))


def _attributes(
    port: int, protocol: ListenerProtocol, members: Sequence[Active], findings: Findings
) -> Mapping[str, str]:
    """Those of all members on the port; the class of the first one decides before any of them."""
    name = f"{protocol}-{port}"
    asked = [
        Wish(member=m.ref, where=m.ref, field=f"{LISTENER_ATTRIBUTES.key}{name}", value=own)
        for m in members
        if (own := m.annotated.family(LISTENER_ATTRIBUTES).get(name))
    ]
    params = members[0].params
    return united(asked, findings, decided=params.listener_attributes.get(name) if params is not None else None)


def _second_backend(where: ObjectRef, other: ObjectRef, port: int) -> Problem:
    message = f"{other} has a default backend too, and both listen on port {port}: one Ingress of a group may have one"
    return Problem(where=where, reason=Reason.CONFLICTING_MEMBERS, message=message, field="spec.defaultBackend")


def _default_actions(
    port: int, protocol: ListenerProtocol, parts: Sequence[Part], findings: Findings
) -> tuple[Action, ...] | Waiting:
    """Those of the one member on this port that has a default backend."""
    having = [part for part in parts if part.member.ingress.default_backend is not None]
    having.sort(key=lambda part: part.member.ref in findings.yielding)
    for part in having[1:]:
        if part.member.ref not in findings.yielding:
            one, other = part.member.ref, having[0].member.ref
            findings.dispute(_second_backend(one, other, port), _second_backend(other, one, port))
    backend = having[0].member.ingress.default_backend if having else None
    route = having[0].routes.get(backend) if backend is not None else None
    if backend is None or route is None:
        return (NO_BACKEND,)
    actions = route.actions_on(protocol)
    if isinstance(actions, Waiting):
        wait(having[0].member, actions, findings)
    elif refused := refused_redirect(actions, port, protocol):
        field = f"{ACTIONS.key}{backend.service_name}"
        findings.problem(having[0].member.ref, Reason.INVALID_ANNOTATION, refused, field=field)
    return actions
