"""Certificates that a member has made for its hosts (ingress, section 21): asked of ACM, validated in Route 53.

Until the certificate is issued, the one that it follows goes on to serve; hosts that have none wait.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from services.planner.core import tags
from services.planner.core.annotations.ingress.listeners import CERTIFICATE_AUTHORITY, CERTIFICATES, CREATE_CERTIFICATE
from services.planner.core.aws import Certificate
from services.planner.core.build.certificates import AGAIN_SECONDS, MemberCertificates, hosts_of, uncovered
from services.planner.core.build.part import Part
from services.planner.core.desired import DesiredCertificate
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason
from services.planner.core.zones import zone_of

# How soon it is looked whether a certificate was issued.
_ISSUED_SECONDS = 15.0
_TOKEN_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedCertificate:
    """`desired` None: it cannot be asked for yet. `certificates`: what the member can use now."""

    desired: DesiredCertificate | None
    certificates: MemberCertificates


def manages_certificates(inp: StackInput) -> bool:
    """Whether the installation makes certificates at all."""
    return Gate.CERTIFICATE_MANAGEMENT in inp.cluster.gates


def created_certificate(inp: StackInput, part: Part, findings: Findings) -> CreatedCertificate | None:
    """The certificate that the member asks for, None where it asks for none or names others."""
    subject = part.member.annotated
    if not (manages_certificates(inp) and subject.get(CREATE_CERTIFICATE)) or CERTIFICATES.key in subject.values:
        return None
    hosts = hosts_of(part.member.ingress)
    if not hosts:
        message = "a certificate is made for the hosts of rules and of spec.tls: there is none"
        findings.problem(part.member.ref, Reason.INVALID_SPEC, message, field=CREATE_CERTIFICATE.key)
        return CreatedCertificate(desired=None, certificates=MemberCertificates())
    wanted = _desired(inp, part, hosts)
    standing = standing_certificates(inp, wanted.resource_id)
    serving = next((c for c in standing if serves(wanted, c) and c.issued), None)
    if serving is not None:
        return CreatedCertificate(desired=wanted, certificates=MemberCertificates(arns=(serving.arn,)))
    pending = next((c for c in standing if serves(wanted, c)), None)
    ready = _ready(inp, part, wanted, pending, findings)
    before = [c for c in standing if c.issued]
    return CreatedCertificate(
        desired=wanted if ready else None,
        certificates=MemberCertificates(arns=tuple(c.arn for c in before), waiting=uncovered(hosts, before)),
    )


def serves(wanted: DesiredCertificate, found: Certificate) -> bool:
    """Whether the certificate is the wanted one, issued or not yet."""
    return not found.failed and {*(found.names or ())} == {*wanted.names}


def standing_certificates(inp: StackInput, resource_id: str) -> tuple[Certificate, ...]:
    """The stack's certificates with that resource id, by ARN."""
    found = (c for _, c in sorted(inp.inventory.certificates.items()))
    return tuple(
        c for c in found if tags.is_resource(c.tags, cluster=inp.cluster, key=inp.key, resource_id=resource_id)
    )


def _desired(inp: StackInput, part: Part, hosts: tuple[str, ...]) -> DesiredCertificate:
    meta = part.member.ingress.meta
    authority = part.member.annotated.get(CERTIFICATE_AUTHORITY) or inp.cluster.default_certificate_authority
    owner = hashlib.sha256(f"{meta.namespace}/{meta.name}".encode()).hexdigest()[:8]
    kind = "private" if authority else "amazon_issued"
    resource_id = f"{kind}/{hosts[0].replace('*', 'wildcard')}-{owner}"
    # Default tags win here whatever the gate says about others (naming and tags, section 4).
    asked = {**part.tags, **inp.cluster.default_tags}
    known = (c.arn for c in standing_certificates(inp, resource_id))
    token = hashlib.sha256("\n".join((meta.uid, resource_id, authority, *hosts, *known)).encode()).hexdigest()
    return DesiredCertificate(
        resource_id=resource_id,
        names=hosts,
        authority=authority,
        token=token[:_TOKEN_LENGTH],
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=resource_id, asked=asked),
        asked_by=part.member.ref,
    )


def _ready(
    inp: StackInput, part: Part, wanted: DesiredCertificate, pending: Certificate | None, findings: Findings
) -> bool:
    """Whether it can be asked for, or is; asks what is to be known before, and says what is waited for."""
    knowledge = inp.inventory.knowledge
    if not wanted.authority and not knowledge.hosted_zones:
        findings.ask(Lookup(kind=LookupKind.HOSTED_ZONES))
        return False
    if pending is not None and pending.arn not in knowledge.certificate_details:
        findings.ask(Lookup(kind=LookupKind.CERTIFICATE_DETAILS, keys=(pending.arn,)))
        return False
    zones = inp.inventory.hosted_zones.values()
    homeless = [] if wanted.authority else [host for host in wanted.names if zone_of(host, zones) is None]
    if homeless and pending is None:
        listed = ", ".join(homeless)
        message = f"Route 53 has no public hosted zone for {listed}, in which a certificate could be validated"
        findings.warning(part.member.ref, Reason.HOSTED_ZONE_NOT_FOUND, message, field=CREATE_CERTIFICATE.key)
        findings.wait(f"a hosted zone for {listed}", AGAIN_SECONDS)
        return False
    findings.wait(f"certificate {wanted.resource_id} to be issued", _ISSUED_SECONDS)
    return True


def all_desired(created: Iterable[CreatedCertificate | None]) -> tuple[DesiredCertificate, ...]:
    """All that can be asked for, by resource id."""
    found = [c.desired for c in created if c is not None and c.desired is not None]
    return tuple(sorted(found, key=lambda c: c.resource_id))
