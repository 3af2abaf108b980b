"""`Reviews`: what is said about objects that are about to be written (targets and readiness, section 9).

Called by the servicer, on any replica: the view is enough, but for what only AWS knows. That is asked where this
planner leads; elsewhere it is left open, and said.
"""

import asyncio

from services.planner.core.aws import TargetGroup
from services.planner.core.inputs import StackInput
from services.planner.core.keys import BindingKey, Lane, StackKey, StackKind
from services.planner.core.objects import Ingress, Pod, Service, TargetGroupBinding
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.review.bindings import (
    Completion,
    completion,
    is_complete,
    problem_of_change,
    problem_of_new,
)
from services.planner.core.review.ingresses import Verdict, review_ingress
from services.planner.core.review.pods import reviewed_gates, selects
from services.planner.links.failures import CallFailedError, SessionLostError
from services.planner.view.objects import name_of
from services.planner.view.references import stack_of_service
from services.planner.work.turn import Workshop
from services.runtime.errors import UnavailableError

_PATIENCE_SECONDS = 1.0
"""For how long a class that is not there is waited for: it may have been made just before the Ingress."""
_LOOK_SECONDS = 0.05
_UNSEEN = "what follows from the target group is left open until the binding is worked on"


class Reviews:
    """Makes them. Each raises UnavailableError while the cluster has not been seen."""

    def __init__(self, workshop: Workshop) -> None:
        self._w = workshop

    def gates(self, pod: Pod) -> tuple[str, ...]:
        """All readiness gates that the pod is to have."""
        self._require_view()
        if not self._w.gatherer.cluster.inject_readiness_gates:
            return pod.readiness_gates
        view, namespace = self._w.view, pod.meta.namespace
        services = [s for s in view.services_of_namespace(namespace) if selects(s.selector, pod.meta.labels)]
        bindings = [binding for service in services for binding in view.bindings_of_service(name_of(service))]
        stacks = {stack: None for service in services for stack in self._stacks(service)}
        return reviewed_gates(pod, services, bindings, [self._stack(stack) for stack in stacks])

    async def complete(self, binding: TargetGroupBinding) -> tuple[Completion, tuple[str, ...]]:
        """What a new binding gets from its target group, and warnings."""
        self._require_view()
        if is_complete(binding):
            return Completion(), ()
        group, warnings = await self._group(binding)
        return completion(binding, group), warnings

    async def binding(self, binding: TargetGroupBinding, old: TargetGroupBinding | None) -> tuple[str, tuple[str, ...]]:
        """Why the binding cannot be written, empty when it can, and warnings."""
        self._require_view()
        others = self._w.view.bindings()
        if old is not None:
            return problem_of_change(binding, old, others, self._w.gatherer.cluster.vpc_id), ()
        group, warnings = await self._group(binding)
        return problem_of_new(binding, others, group), warnings

    async def ingress(self, ingress: Ingress, old: Ingress | None) -> Verdict:
        """The verdict on an Ingress."""
        self._require_view()
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_SECONDS
        while True:
            key = StackKey(kind=StackKind.INGRESS, namespace=ingress.meta.namespace, name=ingress.meta.name)
            verdict = review_ingress(self._stack(key), ingress, old)
            if not verdict.missing_class or loop.time() >= until:
                return verdict
            await asyncio.sleep(_LOOK_SECONDS)

    def _stacks(self, service: Service) -> list[StackKey]:
        """Stacks that have, or will have, target groups of the Service."""
        view, name = self._w.view, name_of(service)
        found = [view.stack_of(ingress) for ingress in view.ingresses_of_service(name)]
        found += [stack_of_service(other) for other in view.services_of_service(name)]
        return [*found, stack_of_service(service)] if view.claim.concerns(service) else found

    def _stack(self, key: StackKey) -> StackInput:
        inp = self._w.gatherer.gather(key)
        if not isinstance(inp, StackInput):
            raise TypeError(key)
        return inp

    async def _group(self, binding: TargetGroupBinding) -> tuple[TargetGroup | None, tuple[str, ...]]:
        """The binding's target group as AWS has it; None where it cannot be asked, with a warning."""
        if binding.iam_role_arn:
            return None, (f"{_UNSEEN}: it is in another account",)
        known = self._known(binding)
        arn = binding.target_group_arn
        if known is not None or not arn:
            unnamed = () if known is not None else (f"{_UNSEEN}: target group {binding.target_group_name}",)
            return known, unnamed
        lookup = Lookup(kind=LookupKind.TARGET_GROUPS, keys=(arn,))
        key = BindingKey(namespace=binding.meta.namespace, name=binding.meta.name)
        try:
            await self._w.asker.answer([lookup], key, lane=Lane.EDIT, traceparent="")
        except (SessionLostError, CallFailedError):
            return None, (f"{_UNSEEN}: AWS cannot be asked now",)
        known = self._known(binding)
        return known, () if known is not None else (f"{_UNSEEN}: AWS does not show target group {arn}",)

    def _known(self, binding: TargetGroupBinding) -> TargetGroup | None:
        groups = self._w.store.whole().target_groups
        if binding.target_group_arn:
            return groups.get(binding.target_group_arn)
        return next((g for g in groups.values() if g.name == binding.target_group_name), None)

    def _require_view(self) -> None:
        if not self._w.view.ready:
            raise UnavailableError("NotReady", "the planner has not seen the whole cluster yet; ask again in a moment")
