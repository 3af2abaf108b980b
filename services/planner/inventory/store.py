"""The inventory: what was observed and what follows from our own calls, by one rule of age (architecture, section 7).

One per planner, used on the event loop only. What it hands out is frozen: a mapping is made anew after a change, so a
plan can be computed in another thread while the store goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from services.planner.core import parse
from services.planner.core.aws import (
    Certificate,
    Health,
    Inventory,
    Listener,
    LoadBalancer,
    Rule,
    Target,
    TargetGroup,
    Vpc,
)
from services.planner.core.fold import fold_write
from services.planner.core.keys import Key, StackKey
from services.planner.core.outcomes import LookupKind
from services.planner.core.plans import AwsCall, KubernetesWrite
from services.planner.core.tags import CLUSTER_TAG, FRONT, resource_tag
from services.planner.core.updates import (
    ForgetTargets,
    MergeTargets,
    Record,
    RecordKind,
    Remove,
    SetTargets,
    Update,
    Upsert,
)
from services.planner.inventory.absence import Absence, Id
from services.planner.inventory.knowledge import Answers
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.observations import Answered, Observation, ObservedRecord, ObservedTargets, Scope
from services.planner.inventory.ownership import Ownership, stack_tags
from services.planner.inventory.stamps import Stamp

Fold = Callable[[Inventory, AwsCall, Mapping[str, Any]], tuple[Update, ...]]
_Id = tuple[RecordKind | None, str]  # None: the targets of a group
_UNREAD: Mapping[RecordKind, Mapping[str, Any]] = {
    RecordKind.LOAD_BALANCER: {"attributes": None, "facts": {}},
    RecordKind.TARGET_GROUP: {"attributes": None},
    RecordKind.LISTENER: {"attributes": None, "extra_certificates": None},
}


class Store:
    """Folds observations, answers of queries and results of our own calls."""

    def __init__(self, *, cluster_name: str, lifetimes: Lifetimes, clock: Callable[[], float]) -> None:
        self._cluster_name = cluster_name
        self._made_seconds = lifetimes.made
        self._clock = clock
        self._records: dict[RecordKind, dict[str, Record]] = {kind: {} for kind in RecordKind}
        self._targets: dict[str, Mapping[Target, Health]] = {}
        self._partial: set[str] = set()
        self._stamps: dict[_Id, Stamp] = {}
        # Tags (True) and attributes that came before the description of what they are of: calls run side by side.
        self._early: dict[Id, dict[bool, tuple[int, ObservedRecord]]] = {}
        self._frozen: dict[str, Any] = {}
        self._ownership = Ownership(cluster_name)
        self.answers = Answers(lifetimes)

    # Reading

    def whole(self) -> Inventory:
        """Everything that is known, without the knowledge flags."""
        for kind, found in self._records.items():
            if str(kind) not in self._frozen:
                one = next(iter(found.values()), None)
                self._frozen[str(kind)] = one if kind is RecordKind.VPC else dict(found)
        if "targets" not in self._frozen:
            self._frozen |= {"targets": dict(self._targets), "partial_targets": frozenset(self._partial)}
        return Inventory(**self._frozen)

    def view(self, key: Key) -> Inventory:
        """What the plan of a key may read: everything, of a stack's listeners, rules and targets its own only."""
        whole = replace(self.whole(), knowledge=self.answers.knowledge(key, self._clock()))
        return self._slice(whole, key) if isinstance(key, StackKey) else whole

    def stack_tags(self, key: StackKey) -> dict[str, str]:
        """Tags that all resources of a stack carry."""
        return stack_tags(self._cluster_name, key)

    def load_balancers_of(self, key: StackKey) -> tuple[LoadBalancer, ...]:
        """The stack's load balancers: what stands in front of another one last, otherwise by ARN."""
        return front_last(self._ownership.load_balancers(key).values(), key)

    def _slice(self, whole: Inventory, key: StackKey) -> Inventory:
        groups = self._ownership.target_groups(key)
        return replace(
            whole,
            listeners=self._ownership.listeners(key),
            rules=self._ownership.rules(key),
            index=self._ownership.index(key),
            targets={arn: whole.targets[arn] for arn in groups if arn in whole.targets},
        )

    # What the executor read

    def observe(self, observation: Observation) -> set[str]:
        """Folds what one call answered; gives the ARNs of target groups whose targets changed."""
        for record in observation.records:
            self._observe_record(observation.begun, record)
        return {t.arn for t in observation.targets if self._observe_targets(observation.begun, t)}

    def answered(self, answer: Answered) -> tuple[Id, ...]:
        """Folds the end of a query: what it asked for and did not get is gone, unless we made it and the query could
        not know it yet. Gives the ids of what we made and a query by tag missed: a question by id decides.
        """
        missing = Absence(
            records=self._records,
            stamps=self._stamps,
            cluster_tags=((CLUSTER_TAG, self._cluster_name), (f"kubernetes.io/cluster/{self._cluster_name}", None)),
            made_seconds=self._made_seconds,
        ).of(answer)
        for kind, id_ in missing.gone:
            self._remove(kind, id_)
            self._stamps.pop((kind, id_), None)
        if answer.query.scope is Scope.ALL:
            self._forget_graves(answer.begun)
        if answer.query.kind is LookupKind.TARGETS:
            self._no_targets(answer)
        self.answers.answered(answer)
        return missing.doubtful

    def _no_targets(self, answer: Answered) -> None:
        """Groups whose targets were asked for and not answered do not exist: they have no targets."""
        for arn in answer.query.keys:
            if self._stamps.get((None, arn), Stamp()).missed_by(answer.begun):
                self._apply(SetTargets(arn=arn, targets={}))

    def _forget_graves(self, begun: int) -> None:
        """Stamps of what is gone guard against older observations; none that began before this query comes any more."""
        for (kind, id_), stamp in list(self._stamps.items()):
            known = id_ in (self._targets if kind is None else self._records[kind])
            if not known and stamp.missed_by(begun):
                del self._stamps[kind, id_]
        self._early.clear()

    def _observe_record(self, begun: int, seen: ObservedRecord) -> None:
        id_ = seen.kind, seen.id
        if seen.description is None and seen.id not in self._records[seen.kind]:
            self._early.setdefault(id_, {})[seen.tags is not None] = begun, seen
            return
        stamp = self._stamps.get(id_, Stamp())
        believed = _believed(stamp, begun, seen)
        record = self._merged(believed)
        if record is None:
            return
        self._put(record, seen.kind, seen.id)
        self._stamps[id_] = stamp
        if believed.description is not None:
            stamp.seen = begun
        if believed.tags is not None:
            stamp.seen_tags = begun
        if believed.attributes is not None:
            stamp.seen_attributes = begun
        if believed.certificates is not None:
            stamp.seen_certificates = begun
        for early_begun, early in self._early.pop(id_, {}).values():
            self._observe_record(early_begun, early)

    def _merged(self, seen: ObservedRecord) -> Record | None:
        """The record after an observation: what was not read this time stays as it was known."""
        old: Any = self._records[seen.kind].get(seen.id)
        if seen.description is None:
            return None if old is None else _with_details(old, seen)
        record = parse.parse(
            seen.kind, seen.description, tags=seen.tags, attributes=seen.attributes, parent=seen.parent
        )
        match record:
            case LoadBalancer() | Listener() | Rule() | TargetGroup() if old is not None:
                known: dict[str, Any] = {"tags": old.tags if seen.tags is None else seen.tags}
                if not isinstance(record, Rule):
                    known["attributes"] = old.attributes if seen.attributes is None else seen.attributes
                if isinstance(record, LoadBalancer):
                    known["facts"] = {**old.facts, **seen.facts}
                if isinstance(record, Listener):
                    known["extra_certificates"] = old.extra_certificates
                return replace(record, **known)
            case Certificate() if old is not None:
                # What a certificate is for and by never changes; its listing may not say.
                kept = {
                    name: getattr(old, name)
                    for name in ("names", "authority", "validation", "tags")
                    if getattr(record, name) is None
                }
                return replace(record, recorded=old.recorded, **kept)
        return record

    def _observe_targets(self, begun: int, seen: ObservedTargets) -> bool:
        stamp = self._stamps.setdefault((None, seen.arn), Stamp())
        if not stamp.believes(begun):
            return False
        if seen.gone:
            return self._observe_no_group(begun, seen.arn)
        stamp.seen = begun
        found = parse.targets(seen.descriptions)
        changed = seen.arn in self._partial or self._targets.get(seen.arn) != found
        if changed:
            self._apply(SetTargets(arn=seen.arn, targets=found))
        return changed

    def _observe_no_group(self, begun: int, arn: str) -> bool:
        """AWS knows no such group. One that we made just now may not be known everywhere yet."""
        group = self._stamps.get((RecordKind.TARGET_GROUP, arn), Stamp())
        young = group.made_at is not None and self._clock() - group.made_at < self._made_seconds
        if young or not group.missed_by(begun):
            return False
        known = arn in self._targets or arn in self._records[RecordKind.TARGET_GROUP]
        self._remove(RecordKind.TARGET_GROUP, arn)
        return known

    # Our own calls

    def own(self, fold: Fold, call: AwsCall, answer: Mapping[str, Any], *, ended: int) -> None:
        """Folds a call that was accepted; `ended` is the sequence number at its end."""
        for update in fold(self.whole(), call, answer):
            id_ = _id_of(update)
            is_new = isinstance(update, Upsert) and update.id not in self._records[update.kind]
            stamp = self._stamps.setdefault(id_, Stamp())
            stamp.own_ended = max(stamp.own_ended, ended)
            if is_new and call.operation.startswith("Create"):
                stamp.made_at = self._clock()
            self._apply(update)

    def wrote(self, write: KubernetesWrite, answer: Mapping[str, Any] | None, *, ended: int) -> None:
        """Folds a write to Kubernetes; `answer` None: it was not accepted, or nobody knows."""
        for update in fold_write(write, answer):
            stamp = self._stamps.setdefault(_id_of(update), Stamp())
            stamp.own_ended = max(stamp.own_ended, ended)
            self._apply(update)

    def may_have_deleted(self, fold: Fold, call: AwsCall) -> None:
        """A call of ours was sent and nobody knows whether it took effect: what it deletes may be gone, however short
        ago we made it.
        """
        if not call.operation.startswith("Delete"):
            return
        for update in fold(self.whole(), call, {}):
            if isinstance(update, Remove):
                self._stamps.setdefault((update.kind, update.id), Stamp()).made_at = None

    def doubt(self, key: Key, now: float) -> None:
        """Nothing that the key owns is taken for known, details included: it is observed before its next plan."""
        self.answers.doubt(key, now)
        if isinstance(key, StackKey):
            owned = (self._ownership.load_balancers(key), self._ownership.target_groups(key))
            for arn in [arn for found in (*owned, self._ownership.listeners(key)) for arn in found]:
                self.forget_details(arn)

    def forget_details(self, arn: str) -> None:
        """What is read of the resource by questions of their own is not known any more: attributes, what goes with a
        load balancer (firewall, protection, capacity), a listener's certificates beside the default one."""
        for kind, unread in _UNREAD.items():
            record: Any = self._records[kind].get(arn)
            if record is not None:
                self._put(replace(record, **unread), kind, arn)

    # Writing

    def _apply(self, update: Update) -> None:
        match update:
            case Upsert():
                self._put(update.record, update.kind, update.id)
            case Remove():
                self._remove(update.kind, update.id)
            case SetTargets():
                self._put_targets(update.arn, dict(update.targets), partial=False)
            case MergeTargets():
                known = self._targets.get(update.arn)
                partial = known is None or update.arn in self._partial
                self._put_targets(update.arn, {**(known or {}), **update.targets}, partial=partial)
            case ForgetTargets():
                self._put_targets(update.arn, None, partial=False)

    def _put(self, record: Record, kind: RecordKind, id_: str) -> None:
        self._frozen.pop(str(kind), None)
        if isinstance(record, Vpc):
            self._records[kind].clear()  # there is one, the cluster's
        self._ownership.change(self._records[kind].get(id_), record)
        self._records[kind][id_] = record

    def _remove(self, kind: RecordKind, id_: str) -> None:
        self._frozen.pop(str(kind), None)
        self._ownership.change(self._records[kind].pop(id_, None), None)
        if kind is RecordKind.TARGET_GROUP:
            self._put_targets(id_, None, partial=False)

    def _put_targets(self, arn: str, targets: Mapping[Target, Health] | None, *, partial: bool) -> None:
        self._frozen.pop("targets", None)
        if targets is None:
            self._targets.pop(arn, None)
        else:
            self._targets[arn] = targets
        if partial:
            self._partial.add(arn)
        else:
            self._partial.discard(arn)


def _with_details(old: Any, seen: ObservedRecord) -> Any:
    """The record with what was read beside its description."""
    read: dict[str, Any] = {"tags": seen.tags, "attributes": seen.attributes, "extra_certificates": seen.certificates}
    if seen.facts:
        read["facts"] = {**old.facts, **seen.facts}
    return replace(old, **{name: value for name, value in read.items() if value is not None})


def _believed(stamp: Stamp, begun: int, seen: ObservedRecord) -> ObservedRecord:
    """The parts of an observation that are not older than what is known."""
    return replace(
        seen,
        description=seen.description if stamp.believes(begun) else None,
        tags=seen.tags if stamp.believes_tags(begun) else None,
        attributes=seen.attributes if stamp.believes_attributes(begun) else None,
        certificates=seen.certificates if stamp.believes_certificates(begun) else None,
        facts=seen.facts if stamp.believes_facts(begun) else {},
    )


def _id_of(update: Update) -> _Id:
    if isinstance(update, Upsert | Remove):
        return update.kind, update.id
    return None, update.arn


def load_balancers_with(tags: Mapping[str, str], inventory: Inventory, key: StackKey) -> tuple[LoadBalancer, ...]:
    """The load balancers that carry all of the tags of a stack, in the same order."""
    return front_last((b for b in inventory.load_balancers.values() if _carries(b.tags, tags)), key)


def front_last(balancers: Iterable[LoadBalancer], key: StackKey) -> tuple[LoadBalancer, ...]:
    """Load balancers of one stack: what stands in front of another one last, otherwise by ARN."""
    tag = resource_tag(key.kind)
    return tuple(sorted(balancers, key=lambda b: ((b.tags or {}).get(tag) == FRONT, b.arn)))


def _carries(tags: Mapping[str, str] | None, wanted: Mapping[str, str]) -> bool:
    return tags is not None and all(tags.get(key) == value for key, value in wanted.items())
