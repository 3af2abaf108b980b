"""The bindings of a stack that stands: one for each target group, made, overwritten, or remade once somebody deleted
it; and those that bind nothing of it, which go."""

from collections.abc import Iterable

from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.diff.bindings import (
    FINALIZER,
    Groups,
    create_binding,
    delete_binding,
    diff_binding,
    release_binding,
)
from services.planner.core.draft import Draft
from services.planner.core.inputs import StackInput
from services.planner.core.objects import TargetGroupBinding
from services.planner.core.plans import Ref


class ServingBindings:
    """Adds their steps to one draft. `groups`: the security groups, as far as they are known when a step is added."""

    def __init__(self, draft: Draft, inp: StackInput, groups: Groups) -> None:
        self._draft, self._inp, self._groups = draft, inp, groups
        self._bindings = sorted(inp.bindings, key=lambda b: (b.meta.namespace, b.meta.name))
        self._by_arn = {b.target_group_arn: b for b in reversed(self._bindings)}
        self._by_name = {(b.meta.namespace, b.meta.name): b for b in self._bindings}
        self._serving: set[str] = set()

    def serve(self, group: DesiredTargetGroup, name: str, arn: str | Ref) -> str:
        """The steps of the binding of a target group with that name and ARN; answers what it waits for."""
        vpc = self._inp.cluster.vpc_id
        watched = self._watched(group.binding.namespace, name, arn)
        if watched is None:
            create_binding(self._draft, group, name, arn, vpc=vpc, groups=self._groups)
            return ""
        self._serving.add(watched.meta.uid)
        if not watched.meta.deleting:
            diff_binding(self._draft, group, watched, arn, vpc=vpc, groups=self._groups)
            return ""
        return "" if self._terminating(watched) else self._remake(group, watched, name, arn)

    def delete_astray(self, known: Iterable[str], asked_by: str, after: Iterable[str]) -> None:
        """Steps that delete the bindings that serve no target group and name none of the `known` ARNs."""
        arns, steps = frozenset(known), tuple(after)
        for binding in self._bindings:
            astray = binding.target_group_arn not in arns and binding.meta.uid not in self._serving
            if astray and not binding.meta.deleting:
                delete_binding(self._draft, binding, asked_by, steps)

    def _watched(self, namespace: str, name: str, arn: str | Ref) -> TargetGroupBinding | None:
        """The binding of a target group: the one that names it, else the one that has its name and was turned away, or
        named a target group that is gone."""
        serving = self._by_arn.get(arn) if isinstance(arn, str) else None
        return serving or self._by_name.get((namespace, name))

    def _remake(self, group: DesiredTargetGroup, old: TargetGroupBinding, name: str, arn: str | Ref) -> str:
        """Deleted by someone else: let it go without touching targets, and make it anew once nobody else holds it."""
        released = (release_binding(self._draft, old, ()),) if FINALIZER in old.meta.finalizers else ()
        if any(f != FINALIZER for f in old.meta.finalizers):
            return f"the target group binding {old.meta.name} to go, which others' finalizers hold"
        vpc = self._inp.cluster.vpc_id
        create_binding(self._draft, group, name, arn, vpc=vpc, groups=self._groups, after=released)
        return ""

    def _terminating(self, binding: TargetGroupBinding) -> bool:
        namespace = self._inp.namespaces.get(binding.meta.namespace)
        return namespace is not None and namespace.meta.deleting
