"""Certificates of a secure listener beside its default one (ingress, section 8; ELBv2 API, AddListenerCertificates).

The list beside the default certificate holds all certificates, the default one included, as the reference controller
leaves it. A call takes one. What is new is there before what is old goes, so that no host is without its certificate.
"""

from collections.abc import Iterable, Mapping

from services.planner.core.aws import Listener
from services.planner.core.desired import DesiredListener
from services.planner.core.draft import Draft
from services.planner.core.plans import FieldChange, Ref


def diff_certificates(
    draft: Draft, listener: DesiredListener, arn: str | Ref, known: Iterable[str], after: Iterable[str] = ()
) -> list[FieldChange]:
    """Steps that make the list as desired; answers what differs. `after`: the steps that set the default one."""
    if not listener.certificates:
        return []
    wanted, standing = {*listener.certificates}, {*known}
    added, gone = sorted(wanted - standing), [] if listener.keeps_certificates else sorted(standing - wanted)
    steps = [
        draft.call(f"add-certificate-{listener.port}-{n}", "elbv2", "AddListenerCertificates", _named(arn, one), after)
        for n, one in enumerate(added)
    ]
    for n, one in enumerate(gone):
        step = f"remove-certificate-{listener.port}-{n}"
        draft.call(step, "elbv2", "RemoveListenerCertificates", _named(arn, one), [*after, *steps])
    return [
        *(FieldChange(field="certificates", new=one) for one in added),
        *(FieldChange(field="certificates", old=one) for one in gone),
    ]


def unread_certificates(desired: Iterable[DesiredListener], found: Mapping[int, Listener]) -> list[str]:
    """Standing secure listeners whose certificates are asked for and were never read; others have none."""
    pairs = ((listener, found.get(listener.port)) for listener in desired)
    return [
        old.arn
        for listener, old in pairs
        if old and old.secure and listener.certificates and old.extra_certificates is None
    ]


def _named(arn: str | Ref, certificate: str) -> dict[str, object]:
    return {"ListenerArn": arn, "Certificates": [{"CertificateArn": certificate}]}
