"""Which resources belong to which stack, kept with every change, so that one stack among many costs no more than one
among few. Used by `store.Store`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from services.planner.core.aws import Index, Listener, LoadBalancer, Names, Rule, SecurityGroup, TargetGroup
from services.planner.core.index import is_shared_group, make_index
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.tags import CLUSTER_TAG
from services.planner.core.updates import Record, record_id

_STACK_TAGS = {f"{kind}.k8s.aws/stack": kind for kind in StackKind}
_NAMED = (LoadBalancer, TargetGroup, SecurityGroup)
_Stack = tuple[StackKind, str]


def stack_tags(cluster_name: str, key: StackKey) -> dict[str, str]:
    """Tags that all resources of a stack carry (naming and tags, section 4)."""
    return {CLUSTER_TAG: cluster_name, f"{key.kind}.k8s.aws/stack": key.stack_id}


class Ownership:
    """Load balancers and target groups by the stack in their tags, listeners and rules by what they belong to."""

    def __init__(self, cluster_name: str) -> None:
        self._cluster_name = cluster_name
        self._balancers: defaultdict[_Stack, dict[str, LoadBalancer]] = defaultdict(dict)
        self._groups: defaultdict[_Stack, dict[str, TargetGroup]] = defaultdict(dict)
        self._listeners: defaultdict[str, dict[str, Listener]] = defaultdict(dict)
        self._rules: defaultdict[str, dict[str, Rule]] = defaultdict(dict)
        self._security: defaultdict[_Stack, dict[str, SecurityGroup]] = defaultdict(dict)
        self._shared: dict[str, SecurityGroup] = {}
        self._names: dict[type, dict[str, tuple[str, ...]]] = {kind: {} for kind in _NAMED}
        self._frozen_names: Names | None = None

    def change(self, old: Record | None, new: Record | None) -> None:
        """Follows one record from its old to its new state."""
        if old is not None:
            for shelf in self._shelves(old):
                shelf.pop(record_id(old), None)
            self._let_go(old)
        if new is not None:
            for shelf in self._shelves(new):
                shelf[record_id(new)] = new
            self._take(new)

    def index(self, key: StackKey) -> Index:
        """What belongs to the stack, and who holds which name."""
        stack = (key.kind, key.stack_id)
        return make_index(
            key,
            load_balancers=self.load_balancers(key).values(),
            target_groups=self.target_groups(key).values(),
            security_groups=self._security.get(stack, {}).values(),
            names=self._all_names(),
            shared_group=self._shared[min(self._shared)] if self._shared else None,
        )

    def load_balancers(self, key: StackKey) -> Mapping[str, LoadBalancer]:
        """The stack's load balancers by ARN."""
        return self._balancers.get((key.kind, key.stack_id), {})

    def target_groups(self, key: StackKey) -> Mapping[str, TargetGroup]:
        """The stack's target groups by ARN."""
        return self._groups.get((key.kind, key.stack_id), {})

    def listeners(self, key: StackKey) -> dict[str, Listener]:
        """Listeners of the stack's load balancers by ARN."""
        return {arn: s for balancer in self.load_balancers(key) for arn, s in self._listeners.get(balancer, {}).items()}

    def rules(self, key: StackKey) -> dict[str, Rule]:
        """Rules of those listeners by ARN."""
        return {arn: r for listener in self.listeners(key) for arn, r in self._rules.get(listener, {}).items()}

    def _shelves(self, record: Record) -> Iterator[dict[str, Any]]:
        """Where a record stands."""
        match record:
            case LoadBalancer():
                yield from (self._balancers[stack] for stack in self._stacks(record.tags))
            case TargetGroup():
                yield from (self._groups[stack] for stack in self._stacks(record.tags))
            case Listener():
                yield self._listeners[record.load_balancer_arn]
            case Rule():
                yield self._rules[record.listener_arn]
            case SecurityGroup():
                yield from (self._security[stack] for stack in self._stacks(record.tags))
                if is_shared_group(record.tags, self._cluster_name):
                    yield self._shared

    def _take(self, record: Record) -> None:
        if isinstance(record, LoadBalancer | TargetGroup | SecurityGroup):
            names, id_ = self._names[type(record)], record_id(record)
            names[record.name] = tuple(sorted({*names.get(record.name, ()), id_}))
            self._frozen_names = None

    def _let_go(self, record: Record) -> None:
        if isinstance(record, LoadBalancer | TargetGroup | SecurityGroup):
            names = self._names[type(record)]
            left = tuple(id_ for id_ in names.pop(record.name, ()) if id_ != record_id(record))
            if left:
                names[record.name] = left
            self._frozen_names = None

    def _all_names(self) -> Names:
        """The names as they are now; made anew only after one was taken or let go."""
        if self._frozen_names is None:
            self._frozen_names = Names(
                load_balancers={name: ids[0] for name, ids in self._names[LoadBalancer].items()},
                target_groups={name: ids[0] for name, ids in self._names[TargetGroup].items()},
                security_groups=dict(self._names[SecurityGroup]),
            )
        return self._frozen_names

    def _stacks(self, tags: Mapping[str, str] | None) -> Iterator[_Stack]:
        if tags is None or tags.get(CLUSTER_TAG) != self._cluster_name:
            return
        for tag, kind in _STACK_TAGS.items():
            if tag in tags:
                yield kind, tags[tag]
