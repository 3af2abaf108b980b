"""The network's plan: the shared backend group, and all rules that the cluster holds on node and pod security groups.

`plan_network` is what the planner's worker calls. It grants at any time, and revokes only when every binding is known,
none is errored, and no target behind a rule is draining. Deletes the shared group when no stack needs it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.planner.core.aws import Permission, SecurityGroup
from services.planner.core.diff.observed import shared_group
from services.planner.core.diff.security_groups import authorize, create_group, describe, revoke, rule_changes
from services.planner.core.draft import Draft
from services.planner.core.inputs import BindingInput, NetworkInput
from services.planner.core.keys import NetworkKey
from services.planner.core.naming import shared_group_name
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import ChangeAction, FieldChange
from services.planner.core.problems import Problem, Reason
from services.planner.core.tags import shared_group_tags
from services.planner.core.targets.moves import GOING
from services.planner.core.targets.permissions import LABEL, aggregate, merge_lookups, needed_grants
from services.planner.core.targets.wanted import wanted_targets

KIND = "security group"
DESCRIPTION = "[k8s] Shared Backend SecurityGroup for LoadBalancer"
# How long until a draining target is looked at again, where nothing else wakes the network before.
DRAIN_LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demand:
    """What all bindings together need. `unsure`: why nothing may be revoked now, or empty."""

    by_group: Mapping[str, frozenset[Permission]]
    lookups: tuple[Lookup, ...]
    unsure: str


def plan_network(inp: NetworkInput) -> Outcome:
    """The outcome for the network. Total: every input gives one, none raises."""
    knowledge = inp.inventory.knowledge
    if not (knowledge.filled or knowledge.cluster_groups):
        return Needs(lookups=(Lookup(kind=LookupKind.CLUSTER_SECURITY_GROUPS),))
    demand = _demand(inp)
    unread = _unread(inp, demand)
    if unread:
        return Needs(lookups=(Lookup(kind=LookupKind.SECURITY_GROUPS, keys=unread),))
    draft = Draft()
    shared = shared_group(inp.inventory, inp.cluster)
    if shared is None and inp.shared_group_needed:
        _create_shared(inp, draft)
    revoked = _diff_rules(inp, demand, draft, shared)
    waits = demand.unsure
    if shared is not None and not inp.shared_group_needed:
        waits = _delete_shared(inp, demand, draft, shared, revoked) or waits
    if not draft.step_ids and demand.lookups:
        return Needs(lookups=demand.lookups)
    again = 0.0 if demand.lookups else DRAIN_LOOK_SECONDS if "draining" in waits else None
    return Planned(plan=draft.plan(NetworkKey()), waits_for=waits, again_seconds=again)


def _demand(inp: NetworkInput) -> _Demand:
    """Rules that all bindings need together, as far as they can be named."""
    by_group: dict[str, set[Permission]] = {}
    lookups: list[Lookup] = []
    unsure = next((f"{k} objects cannot be seen ({why})" for k, why in sorted(inp.view.blind.items())), "")
    for binding in inp.bindings:
        wanted = wanted_targets(binding)
        grants = wanted if isinstance(wanted, Problem) else needed_grants(binding, wanted)
        if isinstance(grants, Problem):
            unsure = unsure or f"{grants.where}: {grants.message}"
            continue
        lookups.extend(grants.lookups)
        for group, permissions in grants.by_group.items():
            by_group.setdefault(group, set()).update(permissions)
        if _draining(binding):
            unsure = unsure or f"draining targets of {binding.key}"
    if lookups:
        unsure = unsure or "the interfaces of some targets are not known yet"
    aggregated = {g: aggregate(p) for g, p in sorted(by_group.items())}
    return _Demand(by_group=aggregated, lookups=merge_lookups(lookups), unsure=unsure)


def _draining(binding: BindingInput) -> bool:
    arn = binding.binding.target_group_arn
    group = binding.inventory.target_groups.get(arn)
    if group is not None and not group.load_balancers:
        return False
    return any(h.state in GOING for h in binding.inventory.targets.get(arn, {}).values())


def _unread(inp: NetworkInput, demand: _Demand) -> tuple[str, ...]:
    knowledge = inp.inventory.knowledge
    if knowledge.filled:
        return ()
    known = {*inp.inventory.security_groups, *knowledge.groups}
    return tuple(sorted(g for g in demand.by_group if g not in known))


def _create_shared(inp: NetworkInput, draft: Draft) -> None:
    name = shared_group_name(inp.cluster.name)
    tags = shared_group_tags(inp.cluster)
    create_group(draft, "create-shared-group", name=name, description=DESCRIPTION, vpc=inp.cluster.vpc_id, tags=tags)
    draft.change(KIND, name, ChangeAction.CREATE, Reason.WANTED, "")


def _diff_rules(
    inp: NetworkInput, demand: _Demand, draft: Draft, shared: SecurityGroup | None
) -> dict[str, frozenset[Permission]]:
    """Steps that grant and, where that is sure, revoke; answers what stays of our rules by group."""
    kept: dict[str, frozenset[Permission]] = {}
    for group_id, group in sorted(inp.inventory.security_groups.items()):
        desired = demand.by_group.get(group_id, frozenset())
        ours = frozenset(p for p in group.permissions if _ours(inp, group, p, shared))
        if not desired and not ours:
            continue
        missing, _ = rule_changes(desired, group.permissions)
        _, surplus = rule_changes(desired, ours)
        if demand.unsure:
            surplus = ()
        _change(draft, group, missing, surplus)
        kept[group_id] = frozenset(p for p in ours if p not in surplus) | desired
    return kept


def _ours(inp: NetworkInput, group: SecurityGroup, rule: Permission, shared: SecurityGroup | None) -> bool:
    """Whether this cluster holds the rule: its label alone does not say which cluster wrote it."""
    if rule.description != LABEL:
        return False
    tagged = f"kubernetes.io/cluster/{inp.cluster.name}" in group.tags
    return tagged or (shared is not None and rule.group == shared.id)


def _change(
    draft: Draft, group: SecurityGroup, missing: tuple[Permission, ...], surplus: tuple[Permission, ...]
) -> None:
    granted = [authorize(draft, f"authorize-{group.id}", group.id, missing)] if missing else []
    if surplus:
        revoke(draft, f"revoke-{group.id}", group.id, surplus, granted)
    fields = [FieldChange(field="ingress", new=describe(p)) for p in missing]
    fields += [FieldChange(field="ingress", old=describe(p)) for p in surplus]
    if fields:
        draft.change(KIND, group.name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, "", fields=fields)


def _delete_shared(
    inp: NetworkInput,
    demand: _Demand,
    draft: Draft,
    shared: SecurityGroup,
    kept: Mapping[str, frozenset[Permission]],
) -> str:
    """The step that deletes the shared group, or why it has to stay."""
    if inp.view.blind:
        return demand.unsure
    if _referenced(shared.id, kept.values()):
        return demand.unsure or f"rules that let security group {shared.name} in"
    users = [b.name for b in inp.inventory.load_balancers.values() if shared.id in b.security_groups]
    if users:
        return f"load balancer {min(users)}, which uses security group {shared.name}"
    draft.change(KIND, shared.name, ChangeAction.DELETE, Reason.NOT_WANTED, "")
    draft.call("delete-shared-group", "ec2", "DeleteSecurityGroup", {"GroupId": shared.id}, draft.step_ids)
    return ""


def _referenced(group_id: str, rules: Iterable[frozenset[Permission]]) -> bool:
    return any(p.group == group_id for permissions in rules for p in permissions)
