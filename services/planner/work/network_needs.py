"""What only the network key can give: who waits for it, who needs the shared group, where AWS refused a grant
(architecture, section 2). Kept by the worker, read by gathering.
"""

from collections.abc import Mapping

from services.planner.core.aws import SecurityGroup
from services.planner.core.index import shared_group
from services.planner.core.keys import BindingKey, Key, Lane, StackKey
from services.planner.core.objects import Ingress, Kind, Service
from services.planner.core.plans import AwsCall, Plan
from services.planner.core.protection import is_protected
from services.planner.inventory.known import Known
from services.planner.results import StepOutcome, StepResult
from services.planner.view.cluster import ClusterView
from services.planner.view.references import finalizer_of
from services.planner.work.ledger import Ledger, State

_STACK_KINDS = (Kind.INGRESS, Kind.SERVICE, Kind.TARGET_GROUP_BINDING)


class NetworkNeeds:
    """Facts about the network that follow from other keys."""

    def __init__(self, view: ClusterView, store: Known, ledger: Ledger, *, cluster_name: str) -> None:
        self._view = view
        self._store = store
        self._ledger = ledger
        self._cluster_name = cluster_name
        self._askers: dict[Key, tuple[Lane, str]] = {}
        self.refused_groups: frozenset[str] = frozenset()

    def supposing(self, view: ClusterView, known: Known) -> "NetworkNeeds":
        """The needs that follow from a supposed view and inventory; where AWS refused is known already."""
        made = NetworkNeeds(view, known, self._ledger, cluster_name=self._cluster_name)
        made.refused_groups = self.refused_groups
        return made

    # Who waits for the network

    def wait(self, key: Key, lane: Lane, traceparent: str) -> None:
        """The key wants to be woken by the network's next result."""
        known = self._askers.get(key)
        self._askers[key] = min(lane, known[0]) if known is not None else lane, traceparent

    def forget(self, key: Key) -> None:
        """The key does not wait any more."""
        self._askers.pop(key, None)

    def askers(self) -> Mapping[Key, tuple[Lane, str]]:
        """Keys that wait, each with its lane and its trace."""
        return dict(self._askers)

    def take_askers(self) -> Mapping[Key, tuple[Lane, str]]:
        """Keys that wait; they do not any more."""
        askers, self._askers = self._askers, {}
        return askers

    # Where grants were refused

    def note_grants(
        self, plan: Plan, results: Mapping[str, StepResult], full_groups: frozenset[str] = frozenset()
    ) -> None:
        """Notes what became of the grants of the network's plan, which found groups to be full; one that is not wanted
        any more is refused no more."""
        refused = {*full_groups}
        for step in plan.steps:
            work, result = step.work, results.get(step.id)
            if not isinstance(work, AwsCall) or work.operation != "AuthorizeSecurityGroupIngress" or result is None:
                continue
            group = result.sent.get("GroupId") or work.parameters.get("GroupId")
            if result.outcome is StepOutcome.REFUSED and isinstance(group, str):
                refused.add(group)
        self.refused_groups = frozenset(refused)

    # Who needs the shared group

    def shared_group_needed(self, *, beside: StackKey | None = None) -> bool:
        """Whether a stack (other than `beside`) needs the shared group, or may: what cannot be seen may need it."""
        if any(kind in self._view.blind(lost=True) for kind in _STACK_KINDS):
            return True
        group = shared_group(self._store.whole(), self._cluster_name)
        return any(
            self._needs(owner, stack, group)
            for owner in self._view.owners()
            for stack in self._view.stacks_of_owner(owner)
            if stack != beside
        )

    def shared_group_asked_for(self) -> bool:
        """Whether a stack waits for the shared group to be made. One that was not built yet may need it, and so keeps
        it from being deleted, which is no reason to make it.
        """
        return any(isinstance(key, StackKey) for key in self._askers)

    def _needs(self, owner: Ingress | Service, stack: StackKey, group: SecurityGroup | None) -> bool:
        """A stack needs the group until its plan was empty and nothing of it uses the group, or it is deleted. One that
        was not understood needs it if it may have something in AWS.
        """
        asks = self._view.claim.owns(owner) if isinstance(owner, Service) else not owner.meta.deleting
        if not asks and not is_protected(owner):
            return False
        record = self._ledger.find(stack)
        if record is None or record.state is State.ERRORED:
            return finalizer_of(stack) in owner.meta.finalizers
        return not record.settled or self._uses(stack, group)

    def _uses(self, stack: StackKey, group: SecurityGroup | None) -> bool:
        if group is None:
            return False
        if any(group.id in b.security_groups for b in self._store.load_balancers_of(stack)):
            return True
        rules = (rule for b in self._view.bindings_of_stack(stack) for rule in b.networking or ())
        return any(peer.security_group_id == group.id for rule in rules for peer in rule.peers)


def name_of_key(key: Key) -> str:
    """The key in a log line or a span."""
    kinds = {StackKey: "stack", BindingKey: "binding"}
    kind = kinds.get(type(key), "network")
    return f"{kind} {key}".strip()
