"""Whether a TargetGroupBinding that is not there may still be made: pods whose readiness gate names it wait until then,
and no longer. Asked by gathering, and by the worker when a stack has ended a run.
"""

from collections.abc import Callable, Iterator

from services.planner.core.keys import BindingKey, Key, StackKey
from services.planner.view.cluster import ClusterView
from services.planner.work.ledger import Ledger, State

# A stack in one of these has made what it is going to make, or cannot make it.
_AT_REST = frozenset({State.READY, State.ERRORED, State.HELD})


class BindingsToCome:
    """Looks at the stacks of a namespace. `busy`: whether a key is queued or being worked on."""

    def __init__(self, view: ClusterView, ledger: Ledger, busy: Callable[[Key], bool]) -> None:
        self._view = view
        self._ledger = ledger
        self._busy = busy

    def may_come(self, key: BindingKey) -> bool:
        """Whether some stack with an object in the binding's namespace is not at rest, or cannot be seen."""
        if self._view.blind_but_for_records(lost=True):
            return True
        return not all(map(self._rests, self._stacks(key.namespace)))

    def waited_for(self, stack: StackKey) -> tuple[BindingKey, ...]:
        """Bindings that are not there, and that pods in the namespaces of the stack's objects wait for."""
        namespaces = frozenset(owner.meta.namespace for owner in self._view.owners_of_stack(stack))
        namespaces |= {stack.namespace} if stack.namespace else frozenset()
        missing = (name for name in self._view.gates(namespaces) if self._view.binding(name) is None)
        return tuple(BindingKey(namespace=namespace, name=name) for namespace, name in missing)

    def _stacks(self, namespace: str) -> Iterator[StackKey]:
        for owner in self._view.owners():
            if owner.meta.namespace == namespace:
                yield from self._view.stacks_of_owner(owner)

    def _rests(self, stack: StackKey) -> bool:
        record = self._ledger.find(stack)
        return record is not None and record.state in _AT_REST and not self._busy(stack)
