"""Whether a listener asks its clients for certificates, and which trust store knows them (ingress, section 15)."""

from collections.abc import Sequence

from services.planner.core.annotations.ingress.listeners import MUTUAL_AUTHENTICATION
from services.planner.core.annotations.mutual_authentication import OFF, VERIFY, MutualAuthenticationWish
from services.planner.core.aws import MutualAuthentication
from services.planner.core.build.merge import Wish, agreed
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason


def build_mutual_authentication(
    inp: StackInput, port: int, members: Sequence[Active], findings: Findings
) -> MutualAuthentication | None:
    """What the members on a secure port agree on; None: what stands is left alone."""
    asked: list[Wish[MutualAuthentication]] = []
    for member in members:
        wish = (member.annotated.get(MUTUAL_AUTHENTICATION) or {}).get(port)
        if wish is not None:
            value = _resolved(inp, member, wish, findings)
            asked.append(Wish(member=member.ref, where=member.ref, field=MUTUAL_AUTHENTICATION.key, value=value))
    found = agreed(asked, findings)
    if found is None and Gate.ENHANCED_DEFAULTS in inp.cluster.gates:
        return MutualAuthentication(mode=OFF)
    return found


def _resolved(
    inp: StackInput, member: Active, wish: MutualAuthenticationWish, findings: Findings
) -> MutualAuthentication:
    if wish.mode != VERIFY:
        return MutualAuthentication(mode=wish.mode)
    return MutualAuthentication(
        mode=wish.mode,
        trust_store=_trust_store(inp, member, wish.trust_store, findings),
        ignore_expiry=bool(wish.ignore_expiry),
        advertise_ca_names=wish.advertise_ca_names or OFF,
    )


def _trust_store(inp: StackInput, member: Active, written: str, findings: Findings) -> str:
    """The ARN of a trust store, which may be named by it."""
    if written.startswith("arn:"):
        return written
    stores = inp.inventory.trust_stores
    found = next((arn for arn, store in sorted(stores.items()) if store.name == written), "")
    if written not in inp.inventory.knowledge.trust_stores:
        findings.ask(Lookup(kind=LookupKind.TRUST_STORES, keys=(written,)))
    elif not found:
        message = f'there is no trust store "{written}"'
        findings.problem(member.ref, Reason.TRUST_STORE_NOT_FOUND, message, field=MUTUAL_AUTHENTICATION.key)
    return found
