"""One supposed world: view and inventory as they would be, changed by plans that are rehearsed. Used by `preview`."""

from collections.abc import Iterable
from dataclasses import replace

from services.planner.core.aws import Inventory, LoadBalancer
from services.planner.core.inputs import NetworkInput
from services.planner.core.keys import BindingKey, Key, StackKey
from services.planner.core.objects import Kind
from services.planner.core.outcomes import Lookup
from services.planner.core.plans import Plan
from services.planner.core.rehearsal import rehearse, with_finalizers
from services.planner.core.updates import Update, apply
from services.planner.inventory.store import Store, load_balancers_with
from services.planner.preview.stand_ins import Given, Guess, guessed
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed
from services.planner.work.core_port import Input
from services.planner.work.turn import Workshop

_OWNERS = {"ingresses": Kind.INGRESS, "services": Kind.SERVICE}


class SupposedStore:
    """The store, and what rehearsed calls would have changed in it since."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._updates: list[Update] = []

    def extend(self, updates: Iterable[Update]) -> None:
        """Something more would have changed."""
        self._updates.extend(updates)

    def whole(self) -> Inventory:
        """Everything that would be known."""
        return apply(self._store.whole(), self._updates)

    def view(self, key: Key) -> Inventory:
        """What the plan of a key might read."""
        return apply(self._store.view(key), self._updates)

    def load_balancers_of(self, key: StackKey) -> tuple[LoadBalancer, ...]:
        """The stack's load balancers that would stand: what stands in front of another one last."""
        return load_balancers_with(self._store.stack_tags(key), self.whole(), key)


class Supposition:
    """A world in which some objects were applied."""

    def __init__(self, workshop: Workshop, given: Iterable[Given], guess: Guess) -> None:
        self._guess = guess
        self._plans = 0
        self.view: ClusterView = workshop.view.copy()
        self.known = SupposedStore(workshop.store)
        self.network_asked = False
        needs = workshop.needs.supposing(self.view, self.known)
        self._gatherer = workshop.gatherer.supposing(self.view, self.known, needs)
        self.changed: list[Changed] = [self.view.suppose(guessed(g, n, guess)) for n, g in enumerate(given)]

    def input(self, key: Key) -> Input | None:
        """What the key would be planned from; None where it would stand for nothing."""
        inp = self._gatherer.gather(key)
        if isinstance(inp, NetworkInput) and self.network_asked:
            return replace(inp, shared_group_needed=True, shared_group_asked_for=True)
        return inp

    def is_guessed(self, lookup: Lookup) -> bool:
        """Whether the question is about something that is only supposed: nobody can answer it."""
        return any(self._guess in key for key in lookup.keys)

    def accept(self, plan: Plan) -> list[BindingKey]:
        """Goes on as if the plan had been executed. Answers the bindings that it would have made or changed."""
        self._plans += 1
        standing = {(b.meta.namespace, b.meta.name): b for b in self.view.bindings()}
        done = rehearse(plan, self.known.whole(), standing, stand_in=f"{self._guess}plan{self._plans}step")
        self.known.extend(done.updates)
        for binding in done.bindings:
            self.view.suppose(binding)
        for (resource, *name), finalizers in done.finalizers.items():
            self._set_finalizers(resource, (name[0], name[1]), finalizers)
        return [BindingKey(namespace=b.meta.namespace, name=b.meta.name) for b in done.bindings]

    def _set_finalizers(self, resource: str, name: tuple[str, str], finalizers: tuple[str, ...]) -> None:
        owner = self.view.ingress(name) if _OWNERS.get(resource) is Kind.INGRESS else self.view.service(name)
        if resource in _OWNERS and owner is not None:
            self.view.suppose(with_finalizers(owner, finalizers))
