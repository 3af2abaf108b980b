"""Firewalls and protection of a load balancer brought up to date (ingress behaviour, section 18).

What stands is known from questions that are put only where an add-on is asked for, or from our own calls.
"""

from collections.abc import Iterator, Mapping

from services.planner.core.aws import Fact, LoadBalancer
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.draft import Draft
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import FieldChange, Ref

# The name that the reference controller gives its protections, and that of its predecessor.
PROTECTION_NAME = "managed by aws-load-balancer-controller"
_OWN_NAMES = (PROTECTION_NAME, "managed by aws-alb-ingress-controller")


def unread_addons(desired: DesiredLoadBalancer, found: LoadBalancer) -> Iterator[Lookup]:
    """Questions about add-ons that are asked for."""
    asked = (
        (desired.addons.web_acl, Fact.WEB_ACL, LookupKind.WEB_ACL),
        (desired.addons.classic_web_acl, Fact.CLASSIC_WEB_ACL, LookupKind.CLASSIC_WEB_ACL),
        (desired.addons.protected, Fact.PROTECTION, LookupKind.PROTECTION),
    )
    for wanted, fact, kind in asked:
        if wanted is not None and fact not in found.facts:
            yield Lookup(kind=kind, keys=(found.arn,))


def diff_addons(
    draft: Draft, desired: DesiredLoadBalancer, arn: str | Ref, facts: Mapping[Fact, str]
) -> list[FieldChange]:
    """Steps for the add-ons that are not as asked for; answers the differing fields."""
    addons = desired.addons
    return [
        *_web_acl(draft, "wafv2", "WebACLArn", arn, addons.web_acl, facts.get(Fact.WEB_ACL, "")),
        *_web_acl(draft, "waf-regional", "WebACLId", arn, addons.classic_web_acl, facts.get(Fact.CLASSIC_WEB_ACL, "")),
        *_protection(draft, arn, addons.protected, facts),
    ]


def _web_acl(
    draft: Draft, service: str, parameter: str, arn: str | Ref, wanted: str | None, stands: str
) -> Iterator[FieldChange]:
    """An association takes the place of the one that stands."""
    if wanted is None or wanted == stands:
        return
    if wanted:
        draft.call(f"associate-{service}", service, "AssociateWebACL", {parameter: wanted, "ResourceArn": arn})
    else:
        draft.call(f"disassociate-{service}", service, "DisassociateWebACL", {"ResourceArn": arn})
    yield FieldChange(field=f"{service}_web_acl", old=stands, new=wanted)


def _protection(draft: Draft, arn: str | Ref, wanted: bool | None, facts: Mapping[Fact, str]) -> Iterator[FieldChange]:
    """One that somebody else made is neither doubled nor taken away."""
    stands = facts.get(Fact.PROTECTION, "")
    if wanted and not stands:
        draft.call("protect", "shield", "CreateProtection", {"Name": PROTECTION_NAME, "ResourceArn": arn})
        yield FieldChange(field="shield_protection", old=False, new=True)
    if wanted is False and stands and facts.get(Fact.PROTECTION_NAME) in _OWN_NAMES:
        draft.call("unprotect", "shield", "DeleteProtection", {"ProtectionId": stands})
        yield FieldChange(field="shield_protection", old=True, new=False)
