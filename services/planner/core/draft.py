"""A plan in the making: the one mutable thing of the core, never seen outside the function that fills it.

Steps are added in an order that respects their dependencies; a reference to an earlier step's answer is a dependency by
itself, so callers name only the edges that no value carries.
"""

from collections.abc import Iterable, Mapping

from services.planner.core.categories import cost
from services.planner.core.keys import Key
from services.planner.core.plans import (
    OWN_ROLE,
    AssumedRole,
    AwsCall,
    Change,
    ChangeAction,
    FieldChange,
    Json,
    KubernetesWrite,
    Plan,
    Ref,
    Step,
)
from services.planner.core.problems import Reason

_SCALARS = frozenset((str, int, float, bool, type(None)))


class Draft:
    """Collects steps and changes for one plan."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._changes: list[Change] = []
        self._first: tuple[str, ...] = ()
        self._name = ""
        self._tidying: Draft | None = None

    @property
    def tidying(self) -> "Draft":
        """The draft of what nobody waits for: a plan of its own, once this one has nothing to do."""
        if self._tidying is None:
            self._tidying = Draft()
        return self._tidying

    @property
    def step_ids(self) -> tuple[str, ...]:
        """Ids of the steps so far."""
        return tuple(s.id for s in self._steps)

    def hold_back(self, until: Iterable[str]) -> None:
        """Every step added from now on waits for these, too."""
        self._first = tuple(until)

    def part(self, name: str, after: Iterable[str] = ()) -> "Draft":
        """This draft for a part of the plan: the steps added there bear its name and wait for these, too."""
        made = Draft()
        made._steps, made._changes = self._steps, self._changes
        made._first = (*self._first, *after)
        made._name = f"{self._name}{name}-"
        made._tidying = self.tidying
        return made

    def call(
        self,
        step_id: str,
        service: str,
        operation: str,
        parameters: Mapping[str, Json],
        after: Iterable[str] = (),
        *,
        role: AssumedRole = OWN_ROLE,
    ) -> str:
        """Adds a call to AWS and answers its step id."""
        work = AwsCall(service=service, operation=operation, parameters=dict(parameters), role=role)
        return self._add(step_id, work, references(work.parameters), after)

    def write(self, step_id: str, work: KubernetesWrite, after: Iterable[str] = ()) -> str:
        """Adds a write to Kubernetes and answers its step id."""
        return self._add(step_id, work, references(work.body or {}), after)

    def write_last(self, writes: Mapping[str, KubernetesWrite]) -> None:
        """Adds writes by step id that wait for everything there is so far, and none for another."""
        before = tuple(sorted(self.step_ids))
        self._steps += [Step(id=f"{self._name}{i}", work=work, depends_on=before) for i, work in writes.items()]

    def change(
        self,
        kind: str,
        name: str,
        action: ChangeAction,
        reason: Reason,
        asked_by: str,
        *,
        fields: Iterable[FieldChange] = (),
        disruptive: bool = False,
    ) -> None:
        """Says to people what happens to one resource."""
        self._changes.append(
            Change(
                kind=kind,
                name=name,
                action=action,
                reason=reason,
                asked_by=asked_by,
                fields=tuple(fields),
                disruptive=disruptive,
            )
        )

    def plan(self, key: Key) -> Plan:
        """The finished plan."""
        changes = sorted(self._changes, key=lambda c: (c.kind, c.name, c.action))
        return Plan(key=key, changes=tuple(changes), steps=tuple(self._steps), cost=cost(self._steps))

    def _add(
        self, step_id: str, work: AwsCall | KubernetesWrite, referenced: Iterable[str], after: Iterable[str]
    ) -> str:
        depends_on = tuple(sorted({*referenced, *after, *self._first}))
        own = f"{self._name}{step_id}"
        self._steps.append(Step(id=own, work=work, depends_on=depends_on))
        return own


def references(value: Json) -> set[str]:
    """Ids of the steps whose answers the value needs."""
    found, left = set[str](), [value]
    while left:
        part = left.pop()
        if isinstance(part, Ref):
            found.add(part.step)
        elif isinstance(part, dict | list | tuple):
            left += [v for v in (part.values() if isinstance(part, dict) else part) if type(v) not in _SCALARS]
    return found
