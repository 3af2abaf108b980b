"""The faults of this API server: frozen and broken watches, history that is gone, rights that are taken, an outage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from sandbox.faults import Outage, Refused
from sandbox.kubernetes.apiserver.refusals import Refusal, Refusals
from sandbox.kubernetes.apiserver.resources import Catalog, Resource
from sandbox.kubernetes.apiserver.store import Store
from sandbox.kubernetes.apiserver.watching import WatchGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Watches tell nothing."""

    kind: ClassVar[str] = "freeze"

    gate: WatchGate
    resource: Resource | None

    def end(self) -> None:
        self.gate.thaw(self.resource.storage if self.resource else None)

    def shown(self) -> Mapping[str, Any]:
        return {"resource": self.resource.qualified if self.resource else None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Rights are taken away."""

    kind: ClassVar[str] = "refuse"

    refusals: Refusals
    refusal: Refusal

    def end(self) -> None:
        self.refusals.allow(self.refusal)

    def shown(self) -> Mapping[str, Any]:
        return {"resource": self.refusal.resource, "verbs": sorted(self.refusal.verbs)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Makes the faults of one server (`sandbox.faults.cluster_api`)."""

    store: Store
    catalog: Catalog
    gate: WatchGate
    refusals: Refusals

    def freeze(self, resource: str | None) -> Freeze:
        found = self._found(resource) if resource else None
        self.gate.freeze(found.storage if found else None)
        return Freeze(gate=self.gate, resource=found)

    def drop(self, resource: str | None) -> None:
        self.gate.cut(self._found(resource).storage if resource else None)

    def forget(self) -> None:
        self.store.forget_history()

    def refuse(self, resource: str, verbs: frozenset[str]) -> Refuse:
        found = self._found(resource)
        refusal = Refusal(resource=found.qualified, verbs=verbs)
        self.refusals.refuse(refusal)
        if "watch" in verbs:
            self.gate.end(found.storage)
        return Refuse(refusals=self.refusals, refusal=refusal)

    def outage(self) -> Outage:
        self.gate.close()
        return Outage()

    def _found(self, resource: str) -> Resource:
        """The resource by `ingresses.networking.k8s.io`, or by any name that kubectl takes where one has it."""
        exact = [each for each in self.catalog if each.qualified == resource]
        named = exact or [each for each in self.catalog if _is_called(each, resource.lower())]
        storages = sorted({each.storage for each in named})
        if not storages:
            raise Refused(HTTPStatus.NOT_FOUND, f"the API has no resource {resource}")
        if len(storages) > 1:
            raise Refused(HTTPStatus.BAD_REQUEST, f"{resource} is one of {', '.join(storages)}")
        return named[0]


def _is_called(resource: Resource, name: str) -> bool:
    return name in {resource.plural, resource.singular, resource.kind.lower(), *resource.short_names}
