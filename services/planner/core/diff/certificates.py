"""Certificates of a secure listener beside its default one (ingress, section 8; ELBv2 API, AddListenerCertificates).

The list beside the default certificate holds all certificates, the default one included, as the reference controller
leaves it. A call takes one. What is new is there before what is old goes, so that no host is without its certificate,
as far as the load balancer has room for both.
"""

from collections.abc import Iterable, Mapping

from services.planner.core.aws import Listener
from services.planner.core.desired import DesiredListener
from services.planner.core.draft import Draft
from services.planner.core.plans import FieldChange, Ref
from services.planner.core.quotas import NO_LIMIT


def diff_certificates(
    draft: Draft,
    listener: DesiredListener,
    arn: str | Ref,
    known: Iterable[str],
    after: Iterable[str] = (),
    *,
    room: int = NO_LIMIT,
) -> list[FieldChange]:
    """Steps that make the list as desired; answers what differs. `after`: the steps that set the default one. `room`:
    how many the load balancer takes beside those that stand, default ones not counted."""
    if not listener.certificates:
        return []
    wanted, standing = {*listener.certificates}, {*known}
    added, gone = sorted(wanted - standing), [] if listener.keeps_certificates else sorted(standing - wanted)
    counted = [one for one in added if one != listener.certificates[0]]
    early = max(0, min(len(counted) - room, len(gone)))
    makes_room = dict(
        zip(reversed(counted), (_remove(draft, listener, arn, n, gone[n], after) for n in range(early)), strict=False)
    )
    steps = [
        draft.call(
            f"add-certificate-{listener.port}-{n}",
            "elbv2",
            "AddListenerCertificates",
            _named(arn, one),
            [*after, makes_room[one]] if one in makes_room else after,
        )
        for n, one in enumerate(added)
    ]
    for n, one in enumerate(gone[early:], start=early):
        _remove(draft, listener, arn, n, one, [*after, *steps])
    return [
        *(FieldChange(field="certificates", new=one) for one in added),
        *(FieldChange(field="certificates", old=one) for one in gone),
    ]


def counted_certificates(listener: Listener) -> int:
    """How many of a standing listener's certificates count against the quota: all but the default one."""
    return len({*(listener.extra_certificates or ())} - {*listener.certificates[:1]})


def _remove(
    draft: Draft, listener: DesiredListener, arn: str | Ref, number: int, certificate: str, after: Iterable[str]
) -> str:
    step = f"remove-certificate-{listener.port}-{number}"
    return draft.call(step, "elbv2", "RemoveListenerCertificates", _named(arn, certificate), after)


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
