"""Which resources belong to which stack, kept with every change, so that one stack among many costs no more than one
among few. Used by `store.Store`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from services.planner.core.aws import Listener, LoadBalancer, Rule, TargetGroup
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.tags import CLUSTER_TAG
from services.planner.core.updates import Record, record_id

_STACK_TAGS = {f"{kind}.k8s.aws/stack": kind for kind in StackKind}
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

    def change(self, old: Record | None, new: Record | None) -> None:
        """Follows one record from its old to its new state."""
        if old is not None:
            for shelf in self._shelves(old):
                shelf.pop(record_id(old), None)
        if new is not None:
            for shelf in self._shelves(new):
                shelf[record_id(new)] = new

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

    def _stacks(self, tags: Mapping[str, str] | None) -> Iterator[_Stack]:
        if tags is None or tags.get(CLUSTER_TAG) != self._cluster_name:
            return
        for tag, kind in _STACK_TAGS.items():
            if tag in tags:
                yield kind, tags[tag]
