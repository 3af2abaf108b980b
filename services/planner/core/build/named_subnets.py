"""Subnets that someone names, by id, by the `Name` tag, or by the tags that a class selects (networking, section 2).

Called before a standing load balancer's own subnets and before discovery: what is asked for counts. Free addresses and
the cluster's tag are looked at for selected subnets only, not for named ones.
"""

from collections.abc import Iterable, Sequence

from services.planner.core.annotations.ingress.load_balancer import SUBNETS
from services.planner.core.aws import Inventory, Subnet
from services.planner.core.build.merge import Wish, agreed, contradiction
from services.planner.core.build.subnets import Wanted, choose, refusal_of
from services.planner.core.class_params import SubnetSelector
from services.planner.core.findings import Findings
from services.planner.core.inputs import Cluster, StackInput
from services.planner.core.members import Active
from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Problem, Reason

_CLASS_FIELD = "spec.subnets"
_ID_PREFIX = "subnet-"
_NAME_TAG = "Name"


def asked_subnets(
    inp: StackInput, members: Sequence[Active], wanted: Wanted, findings: Findings
) -> tuple[str, ...] | Lookup | Problem | None:
    """What the members of an ingress group ask for; None: none asks for any. A class that selects subnets and a member
    that names some contradict each other, whatever they come to."""
    selectors = [
        Wish(member=m.ref, where=m.params.where, field=_CLASS_FIELD, value=m.params.subnets)
        for m in members
        if m.params is not None and m.params.subnets is not None
    ]
    names = [
        Wish(member=m.ref, where=m.ref, field=SUBNETS.key, value=own)
        for m in members
        if (m.params is None or m.params.subnets is None) and (own := m.annotated.get(SUBNETS)) is not None
    ]
    selector = agreed(selectors, findings)
    listed = agreed(names, findings, same=sorted)
    if selector is not None:
        for wish in names:
            contradiction(findings, wish, selectors[0], "naming subnets", "the class")
        return selected_subnets(
            selector,
            where=selectors[0].where,
            field=_CLASS_FIELD,
            wanted=wanted,
            cluster=inp.cluster,
            inventory=inp.inventory,
        )
    if listed is None:
        return None
    where, field = names[0].where, names[0].field
    return named_subnets(listed, where=where, field=field, wanted=wanted, cluster=inp.cluster, inventory=inp.inventory)


def named_subnets(
    names: Sequence[str],
    *,
    where: ObjectRef,
    field: str,
    wanted: Wanted,
    cluster: Cluster,
    inventory: Inventory,
) -> tuple[str, ...] | Lookup | Problem:
    """Ids in the order of the list. A name that several subnets share takes the next one by id at each repetition."""
    if not inventory.knowledge.network:
        return Lookup(kind=LookupKind.NETWORK)
    found: list[Subnet] = []
    for name in names:
        subnet = (
            inventory.subnets.get(name) if name.startswith(_ID_PREFIX) else _by_name(name, found, cluster, inventory)
        )
        if subnet is None or subnet in found:
            why = "is given twice" if subnet is not None else f"is not in {cluster.vpc_id}"
            return _problem(where, field, f"subnet {name} {why}")
        found.append(subnet)
    refusal = _shared_zone(found) or refusal_of(found, wanted, cluster, inventory)
    return _problem(where, field, refusal) if refusal else tuple(s.id for s in found)


def selected_subnets(
    selector: SubnetSelector,
    *,
    where: ObjectRef,
    field: str,
    wanted: Wanted,
    cluster: Cluster,
    inventory: Inventory,
) -> tuple[str, ...] | Lookup | Problem:
    """Ids of the subnets that the parameters of a class ask for."""
    if selector.ids:
        return named_subnets(
            selector.ids, where=where, field=field, wanted=wanted, cluster=cluster, inventory=inventory
        )
    if not inventory.knowledge.network:
        return Lookup(kind=LookupKind.NETWORK)
    candidates = [
        s
        for s in inventory.subnets.values()
        if s.vpc_id == cluster.vpc_id and all(s.tags.get(k) in values for k, values in selector.tags.items())
    ]
    chosen = choose(candidates, wanted, cluster, inventory)
    return _problem(where, field, chosen) if isinstance(chosen, str) else chosen


def _by_name(name: str, taken: Iterable[Subnet], cluster: Cluster, inventory: Inventory) -> Subnet | None:
    named = sorted(
        (s for s in inventory.subnets.values() if s.vpc_id == cluster.vpc_id and s.tags.get(_NAME_TAG) == name),
        key=lambda s: s.id,
    )
    return next((s for s in named if s not in taken), None)


def _shared_zone(found: Sequence[Subnet]) -> str:
    by_zone: dict[str, Subnet] = {}
    for subnet in found:
        other = by_zone.setdefault(subnet.zone, subnet)
        if other is not subnet:
            return f"subnets {other.id} and {subnet.id} are both in zone {subnet.zone}"
    return ""


def _problem(where: ObjectRef, field: str, message: str) -> Problem:
    return Problem(where=where, reason=Reason.SUBNETS_NOT_FOUND, message=message, field=field)
