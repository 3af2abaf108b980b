"""What users are told about a key as a whole: Warnings on the objects that it stands for, when AWS refuses for good
(controller, 9) and when AWS had drifted. Used by `aftermath`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.planner.core.drift import drift_messages
from services.planner.core.keys import BindingKey, Key, NetworkKey, StackKey, StackKind
from services.planner.core.objects import Kind, Meta, ObjectRef, TargetGroupBinding
from services.planner.core.plans import Plan, Report
from services.planner.core.problems import Reason
from services.planner.view.cluster import ClusterView
from services.planner.work.judgement import lasting
from services.planner.work.ledger import KeyRecord
from services.planner.work.network_needs import NetworkNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    kind: Kind
    api_version: str
    meta: Meta

    @property
    def ref(self) -> str:
        """As `Change.asked_by` names it."""
        return str(ObjectRef(kind=self.kind, namespace=self.meta.namespace, name=self.meta.name))


class KeyReports:
    """Makes the reports. Refusals of the network go to the bindings that wait for it."""

    def __init__(self, view: ClusterView, needs: NetworkNeeds) -> None:
        self._view = view
        self._needs = needs

    def of_plan(self, key: Key, record: KeyRecord, errors: tuple[str, ...]) -> tuple[Report, ...]:
        """Reports on a plan of which a step was refused for good; none if all may pass by itself."""
        if lasting(record.results) is None or not errors:
            return ()
        reason, words = _CLEANUP if self._goes(key) else _REASONS[type(key)]
        return self._reports(key, reason, f"{words} {'; '.join(errors)}")

    def of_reading(self, key: Key, error: str) -> tuple[Report, ...]:
        """Reports on a key that cannot be planned because AWS must not be read."""
        if isinstance(key, StackKey):
            return self._reports(key, Reason.FAILED_BUILD_MODEL, f"Failed build model due to {error}")
        reason, words = _REASONS[type(key)]
        return self._reports(key, reason, f"{words} {error}")

    def of_drift(self, key: Key, plan: Plan) -> tuple[Report, ...]:
        """Reports on what had drifted and is put right: on the object that asks for it, else on all of the key. What
        nobody in particular asks for, rules of the network, is told on the bindings that have some."""
        if isinstance(key, NetworkKey):
            owners = [_binding(b) for b in self._view.bindings() if b.networking is not None]
        else:
            owners = list(self._owners(key))
        return tuple(
            _report(owner, Reason.DRIFT_REVERTED, message)
            for asked_by, message in drift_messages(plan)
            for owner in [o for o in owners if o.ref == asked_by] or owners
        )

    def _goes(self, key: Key) -> bool:
        """Whether the key is a binding whose deletion was asked for."""
        binding = self._view.binding((key.namespace, key.name)) if isinstance(key, BindingKey) else None
        return binding is not None and binding.meta.deleting

    def _reports(self, key: Key, reason: Reason, message: str) -> tuple[Report, ...]:
        return tuple(_report(owner, reason, message) for owner in self._owners(key))

    def _owners(self, key: Key) -> Iterator[_Owner]:
        match key:
            case StackKey():
                kind, api_version = _OBJECTS[key.kind]
                for owner in self._view.owners_of_stack(key):
                    yield _Owner(kind=kind, api_version=api_version, meta=owner.meta)
            case BindingKey():
                binding = self._view.binding((key.namespace, key.name))
                if binding is not None:
                    yield _binding(binding)
            case NetworkKey():
                for asker in self._needs.askers():
                    yield from self._owners(asker)


def _binding(binding: TargetGroupBinding) -> _Owner:
    return _Owner(kind=Kind.TARGET_GROUP_BINDING, api_version="elbv2.k8s.aws/v1beta1", meta=binding.meta)


def _report(owner: _Owner, reason: Reason, message: str) -> Report:
    return Report(
        object_kind=owner.kind,
        api_version=owner.api_version,
        namespace=owner.meta.namespace,
        name=owner.meta.name,
        uid=owner.meta.uid,
        generation=owner.meta.generation,
        warning=True,
        reason=reason,
        message=message,
    )


_OBJECTS = {
    StackKind.INGRESS: (Kind.INGRESS, "networking.k8s.io/v1"),
    StackKind.SERVICE: (Kind.SERVICE, "v1"),
}
_CLEANUP = (Reason.FAILED_CLEANUP, "Failed cleanup due to")
_REASONS: dict[type, tuple[Reason, str]] = {
    StackKey: (Reason.FAILED_DEPLOY_MODEL, "Failed deploy model due to"),
    BindingKey: (Reason.FAILED_RECONCILE, "Failed reconcile due to"),
    NetworkKey: (Reason.FAILED_NETWORK_RECONCILE, "Failed network reconcile due to"),
}
