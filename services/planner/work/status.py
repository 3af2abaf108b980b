"""Where the planner stands, as plain values: what the servicer answers the CLI with. Reads, and changes nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.planner.core.aws import Target
from services.planner.core.keys import BindingKey, Key, StackKey
from services.planner.core.objects import Ingress, Kind, Service, TargetGroupBinding
from services.planner.view.events import KindState
from services.planner.view.objects import kind_of
from services.planner.view.references import finalizer_of
from services.planner.view.wakes import NETWORK
from services.planner.work.ledger import KeyRecord, State, summary
from services.planner.work.network_needs import name_of_key
from services.planner.work.turn import Workshop

_MOVING = frozenset({"initial", "draining", "unhealthy.draining"})
_SEEN = frozenset({KindState.SYNCED, KindState.MISSING, KindState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Keys by what they wait for; `waiting` leaves out those that only the user can help. `moving`: targets that are
    registering or draining."""

    queued: int
    running: int
    waiting: int
    moving: int

    @property
    def none(self) -> bool:
        """Whether all is worked off."""
        return not (self.queued or self.running or self.waiting or self.moving)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Targets of one binding by state as AWS names it."""

    target_group: str
    binding: BindingKey
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack; the fields are those of the wire's StackStatus."""

    key: StackKey
    objects: tuple[str, ...]
    state: str
    hostname: str
    last_plan: str
    error: str
    waits_for: str
    targets: tuple[Targets, ...]
    traces: tuple[str, ...]


class Status:
    """Looks at everything the workers share."""

    def __init__(self, workshop: Workshop) -> None:
        self._w = workshop

    def counts(self) -> Counts:
        """How much is left to do."""
        queue = self._w.gate.queue
        queued, running = queue.queued(), queue.running()
        held = {key for key, record in self._w.ledger.records().items() if record.state is State.HELD}
        by_time = {key for key, failure in queue.waiting().items() if failure is None or failure.passes} - held
        waiting = (
            (by_time | set(self._w.parked) | set(self._w.unfilled) | set(self._w.needs.askers())) - queued - running
        )
        return Counts(queued=len(queued), running=len(running), waiting=len(waiting), moving=self._moving())

    def kinds_seen(self) -> bool:
        """Whether every kind is synced, missing or refused."""
        return self._w.view.ready and all(self._w.view.kind(kind).state in _SEEN for kind in Kind)

    def stacks(self) -> Iterator[Stack]:
        """Stacks that are ours, by key."""
        view = self._w.view
        keys = {stack for o in view.owners() for stack in view.stacks_of_owner(o) if self._is_ours(o, stack)}
        for key in sorted(keys):
            yield self._stack(key)

    def _is_ours(self, owner: Ingress | Service, stack: StackKey) -> bool:
        """Whether the object carries the stack's finalizer, or an error or an unfinished plan of ours is about it."""
        record = self._w.ledger.find(stack)
        carries = finalizer_of(stack) in owner.meta.finalizers
        if carries or record is None:
            return carries
        if record.state is State.OBSERVING:
            return True
        return bool(record.error) or record.asks > 0 or (record.plan is not None and not record.settled)

    def _stack(self, key: StackKey) -> Stack:
        record = self._w.ledger.find(key) or KeyRecord()
        owners = self._w.view.owners_of_stack(key)
        bindings = self._w.view.bindings_of_stack(key)
        failed = self._failed(bindings)
        return Stack(
            key=key,
            objects=tuple(f"{kind_of(o)}/{o.meta.namespace}/{o.meta.name}" for o in owners),
            state=self._state(key, record, owners, failed),
            hostname=self._hostname(key, owners),
            last_plan=_last_plan(record),
            error=_joined(record.error, (f"{name}: {part.error}" for name, part in failed.items() if part.error)),
            waits_for=_joined(record.waits_for, (part.waits_for for part in failed.values())),
            targets=tuple(self._targets(binding) for binding in bindings),
            traces=self._traces(key, bindings),
        )

    def _failed(self, bindings: tuple[TargetGroupBinding, ...]) -> Mapping[str, KeyRecord]:
        """What failed or is held of that which a stack rests on, by name: its bindings' targets, and the network."""
        keys: tuple[Key, ...] = (*map(_key, bindings), NETWORK)
        records = {name_of_key(key): self._w.ledger.find(key) for key in keys}
        return {
            name: record
            for name, record in records.items()
            if record is not None and (record.error or record.state is State.HELD)
        }

    def _state(
        self, key: StackKey, record: KeyRecord, owners: Sequence[Ingress | Service], failed: Mapping[str, KeyRecord]
    ) -> str:
        if owners and all(o.meta.deleting for o in owners):
            return "deleting"
        queue = self._w.gate.queue
        busy = key in queue.running() or key in queue.queued()
        if busy and record.state is not State.ERRORED:
            return "working"
        if record.state is State.READY and failed:
            states = {part.state for part in failed.values()}
            return str(next((s for s in (State.ERRORED, State.HELD) if s in states), State.WAITING))
        return str(record.state)

    def _hostname(self, key: StackKey, owners: Sequence[Ingress | Service]) -> str:
        for balancer in self._w.store.load_balancers_of(key):
            return balancer.dns_name
        return next((entry.hostname for o in owners for entry in o.load_balancer), "")

    def _targets(self, binding: TargetGroupBinding) -> Targets:
        inventory, arn = self._w.store.whole(), binding.target_group_arn
        group = inventory.target_groups.get(arn)
        states = Counter(health.state for health in inventory.targets.get(arn, {}).values())
        return Targets(
            target_group=group.name if group is not None else _name_in(arn),
            binding=_key(binding),
            states=dict(sorted(states.items())),
        )

    def _traces(self, key: StackKey, bindings: tuple[TargetGroupBinding, ...]) -> tuple[str, ...]:
        keys: list[Key] = [key, *map(_key, bindings)]
        records = (record for record in map(self._w.ledger.find, keys) if record is not None)
        newest_first = sorted((trace for record in records for trace in record.traces), reverse=True)
        return tuple(dict.fromkeys(trace for _, trace in newest_first))

    def _moving(self) -> int:
        known = self._w.store.whole().targets
        tracked = (tracking.group for tracking in self._w.tracked.groups())
        states = (
            known.get(group.target_group_arn, {}).get(Target(id=target.id, port=target.port))
            for group in tracked
            for target in group.targets
        )
        return sum(health is not None and health.state in _MOVING for health in states)


def _last_plan(record: KeyRecord) -> str:
    plan = record.unexecuted if record.state is State.OBSERVING else record.plan
    return summary(plan) if plan is not None else ""


def _joined(own: str, others: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(part for part in (own, *others) if part))


def _key(binding: TargetGroupBinding) -> BindingKey:
    return BindingKey(namespace=binding.meta.namespace, name=binding.meta.name)


def _name_in(arn: str) -> str:
    """The name in a target group's ARN: `arn:...:targetgroup/<name>/<id>`."""
    parts = arn.split("/")
    return parts[1] if len(parts) == 3 else arn
