"""A stack that stands or is to stand: the steps from what is observed to what is desired.

Order is in the graph: finalizers before the first create; a new target group and rule before an old one goes; status
after CreateLoadBalancer; a replaced load balancer after its successor serves; the Event after everything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.planner.core import attribute_defaults
from services.planner.core.aws import SecurityGroup, Target, TargetGroup
from services.planner.core.desired import DesiredLoadBalancer, DesiredStack, DesiredTargetGroup, GroupToken
from services.planner.core.diff.acm import diff_created_certificates
from services.planner.core.diff.addons import unread_addons
from services.planner.core.diff.bindings import Groups
from services.planner.core.diff.capacity import AGAIN_SECONDS, unread_capacity, waits_for_capacity
from services.planner.core.diff.certificates import unread_certificates
from services.planner.core.diff.front import TARGET_TYPE, Front, Fronted
from services.planner.core.diff.given_secrets import given_after
from services.planner.core.diff.leaving import drain_groups, drop_groups, release_members, said_of
from services.planner.core.diff.listeners import delete_listeners, diff_listeners, unread_attributes
from services.planner.core.diff.load_balancers import (
    SET_GROUPS,
    create_load_balancer,
    delete_load_balancer,
    diff_load_balancer,
)
from services.planner.core.diff.members import Published, add_finalizer, announce, publish, published
from services.planner.core.diff.observed import Observed, Paired, listeners_of, matched_groups, paired
from services.planner.core.diff.owners import asked_by, owner_of
from services.planner.core.diff.security_groups import delete_managed_group, diff_managed_group
from services.planner.core.diff.serving import ServingBindings
from services.planner.core.diff.tags import kept_keys
from services.planner.core.diff.target_groups import (
    create_target_group,
    diff_attributes,
    diff_target_group,
)
from services.planner.core.diff.terms import Terms
from services.planner.core.draft import Draft
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKind
from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Planned
from services.planner.core.plans import Ref
from services.planner.core.quotas import quotas_of
from services.planner.core.records import read_given_secrets
from services.planner.core.tags import FRONT


def plan_standing(
    inp: StackInput, desired: DesiredStack, observed: Observed, shared: SecurityGroup | None
) -> Planned | Needs:
    """The plan, or the question about attributes that are asked for and were never read."""
    found = matched_groups(desired.all_target_groups, observed)
    unread = _unread(inp, desired, observed, found)
    if unread:
        return Needs(lookups=unread)
    return _Assembly(inp, desired, observed, found, shared).plan()


def _unread(
    inp: StackInput, desired: DesiredStack, observed: Observed, found: dict[str, TargetGroup]
) -> tuple[Lookup, ...]:
    """Questions about what is asked for and was never read."""
    standing = paired(desired.load_balancer, observed).stays if desired.load_balancer is not None else None
    listeners = listeners_of(inp.inventory, standing) if standing is not None else {}
    attributes = _unread_attributes(desired, observed, found) + unread_attributes(desired.listeners, listeners)
    certificates = unread_certificates(desired.listeners, listeners)
    kinds = ((LookupKind.ATTRIBUTES, attributes), (LookupKind.LISTENER_CERTIFICATES, certificates))
    found_lacks = tuple(Lookup(kind=kind, keys=tuple(sorted(arns))) for kind, arns in kinds if arns)
    return (*found_lacks, *_unread_facts(inp, desired, observed))


def _unread_facts(inp: StackInput, desired: DesiredStack, observed: Observed) -> Iterator[Lookup]:
    for balancer in desired.load_balancers:
        standing = paired(balancer, observed).stays
        if standing is not None:
            yield from unread_addons(balancer, standing)
            yield from unread_capacity(balancer, standing, inp.inventory)


def _unread_attributes(desired: DesiredStack, observed: Observed, found: dict[str, TargetGroup]) -> list[str]:
    unread = [
        found[g.resource_id].arn
        for g in desired.all_target_groups
        if g.attributes and g.resource_id in found and found[g.resource_id].attributes is None
    ]
    return unread + [
        pair.stays.arn
        for pair in (paired(b, observed) for b in desired.load_balancers if b.attributes)
        if pair.stays is not None and pair.stays.attributes is None
    ]


class _Assembly:
    """The draft with what its parts have in common while it is put together; lives for one call of `plan`."""

    def __init__(
        self,
        inp: StackInput,
        desired: DesiredStack,
        observed: Observed,
        found: dict[str, TargetGroup],
        shared: SecurityGroup | None,
    ) -> None:
        self._inp, self._desired, self._observed, self._found = inp, desired, observed, found
        self._draft, self._asker = Draft(), asked_by(desired)
        self._given = inp.given_secrets or read_given_secrets(inp)
        self._groups: dict[GroupToken, str | Ref] = {GroupToken.SHARED: shared.id} if shared is not None else {}
        self._kept = kept_keys(inp.cluster)
        network = inp.key.kind is StackKind.SERVICE
        self._quotas = quotas_of(inp.cluster.quota_overrides, inp.inventory, network=network)
        self._bindings = ServingBindings(self._draft, inp, self._groups)

    def plan(self) -> Planned:
        """All steps in order."""
        finalizers = {m.ref: add_finalizer(self._draft, m, owner_of(self._inp, m)) for m in self._desired.active}
        self._draft.hold_back(s for s in finalizers.values() if s is not None)
        self._managed_group()
        arns = {g.resource_id: self._target_group(g) for g in self._desired.target_groups}
        if self._desired.load_balancer is None:
            return Planned(plan=self._draft.plan(self._inp.key))
        pair = paired(self._desired.load_balancer, self._observed)
        arn, hostname = self._load_balancer(pair)
        steps, front = self._listeners(pair, arn, arns)
        waits = [self._binding(group, arns[group.resource_id]) for group in self._desired.target_groups]
        hostnames = (hostname, front.hostname) if front.hostname is not None else (hostname,)
        later = self._publish(hostnames, finalizers)
        waits += [*front.waits, *self._leaving(pair, front, steps)]
        reserve = [waits_for_capacity(b, paired(b, self._observed).stays) for b in self._desired.load_balancers]
        diff_created_certificates(self._draft, self._inp, self._desired.certificates, asked_by=self._asker)
        if self._draft.step_ids:
            announce(self._draft, self._desired.active)
        return Planned(
            plan=self._draft.plan(self._inp.key),
            waits_for=", ".join(w for w in (*waits, *reserve) if w),
            again_seconds=0.0 if later or front.again else AGAIN_SECONDS if any(reserve) else None,
            tidying=self._draft.tidying.plan(self._inp.key),
            given_secrets=given_after(self._given, self._desired.listeners),
        )

    def _listeners(self, pair: Paired, arn: str | Ref, arns: Mapping[str, str | Ref]) -> tuple[list[str], Fronted]:
        """The steps of all listeners, and between them those of the load balancer in front, which needs some and uses
        others; answers the steps after which no old forward is left."""
        desired, inventory = self._desired.listeners, self._inp.inventory
        found = listeners_of(inventory, pair.stays) if pair.stays is not None else {}
        steps = diff_listeners(
            self._draft,
            inventory,
            arn,
            desired,
            found,
            terms=Terms(
                arns=arns,
                kept=self._inp.cluster.external_managed_tags,
                given_secrets=self._given,
                quotas=self._quotas,
                tagged=Gate.LISTENER_RULES_TAGGING in self._inp.cluster.gates,
            ),
            asked_by=self._asker,
        )
        front = self._front(pair, arn)
        free = {p: x for p, x in found.items() if Target(id=x.load_balancer_arn, port=p) not in front.used}
        steps += delete_listeners(self._draft, desired, free, asked_by=self._asker, after=front.released)
        return steps, front

    def _front(self, pair: Paired, arn: str | Ref) -> Fronted:
        """The steps of the load balancer in front. It follows the one behind it once that has taken over."""
        desired = self._desired.front
        front = Front(
            self._draft,
            self._inp,
            self._observed,
            self._found,
            behind=arn,
            standing=pair.stays,
            asked_by=self._asker,
        )
        if desired is None:
            return front.leave()
        if pair.outgoing and not self._replaced(pair):
            return front.stay(desired)
        return front.stand(desired, _group_ids(desired.load_balancer, self._groups))

    def _publish(self, hostnames: Sequence[str | Ref], finalizers: Mapping[ObjectRef, str | None]) -> bool:
        """The steps of the status; answers whether it has to wait for the next plan.

        A host name is published in lower case. AWS gives it the load balancer's name as it is written, so one with
        capitals is published once it is known. Ports are those of the first load balancer.
        """
        pairs = zip(hostnames, self._desired.load_balancers, strict=False)
        if any(isinstance(hostname, Ref) and b.name != b.name.lower() for hostname, b in pairs):
            return True
        first, *others = hostnames
        for member in self._desired.active:
            own = published(member, first, self._desired.listeners)
            entries = (own, *(Published(hostname=h) for h in others))
            publish(self._draft, member, owner_of(self._inp, member), entries, finalizers[member.ref])
        return False

    def _managed_group(self) -> None:
        desired = self._desired.managed_group
        if desired is None:
            return
        standing = [g for g in self._observed.groups if self._observed.resource(g.tags) == desired.resource_id]
        self._groups[GroupToken.MANAGED] = diff_managed_group(
            self._draft,
            desired,
            standing[0] if standing else None,
            vpc=self._inp.cluster.vpc_id,
            kept=self._kept,
            quota=self._quotas.rules_per_security_group,
            asked_by=self._asker,
        )

    def _surplus_groups(self, after: Iterable[str]) -> None:
        """Managed groups that are not wanted any more; the load balancer has to let go of them first."""
        wanted = self._desired.managed_group
        for group in self._observed.groups:
            if wanted is None or self._observed.resource(group.tags) != wanted.resource_id:
                released = [s for s in self._draft.step_ids if s.endswith(SET_GROUPS)]
                delete_managed_group(self._draft, group, self._asker, [*after, *released])

    def _target_group(self, group: DesiredTargetGroup) -> str | Ref:
        standing = self._found.get(group.resource_id)
        if standing is not None:
            diff_target_group(self._draft, group, standing, self._kept)
            return standing.arn
        replaces = next(iter(self._observed.by_resource.get(group.resource_id, ())), None)
        arn = create_target_group(self._draft, group, self._inp.cluster.vpc_id, replaces)
        diff_attributes(self._draft, group, arn, attribute_defaults.target_group(group.protocol, group.target_type))
        return arn

    def _load_balancer(self, pair: Paired) -> tuple[str | Ref, str | Ref]:
        """The steps of one load balancer; answers its ARN and its host name."""
        groups = _group_ids(pair.desired, self._groups)
        if pair.stays is not None:
            diff_load_balancer(self._draft, pair.desired, pair.stays, groups, kept=self._kept, asked_by=self._asker)
            return pair.stays.arn, pair.stays.dns_name.lower()
        replaces = next(iter(pair.outgoing), None)
        return create_load_balancer(self._draft, pair.desired, groups, self._asker, replaces=replaces)

    def _binding(self, group: DesiredTargetGroup, arn: str | Ref) -> str:
        """The steps of one binding; answers what it waits for."""
        standing = self._found.get(group.resource_id)
        return self._bindings.serve(group, standing.name if standing is not None else group.name, arn)

    def _leaving(self, pair: Paired, front: Fronted, rules: list[str]) -> list[str]:
        """What is not wanted any more, members included; answers what is waited for."""
        self._bindings.delete_astray((g.arn for g in self._observed.target_groups), self._asker, rules)
        serving = {g.arn for g in self._found.values()}
        known = (pair.desired.resource_id, FRONT)
        others = (b for b in self._observed.load_balancers if self._observed.resource(b.tags) not in known)
        going = (*pair.outgoing, *others)
        outgoing = {b.arn for b in going}
        behind = (g for g in self._observed.target_groups if g.target_type != TARGET_TYPE)
        unwanted = [g for g in behind if g.arn not in serving]
        of_outgoing = [g for g in unwanted if outgoing & {*g.load_balancers}]
        rest = [g for g in unwanted if g not in of_outgoing]
        replaced = self._replaced(pair) and outgoing.isdisjoint(target.id for target in front.used)
        if replaced:
            before = self._draft.step_ids
            gone = [delete_load_balancer(self._draft, b, self._asker, before) for b in going]
            drop_groups(self._draft, self._inp, of_outgoing, self._asker, gone)
        waiting = drain_groups(self._draft, self._inp, rest, self._asker, rules)
        self._surplus_groups(self._draft.step_ids)
        held = waiting if replaced else (*waiting, *of_outgoing)
        release_members(self._draft, self._inp, self._desired.leaving, self._observed, held)
        waits = [f"load balancer {b.name} to be replaced" for b in going if not replaced]
        return [*waits, said_of(waiting)]

    def _replaced(self, pair: Paired) -> bool:
        """Whether the load balancer that stays has taken over: the targets of all its groups follow their bindings."""
        if pair.stays is None:
            return False
        followed = {
            b.target_group_arn
            for b in self._inp.bindings
            if not b.meta.deleting and b.observed_generation == b.meta.generation
        }
        wanted = [self._found.get(g.resource_id) for g in self._desired.target_groups]
        return all(group is not None and group.arn in followed for group in wanted)


def _group_ids(desired: DesiredLoadBalancer, known: Groups) -> list[str | Ref]:
    return [known[g] if isinstance(g, GroupToken) else g for g in desired.security_groups]
