"""A binding's plan: the targets of one target group follow the endpoints or nodes behind one Service.

`plan_binding` is what the planner's worker calls. A terminating pod is deregistered before anything is read; everything
else waits until the group's targets were observed once. Registration waits for the network's grant, deregistration for
nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.planner.core.aws import PeerVpc, Target, TargetRecord, Vpc
from services.planner.core.draft import Draft
from services.planner.core.fitting.permissions import counted
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind
from services.planner.core.outcomes import Errored, Lookup, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import Json, Plan, Report, Verdict
from services.planner.core.problems import Problem, Reason
from services.planner.core.quotas import quotas_of
from services.planner.core.targets.group import resolve, role_of
from services.planner.core.targets.interfaces import EndpointGroups
from services.planner.core.targets.leaving import CLEANED_UP, attached_group, plan_leaving, record_lookup
from services.planner.core.targets.moves import Moves, deregister, moves, outside_vpc, register, urgent
from services.planner.core.targets.permissions import Grants, covered, needed_grants
from services.planner.core.targets.readiness import open_gates
from services.planner.core.targets.records import due_entries, write_record
from services.planner.core.targets.room import Room, room_of
from services.planner.core.targets.tracking import tracked_group
from services.planner.core.targets.wanted import Wanted, wanted_targets
from services.planner.core.targets.writes import (
    prepare,
    problem_of,
    publish_generation,
    report,
    report_problem,
    where,
)
from services.planner.core.targets.zones import zones_of

# Targets follow the pods only while all of these are seen; otherwise they stay as they are.
NEEDED_KINDS = (Kind.ENDPOINT_SLICE, Kind.POD, Kind.SERVICE, Kind.NODE, Kind.TARGET_GROUP_BINDING)


def plan_binding(inp: BindingInput) -> Outcome:
    """The outcome for one binding. Total: every input gives one, none raises."""
    blind = _blindness(inp)
    if blind is not None:
        return _errored(inp, blind)
    if inp.owner_deleting:
        # Its stack's plan takes it down.
        return Planned(plan=Plan(key=inp.key))
    if inp.binding.meta.deleting:
        return plan_leaving(inp)
    resolved = resolve(inp)
    if isinstance(resolved, Problem):
        return _refused(inp, resolved)
    if isinstance(resolved, tuple):
        return Needs(lookups=resolved)
    if not inp.binding.target_group_arn:
        # Only once the ARN stands there can it be seen who else is bound to the group.
        draft = Draft()
        prepare(inp, draft, resolved.filled)
        return Planned(plan=draft.plan(inp.key))
    inp = replace(inp, binding=resolved.binding)
    wanted = wanted_targets(inp)
    if isinstance(wanted, Problem):
        return _refused(inp, wanted)
    return _Following(inp=inp, wanted=wanted, filled=resolved.filled).outcome()


def _blindness(inp: BindingInput) -> Problem | None:
    for kind in NEEDED_KINDS:
        if kind in inp.view.blind:
            message = f"{kind} objects cannot be seen ({inp.view.blind[kind]}): targets stay as they are"
            return problem_of(inp, Reason.VIEW_INCOMPLETE, message)
    return None


def _refused(inp: BindingInput, problem: Problem) -> Outcome:
    """A binding that cannot be worked on as it is. Its pods do not wait for it; they are told first."""
    told = (report_problem(inp, problem),)
    draft = Draft()
    message = f"TargetGroupBinding {inp.key.name} cannot be followed: {problem.message}"
    if open_gates(draft, inp.key, inp.gated, str(Reason.NO_BINDING), message):
        return Planned(plan=draft.plan(inp.key), reports=told)
    return _errored(inp, problem, told)


def _errored(inp: BindingInput, problem: Problem, reports: tuple[Report, ...] = ()) -> Errored:
    plan = Plan(key=inp.key, verdict=Verdict.ERRORED, problems=(problem,))
    return Errored(
        plan=plan, problems=(problem,), reports=reports, look_again=problem.reason is Reason.TARGET_GROUP_NOT_FOUND
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Following:
    """A binding that is followed: complete, with what it wants, and the fields of its spec to fill in."""

    inp: BindingInput
    wanted: Wanted
    filled: Mapping[str, Json]

    @property
    def _arn(self) -> str:
        return self.inp.binding.target_group_arn

    @property
    def _record(self) -> TargetRecord | None:
        """What may be deregistered of a group that other clusters use too; None: everything."""
        return self.inp.inventory.target_records.get(str(self.inp.key)) if self.inp.binding.multi_cluster else None

    def outcome(self) -> Outcome:
        """The plan, or what it needs first."""
        inp, draft = self.inp, Draft()
        registered = inp.inventory.targets.get(self._arn, {})
        reports = self._missing_backend()
        unread = record_lookup(inp)
        if not inp.inventory.observed_targets(self._arn):
            hurry = () if inp.binding.multi_cluster else urgent(self.wanted, registered)
            if hurry:
                self._deregister(draft, hurry)
                return Planned(plan=draft.plan(inp.key), reports=reports, again_seconds=0.0)
            unread = (Lookup(kind=LookupKind.TARGETS, keys=(self._arn,), role=role_of(inp.binding)), *unread)
        if unread:
            return Needs(lookups=unread, reports=reports)
        room = room_of(inp, self.wanted.targets, registered)
        todo = moves(self.wanted, registered, record=self._record, limit=room.limit)
        self._deregister(draft, todo.deregister)
        if self.wanted.missing:
            open_gates(draft, inp.key, inp.gated, "", CLEANED_UP)
        grants = needed_grants(inp, self.wanted, EndpointGroups(inp.cluster, inp.inventory))
        held = self._register(draft, todo, grants)
        reports = (*reports, *self._unmet(grants, todo, room))
        lookups = (*(held.lookups if held is not None else ()), *room.lookups)
        if (held is not None or lookups) and not draft.step_ids:
            return Needs(lookups=lookups, network=held is not None and held.network, reports=reports)
        return Planned(
            plan=draft.plan(inp.key),
            reports=reports,
            waits_for=_waits(held, todo, room.limit),
            again_seconds=0.0 if lookups else None,
            network=held is not None and held.network,
            lookups=lookups,
            tracked=tracked_group(
                self._arn,
                inp.key,
                self.wanted.without(todo.left_out),
                registered,
                attached=attached_group(inp),
                role=role_of(inp.binding),
            ),
        )

    def _deregister(self, draft: Draft, targets: Iterable[Target]) -> None:
        deregister(draft, self._arn, targets, self.wanted, str(where(self.inp)), role=role_of(self.inp.binding))

    def _register(self, draft: Draft, todo: Moves, grants: Grants | Problem) -> Needs | None:
        """Adds the registrations, or answers what they wait for.

        Without a grant instance targets are not registered; ip targets are where the grant failed and is not just
        pending, because another rule may let them be reached (targets and readiness, sections 4 and 5).
        """
        inp = self.inp
        waits = self._network(grants)
        if waits is not None:
            return waits
        if isinstance(grants, Problem) and inp.binding.target_type == "instance":
            return None
        zones: Mapping[Target, str] = {}
        if todo.register and inp.binding.target_type == "ip":
            vpc = _vpc(inp)
            if isinstance(vpc, Lookup):
                return Needs(lookups=(vpc,))
            zones = zones_of(inp, self.wanted, todo.register, outside_vpc(todo.register, vpc))
        filled = prepare(inp, draft, self.filled) if todo.register or self.filled else ()
        after = (*filled, *self._note(draft, todo, filled))
        asked_by, role = str(where(inp)), role_of(inp.binding)
        register(draft, self._arn, todo.register, zones=zones, asked_by=asked_by, after=after, role=role)
        if not self.filled:
            publish_generation(inp, draft)
        return None

    def _network(self, grants: Grants | Problem) -> Needs | None:
        """What of the network is waited for."""
        if isinstance(grants, Problem):
            return None
        if grants.lookups:
            return Needs(lookups=grants.lookups)
        missing = _ungranted(self.inp, grants)
        refused = missing <= self.inp.refused_groups
        if missing and not (refused and self.inp.binding.target_type == "ip"):
            return Needs(network=True)
        return None

    def _note(self, draft: Draft, todo: Moves, after: Iterable[str]) -> tuple[str, ...]:
        """The step that notes what is registered in a group that other clusters use too, before it is."""
        record = self._record
        if record is None:
            return ()
        registered = self.inp.inventory.targets.get(self._arn, {})
        due = due_entries(record, self.wanted.targets - todo.left_out, registered)
        if due == (record.entries or frozenset()):
            return ()
        return (write_record(draft, self.inp.key, record, due, after),)

    def _unmet(self, grants: Grants | Problem, todo: Moves, room: Room) -> Iterable[Report]:
        """What is told of rules that cannot be made and of targets that there is no room for."""
        inp = self.inp
        if isinstance(grants, Problem):
            yield report(inp, Reason.FAILED_NETWORK_RECONCILE, grants.message)
        else:
            quota = quotas_of(inp.cluster.quota_overrides, inp.inventory).rules_per_security_group
            for group in sorted(_ungranted(inp, grants) & inp.refused_groups):
                standing = inp.inventory.security_groups.get(group)
                used = max(counted(standing.permissions)) if standing is not None else 0
                if used >= quota:
                    message = (
                        f"security group {group} has {used} inbound rules and takes {quota} for IPv4 and as many for"
                        " IPv6: not all that let the load balancer reach these targets are made"
                    )
                    yield report(inp, Reason.QUOTA_EXCEEDED, message)
        if todo.left_out and room.is_quota:
            message = (
                f"{len(self.wanted.targets)} targets are asked of the target group, which takes {room.limit}, draining"
                f" ones counted: {len(todo.left_out)} are not registered"
            )
            yield report(inp, Reason.QUOTA_EXCEEDED, message)

    def _missing_backend(self) -> tuple[Report, ...]:
        return (report(self.inp, Reason.BACKEND_NOT_FOUND, self.wanted.missing),) if self.wanted.missing else ()


def _waits(held: Needs | None, todo: Moves, limit: int) -> str:
    if held is not None:
        return "the network to let traffic in"
    if todo.left_out:
        return f"room for {len(todo.left_out)} more targets than the {limit} that a target group may have"
    return ""


def _vpc(inp: BindingInput) -> Vpc | PeerVpc | Lookup | None:
    """The VPC that the targets are told from; None: the group's VPC is not one that we can see."""
    vpc_id, inventory = inp.binding.vpc_id, inp.inventory
    if vpc_id in ("", inp.cluster.vpc_id):
        return inventory.vpc or Lookup(kind=LookupKind.NETWORK)
    if vpc_id not in inventory.knowledge.peer_vpcs:
        return Lookup(kind=LookupKind.PEER_VPCS, keys=(vpc_id,), role=role_of(inp.binding))
    return inventory.peer_vpcs.get(vpc_id)


def _ungranted(inp: BindingInput, grants: Grants) -> frozenset[str]:
    """Security groups on which a needed rule does not stand yet."""
    missing = set()
    for group, permissions in grants.by_group.items():
        standing = inp.inventory.security_groups.get(group)
        rules = standing.permissions if standing is not None else frozenset()
        if not all(covered(p, rules) for p in permissions):
            missing.add(group)
    return frozenset(missing)
