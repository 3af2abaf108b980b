"""The webhooks that are configured, and which of them a write concerns (admissionregistration.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sandbox.kubernetes.apiserver.conversion import shown
from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Catalog, Resource
from sandbox.kubernetes.apiserver.reviews import Asked
from sandbox.kubernetes.apiserver.selectors import Operator, Requirement
from sandbox.kubernetes.apiserver.store import Store

GROUP = "admissionregistration.k8s.io"
_NAMESPACES = "namespaces"
_OPERATORS = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.ABSENT,
}


class Phase(StrEnum):
    """When a webhook is called."""

    MUTATING = "mutating"
    VALIDATING = "validating"


@dataclass(frozen=True, slots=True)
class Match:
    """A webhook that a write concerns; `asked` is the write in the version that its rules name."""

    webhook: JsonObject
    asked: Asked
    original: Asked


class Configurations:
    """Reads them from the store at every write: they hold from the moment they are written."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def matches(self, phase: Phase, asked: Asked) -> list[Match]:
        """The webhooks to call, by configuration's name, then in its order. Never for the configurations themselves:
        nobody could lock themselves out of them.
        """
        if asked.resource.group == GROUP:
            return []
        found = ((webhook, self._in_its_version(webhook, asked)) for webhook in self._webhooks(phase))
        return [
            Match(webhook, fitting, asked)
            for webhook, fitting in found
            if fitting is not None and self._selects(webhook, asked)
        ]

    def _webhooks(self, phase: Phase) -> Iterator[JsonObject]:
        shelf = self._store.shelf(f"{phase}webhookconfigurations.{GROUP}")
        for record in sorted(shelf.records(""), key=lambda record: record.key):
            yield from record.object.get("webhooks") or []

    def _in_its_version(self, webhook: JsonObject, asked: Asked) -> Asked | None:
        """The write as the rules name it; a rule for one version of a resource meets all, unless it wants exactly its
        own (matchPolicy).
        """
        rules = webhook.get("rules") or []
        if any(_applies(rule, asked, asked.resource) for rule in rules):
            return asked
        if webhook["matchPolicy"] == "Exact":
            return None
        for other in self._catalog:
            if other.storage == asked.resource.storage and any(_applies(rule, asked, other) for rule in rules):
                return _converted(asked, other)
        return None

    def _selects(self, webhook: JsonObject, asked: Asked) -> bool:
        labels = [_labels(obj) for obj in (asked.object, asked.old_object) if obj is not None]
        if not any(_selected(webhook["objectSelector"], each) for each in labels):
            return False
        return self._selects_namespace(webhook["namespaceSelector"], asked)

    def _selects_namespace(self, selector: JsonObject, asked: Asked) -> bool:
        if asked.resource.storage == _NAMESPACES:
            return _selected(selector, _labels(asked.object or asked.old_object or {}))
        if not asked.resource.namespaced:
            return True
        record = self._store.shelf(_NAMESPACES).get(("", asked.namespace))
        return record is not None and _selected(selector, _labels(record.object))


def _converted(asked: Asked, resource: Resource) -> Asked:
    def convert(obj: JsonObject | None) -> JsonObject | None:
        return None if obj is None else shown(resource, obj)

    return replace(asked, resource=resource, object=convert(asked.object), old_object=convert(asked.old_object))


def _applies(rule: JsonObject, asked: Asked, resource: Resource) -> bool:
    return (
        _includes(rule["operations"], asked.operation)
        and _includes(rule["apiGroups"], resource.group)
        and _includes(rule["apiVersions"], resource.version)
        and rule["scope"] in {"*", "Namespaced" if resource.namespaced else "Cluster"}
        and any(_names(each, resource.plural, asked.subresource) for each in rule["resources"])
    )


def _includes(names: list[str], name: str) -> bool:
    return "*" in names or name in names


def _names(text: str, plural: str, subresource: str) -> bool:
    """Whether `pods`, `pods/status`, `*/scale`, `*` or `*/*` means the resource, or its subresource."""
    of, _, sub = text.partition("/")
    return of in {"*", plural} and sub in {"*", subresource}


def _labels(obj: JsonObject) -> dict[str, str]:
    return (obj.get("metadata") or {}).get("labels") or {}


def _selected(selector: JsonObject, labels: dict[str, str]) -> bool:
    return all(requirement.matches(labels) for requirement in _requirements(selector))


def _requirements(selector: JsonObject) -> Iterator[Requirement]:
    for key, value in (selector.get("matchLabels") or {}).items():
        yield Requirement(key=key, operator=Operator.IN, values=frozenset({value}))
    terms: list[dict[str, Any]] = selector.get("matchExpressions") or []
    for term in terms:
        values = frozenset(term.get("values") or ())
        yield Requirement(key=term["key"], operator=_OPERATORS[term["operator"]], values=values)
