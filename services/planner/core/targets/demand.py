"""What all bindings together need on security groups, and whether a rule may be taken away now (networking, section 5).

Called for the network's plan. A rule may go once nothing can need it any more: every binding is understood, every
registered target is a wanted one, and no load balancer serves a target group whose binding is not counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.planner.core.aws import Inventory, Permission, Target
from services.planner.core.inputs import BindingInput, NetworkInput
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Problem
from services.planner.core.tags import CLUSTER_TAG
from services.planner.core.targets.group import resolve, role_of
from services.planner.core.targets.interfaces import EndpointGroups
from services.planner.core.targets.leaving import record_lookup
from services.planner.core.targets.permissions import aggregate, merge_lookups, needed_grants
from services.planner.core.targets.records import entry
from services.planner.core.targets.wanted import wanted_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Rules by security group, and what has to be asked before they are known whole.

    `unsure`: why nothing may be revoked now, or empty; `passing`: that reason may go by without a change of any object.
    `unobserved`: what has to be asked about registered targets before anything is revoked.
    """

    by_group: Mapping[str, frozenset[Permission]]
    lookups: tuple[Lookup, ...]
    unsure: str
    passing: bool
    unobserved: tuple[Lookup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """The part of one binding; `lasting` and `passing`: why rules have to stay."""

    by_group: Mapping[str, frozenset[Permission]] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    lasting: str = ""
    passing: str = ""
    unobserved: tuple[Lookup, ...] = ()


def total_demand(inp: NetworkInput) -> Demand:
    """The demand of all bindings, as far as it can be named."""
    endpoints = EndpointGroups(inp.cluster, inp.inventory)
    bindings = sorted((b for b in inp.bindings if b.binding.networking is not None), key=lambda b: b.key)
    needs = [_of_binding(inp.inventory, b, endpoints) for b in bindings]
    by_group: dict[str, set[Permission]] = {}
    for need in needs:
        for group, permissions in need.by_group.items():
            by_group.setdefault(group, set()).update(permissions)
    lookups = merge_lookups(lookup for need in needs for lookup in need.lookups)
    lasting = [f"{kind} objects cannot be seen ({why})" for kind, why in sorted(inp.view.blind.items())]
    lasting += [need.lasting for need in needs if need.lasting]
    lasting += ["the interfaces of some targets are not known yet"] if lookups else []
    passing = [need.passing for need in needs if need.passing] + list(_unbound(inp))
    return Demand(
        by_group={g: aggregate(p, restricted=inp.cluster.restricted_rules) for g, p in sorted(by_group.items())},
        lookups=lookups,
        unsure=next(iter((*lasting, *passing)), ""),
        passing=not lasting,
        unobserved=merge_lookups(lookup for need in needs for lookup in need.unobserved),
    )


def _of_binding(inventory: Inventory, inp: BindingInput, endpoints: EndpointGroups) -> _Need:
    arn = inp.binding.target_group_arn
    if inp.owner_deleting:
        # Its stack's plan takes it down, after the load balancer: while it stands, that may still serve.
        serves = _attached(inventory, arn, unknown=not inventory.knowledge.filled)
        return _Need(passing=f"the load balancer that serves {inp.key}" if serves else "")
    resolved = resolve(inp)
    if isinstance(resolved, Problem):
        return _refused(inventory, inp, resolved)
    if isinstance(resolved, tuple):
        return _Need(lookups=resolved)
    inp = replace(inp, binding=resolved.binding)
    arn = inp.binding.target_group_arn
    wanted = wanted_targets(inp)
    if isinstance(wanted, Problem):
        return _refused(inventory, inp, wanted)
    grants = needed_grants(inp, wanted, endpoints)
    if isinstance(grants, Problem):
        return _Need(lasting=f"{grants.where}: {grants.message}")
    passing, unobserved = "", record_lookup(inp)
    if not _attached(inventory, arn, unknown=True):
        unobserved = ()
    elif not inventory.observed_targets(arn):
        unobserved = (*unobserved, Lookup(kind=LookupKind.TARGETS, keys=(arn,), role=role_of(inp.binding)))
    elif not unobserved and set(_own(inp)) - wanted.targets:
        passing = f"draining targets of {inp.key}"
    return _Need(by_group=grants.by_group, lookups=grants.lookups, passing=passing, unobserved=unobserved)


def _own(inp: BindingInput) -> Iterable[Target]:
    """Registered targets of the binding; those of a shared group that others registered are not among them."""
    registered = inp.inventory.targets[inp.binding.target_group_arn]
    if not inp.binding.multi_cluster:
        return registered
    entries = inp.inventory.target_records[str(inp.key)].entries or ()
    return [t for t in registered if entry(t) in entries]


def _refused(inventory: Inventory, inp: BindingInput, problem: Problem) -> _Need:
    """What a binding that is not understood needs: what it has. One that goes without anything registered needs nothing
    that it could not name."""
    if inp.binding.meta.deleting and not inventory.targets.get(inp.binding.target_group_arn):
        return _Need()
    return _Need(lasting=f"{problem.where}: {problem.message}")


def _attached(inventory: Inventory, arn: str, *, unknown: bool) -> bool:
    """Whether a load balancer uses the target group; `unknown`: the answer where nothing is known of the group."""
    group = inventory.target_groups.get(arn)
    return unknown if group is None else bool(group.load_balancers)


def _unbound(inp: NetworkInput) -> Iterable[str]:
    """Target groups of this cluster that serve a load balancer and have no binding, so that their need is not known.
    One whose target is a load balancer has none, and needs no rule on a node."""
    bound = {b.binding.target_group_arn for b in inp.bindings}
    for arn, group in sorted(inp.inventory.target_groups.items()):
        ours = (group.tags or {}).get(CLUSTER_TAG) == inp.cluster.name
        if ours and group.load_balancers and group.target_type != "alb" and arn not in bound:
            yield f"target group {group.name}, which serves a load balancer and has no binding"
