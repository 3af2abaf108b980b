"""Certificates of one member: those that it names, or those in ACM that are for its hosts (ingress, section 8)."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.planner.core.annotations.ingress.listeners import CERTIFICATES
from services.planner.core.aws import Certificate
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Ingress
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason
from services.planner.core.tags import is_managed

# How soon a certificate that is not there yet is looked for again.
AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCertificates:
    """ARNs, the first one is the member's default; `waiting`: its hosts that no certificate is there for yet."""

    arns: tuple[str, ...] = ()
    waiting: frozenset[str] = frozenset()


def explicit_certificates(member: Active) -> tuple[str, ...]:
    """Those that the parameters of its class name, else those of its annotation."""
    of_class = member.params.certificates if member.params is not None else None
    return of_class or member.annotated.get(CERTIFICATES) or ()


def found_certificates(inp: StackInput, member: Active, findings: Findings) -> MemberCertificates:
    """All issued certificates in ACM that are for one of the member's hosts, the lowest ARN first. A host that none is
    for is waited for."""
    hosts = hosts_of(member.ingress)
    candidates = _candidates(inp, findings) if hosts else ()
    if candidates is None:
        return MemberCertificates()
    arns = {c.arn for c in candidates if any(_matches(name, host) for name in c.names or () for host in hosts)}
    waiting = uncovered(hosts, candidates)
    if waiting:
        listed = ", ".join(sorted(waiting))
        findings.warning(
            member.ref,
            Reason.CERTIFICATE_NOT_FOUND,
            f"no issued certificate in ACM is for {listed}: the HTTPS listeners do without until there is one",
            field="spec",
        )
        findings.wait(f"a certificate for {listed}", AGAIN_SECONDS)
    return MemberCertificates(arns=tuple(sorted(arns)), waiting=waiting)


def hosts_of(ingress: Ingress) -> tuple[str, ...]:
    """Hosts of rules and of `spec.tls`, sorted."""
    of_rules = {rule.host for rule in ingress.rules}
    return tuple(sorted((of_rules | {host for tls in ingress.tls for host in tls.hosts}) - {""}))


def uncovered(hosts: Iterable[str], certificates: Iterable[Certificate]) -> frozenset[str]:
    """Hosts that none of the certificates is for."""
    names = {name for c in certificates for name in c.names or ()}
    return frozenset(host for host in hosts if not any(_matches(name, host) for name in names))


def _candidates(inp: StackInput, findings: Findings) -> tuple[Certificate, ...] | None:
    """The certificates that may be used, None while they have to be asked for."""
    if not inp.inventory.knowledge.certificates:
        findings.ask(Lookup(kind=LookupKind.CERTIFICATES))
        return None
    # One that a controller made for others' hosts goes when they do.
    found = (c for _, c in sorted(inp.inventory.certificates.items()) if not is_managed(c.tags))
    issued = [c for c in found if c.issued]
    allowed = inp.cluster.certificate_authorities
    # Only a private authority's certificate can be of one that is allowed.
    usable = [c for c in issued if c.private] if allowed else issued
    unread = [c.arn for c in usable if c.names is None or (allowed and c.authority is None)]
    if unread:
        findings.ask(Lookup(kind=LookupKind.CERTIFICATE_DETAILS, keys=tuple(unread)))
        return None
    return tuple(c for c in usable if not allowed or c.authority in allowed)


def _matches(name: str, host: str) -> bool:
    """Whether a certificate with the name is for the host: a wildcard stands for one label."""
    if name == host:
        return True
    labels, wanted = name.split("."), host.split(".")
    return labels[0] == "*" and len(labels) == len(wanted) > 1 and labels[1:] == wanted[1:]


def merged_certificates(members: Iterable[MemberCertificates]) -> tuple[str, ...]:
    """Those of all members in their order, the default one first, each once."""
    return tuple(dict.fromkeys(arn for member in members for arn in member.arns))
