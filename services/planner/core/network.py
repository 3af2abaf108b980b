"""The network's plan: the shared backend group, and all rules that the cluster holds on node and pod security groups.

`plan_network` is what the planner's worker calls. It grants at any time, and revokes only when every binding is known,
none is errored, and no target that may need the rule is left. Deletes the shared group when no stack needs it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.planner.core.aws import Permission, SecurityGroup
from services.planner.core.diff.security_groups import change_rules, create_group, describe, rule_changes
from services.planner.core.draft import Draft
from services.planner.core.fitting.permissions import FittedPermissions, fit_permissions
from services.planner.core.index import shared_group
from services.planner.core.inputs import Cluster, NetworkInput
from services.planner.core.keys import NetworkKey
from services.planner.core.naming import SHARED_GROUP_DESCRIPTION, shared_group_name
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import ChangeAction, FieldChange
from services.planner.core.problems import Reason
from services.planner.core.quotas import quotas_of
from services.planner.core.tags import CLUSTER_TAG, shared_group_tags
from services.planner.core.targets.demand import Demand, total_demand
from services.planner.core.targets.permissions import LABEL

KIND = "security group"
# How long until a rule that has to stay is looked at again, where nothing else wakes the network before.
LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What becomes of our rules: `kept` by group, and whether some are `withheld` from being revoked. `full`: groups
    that have no room for all that are wanted."""

    kept: Mapping[str, frozenset[Permission]]
    withheld: bool
    full: frozenset[str]


def plan_network(inp: NetworkInput) -> Outcome:
    """The outcome for the network. Total: every input gives one, none raises."""
    knowledge = inp.inventory.knowledge
    if not (knowledge.filled or knowledge.cluster_groups):
        return Needs(lookups=(Lookup(kind=LookupKind.CLUSTER_SECURITY_GROUPS),))
    demand = total_demand(inp)
    unread = _unread(inp, demand)
    if unread:
        return Needs(lookups=(Lookup(kind=LookupKind.SECURITY_GROUPS, keys=unread),))
    draft = Draft()
    shared = shared_group(inp.inventory, inp.cluster.name)
    wanted = inp.shared_group_needed and inp.shared_group_asked_for and _has_shared_group(inp.cluster)
    if shared is None and wanted:
        _create_shared(inp, draft)
    rules = _diff_rules(inp, demand, draft, shared)
    waits = demand.unsure if rules.withheld else ""
    if shared is not None and not inp.shared_group_needed:
        waits = _delete_shared(inp, demand, draft, shared, rules.kept) or waits
    lookups = demand.lookups
    if rules.withheld and not demand.unsure:
        lookups = (*lookups, *demand.unobserved)
    if not draft.step_ids and lookups:
        return Needs(lookups=lookups)
    passing = bool(waits) and waits == demand.unsure and demand.passing
    again = 0.0 if lookups else LOOK_AGAIN_SECONDS if passing else None
    return Planned(plan=draft.plan(NetworkKey()), waits_for=waits, again_seconds=again, full_groups=rules.full)


def _unread(inp: NetworkInput, demand: Demand) -> tuple[str, ...]:
    """Groups that rules are needed on and nothing is known of: one may be younger than the last look at all."""
    known = {*inp.inventory.security_groups, *inp.inventory.knowledge.groups}
    return tuple(sorted(demand.by_group.keys() - known))


def _has_shared_group(cluster: Cluster) -> bool:
    """Whether load balancers share a group that is ours to make."""
    return cluster.backend_security_group_enabled and not cluster.backend_security_group


def _create_shared(inp: NetworkInput, draft: Draft) -> None:
    name = shared_group_name(inp.cluster.name)
    tags = shared_group_tags(inp.cluster)
    vpc, description = inp.cluster.vpc_id, SHARED_GROUP_DESCRIPTION
    create_group(draft, "create-shared-group", name=name, description=description, vpc=vpc, tags=tags)
    draft.change(KIND, name, ChangeAction.CREATE, Reason.WANTED, "")


def _diff_rules(inp: NetworkInput, demand: Demand, draft: Draft, shared: SecurityGroup | None) -> _Rules:
    """Steps that grant and, where that is sure, revoke."""
    kept: dict[str, frozenset[Permission]] = {}
    withheld = False
    full = set[str]()
    quota = quotas_of(inp.cluster.quota_overrides, inp.inventory).rules_per_security_group
    for group_id, group in sorted(inp.inventory.security_groups.items()):
        desired = demand.by_group.get(group_id, frozenset())
        ours = frozenset(p for p in group.permissions if _ours(inp, group, p, shared))
        if not desired and not ours:
            continue
        missing, _ = rule_changes(desired, group.permissions)
        _, surplus = rule_changes(desired, ours)
        if surplus and (demand.unsure or demand.unobserved):
            surplus, withheld = (), True
        fit = _fit(group, desired, surplus, quota)
        if fit.left_out:
            full.add(group_id)
        _change(draft, group, tuple(p for p in missing if p in fit.fitting), surplus, quota)
        kept[group_id] = frozenset(p for p in ours if p not in surplus) | fit.fitting
    return _Rules(kept=kept, withheld=withheld, full=frozenset(full))


def _fit(
    group: SecurityGroup, desired: frozenset[Permission], surplus: tuple[Permission, ...], quota: int
) -> FittedPermissions:
    """The desired rules that the group has room for beside all that stays in it, whoever made that."""
    leaving = {p.identity for p in (*desired, *surplus)}
    staying = (p for p in group.permissions if p.identity not in leaving)
    return fit_permissions(desired, group.permissions, quota, others=staying)


def _ours(inp: NetworkInput, group: SecurityGroup, rule: Permission, shared: SecurityGroup | None) -> bool:
    """Whether this cluster holds the rule: its label alone does not say which cluster wrote it."""
    if rule.description != LABEL:
        return False
    if f"kubernetes.io/cluster/{inp.cluster.name}" in group.tags:
        return True
    if rule.group and rule.group in (inp.cluster.backend_security_group, shared.id if shared is not None else ""):
        return True
    source = inp.inventory.security_groups.get(rule.group)
    return source is not None and source.tags.get(CLUSTER_TAG) == inp.cluster.name


def _change(
    draft: Draft, group: SecurityGroup, missing: tuple[Permission, ...], surplus: tuple[Permission, ...], quota: int
) -> None:
    change_rules(draft, group.id, group, missing, surplus, quota=quota)
    fields = [FieldChange(field="ingress", new=describe(p)) for p in missing]
    fields += [FieldChange(field="ingress", old=describe(p)) for p in surplus]
    if fields:
        draft.change(KIND, group.name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, "", fields=fields)


def _delete_shared(
    inp: NetworkInput,
    demand: Demand,
    draft: Draft,
    shared: SecurityGroup,
    kept: Mapping[str, frozenset[Permission]],
) -> str:
    """The step that deletes the shared group, or why it has to stay."""
    if inp.view.blind or (demand.unsure and demand.passing):
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
