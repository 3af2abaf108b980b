"""Firewalls and protection of an ingress group's load balancer (ingress behaviour, section 18)."""

from collections.abc import Sequence

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.ingress import addons as catalogue
from services.planner.core.build.merge import Wish, agreed, wishes
from services.planner.core.desired import Addons
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason

SHIELD = "shield"


def build_addons(inp: StackInput, members: Sequence[Active], findings: Findings) -> Addons:
    """What the members ask for. One that is switched off in the installation is left as it is, with a warning."""
    return Addons(
        web_acl=_web_acl(inp, members, findings),
        classic_web_acl=_classic_web_acl(inp, members, findings),
        protected=_protected(inp, members, findings),
    )


def _web_acl(inp: StackInput, members: Sequence[Active], findings: Findings) -> str | None:
    """ARN of the web ACL; a name counts before all ARNs."""
    named = [
        w
        for w in wishes(
            members, catalogue.WAFV2_NAME, of_class=lambda p: p.web_acl_name, class_field="spec.wafv2AclName"
        )
        if w.value
    ]
    by_arn = wishes(members, catalogue.WAFV2_ARN, of_class=lambda p: p.web_acl_arn, class_field="spec.wafv2AclArn")
    asked: Sequence[Wish[str]] = named or by_arn
    if _is_off(asked, findings, on=inp.cluster.wafv2, setting="enable-wafv2"):
        return None
    name, arn = agreed(named, findings), agreed(by_arn, findings)
    if name is None:
        return _or_none(arn)
    return "" if name == catalogue.NONE else _arn_of(inp, named[0], findings)


def _arn_of(inp: StackInput, wish: Wish[str], findings: Findings) -> str | None:
    found = sorted(acl.arn for acl in inp.inventory.web_acls.values() if acl.name == wish.value)
    if found:
        return found[0]
    if not inp.inventory.knowledge.web_acls:
        findings.ask(Lookup(kind=LookupKind.WEB_ACLS))
        return None
    message = f'there is no regional web ACL "{wish.value}"'
    findings.problem(wish.where, Reason.WEB_ACL_NOT_FOUND, message, field=wish.field)
    return None


def _classic_web_acl(inp: StackInput, members: Sequence[Active], findings: Findings) -> str | None:
    asked = [w for m in members for w in _classic_wish(m)]
    if _is_off(asked, findings, on=inp.cluster.waf_classic, setting="enable-waf"):
        return None
    return _or_none(agreed(asked, findings))


def _classic_wish(member: Active) -> list[Wish[str]]:
    """What the member asks for, by the one name or else by the old one; an empty value asks for nothing."""
    names: tuple[Annotation[str], ...] = (catalogue.WAF_ACL_ID, catalogue.WEB_ACL_ID)
    found = [w for name in names for w in wishes((member,), name, of_class=lambda _: None, class_field="") if w.value]
    return found[:1]


def _protected(inp: StackInput, members: Sequence[Active], findings: Findings) -> bool | None:
    asked = wishes(members, catalogue.SHIELD, of_class=lambda _: None, class_field="")
    if not asked or _is_off(asked, findings, on=inp.cluster.shield, setting="enable-shield"):
        return None
    wanted = agreed(asked, findings)
    if not inp.inventory.knowledge.shield_subscription:
        findings.ask(Lookup(kind=LookupKind.SHIELD_SUBSCRIPTION))
        return None
    subscription = inp.inventory.subscriptions.get(SHIELD)
    if subscription is not None and subscription.active:
        return wanted
    if wanted:
        message = "the account has no subscription to Shield Advanced: the load balancer is not protected by it"
        findings.warning(asked[0].where, Reason.NOT_SUBSCRIBED, message, field=asked[0].field)
    return None


def _is_off(asked: Sequence[Wish[str]] | Sequence[Wish[bool]], findings: Findings, *, on: bool, setting: str) -> bool:
    """Whether the installation does not do this; who asks for it is told."""
    for wish in () if on else asked:
        message = f"this is switched off in the installation ({setting}): what stands is left as it is"
        findings.warning(wish.where, Reason.SWITCHED_OFF, message, field=wish.field)
    return not on


def _or_none(value: str | None) -> str | None:
    return "" if value == catalogue.NONE else value
