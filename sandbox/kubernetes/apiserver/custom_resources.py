"""The life of a CustomResourceDefinition: its resource appears when it is created and goes with it."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.kubernetes.apiserver.kinds.definitions import CLEANUP, custom_strategy
from sandbox.kubernetes.apiserver.kinds.registry import Kinds
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy
from sandbox.kubernetes.apiserver.operations import Operations
from sandbox.kubernetes.apiserver.requests import Target, WriteOptions
from sandbox.kubernetes.apiserver.resources import Catalog, Resource, ScalePaths
from sandbox.kubernetes.apiserver.schemas import custom_schema

_STORAGE = "customresourcedefinitions.apiextensions.k8s.io"
_OPTIONS = WriteOptions(field_manager="kube-apiserver")


class CustomResources:
    """Follows every write to a CRD, synchronously: a resource is served before its creation is answered."""

    def __init__(
        self, *, catalog: Catalog, kinds: Kinds, operations: Operations, on_removed: Callable[[str], None]
    ) -> None:
        self._catalog = catalog
        self._kinds = kinds
        self._operations = operations
        self._on_removed = on_removed
        self._served: dict[str, JsonObject] = {}
        self._definition = next(each for each in catalog if each.storage == _STORAGE)
        self._shelf = operations.store.shelf(_STORAGE)
        self._settling = False
        self._shelf.listen(self.settle)

    def settle(self) -> None:
        """Brings the catalog, the conditions and the deletions of all CRDs up to date."""
        if self._settling:
            return
        self._settling = True
        try:
            crds = [record.object for record in self._shelf.records("")]
            for crd in crds:
                self._settle_one(crd)
            for name in self._served.keys() - {record.key[1] for record in self._shelf.records("")}:
                del self._served[name]
                self._catalog.drop_custom(name)
                self._on_removed(name)
        finally:
            self._settling = False

    def _settle_one(self, crd: JsonObject) -> None:
        name = crd["metadata"]["name"]
        if self._served.get(name) != crd["spec"]:
            self._serve(crd)
        if crd["metadata"].get("deletionTimestamp"):
            self._clean_up(name)
        elif not _is_established(crd):
            self._write_status(name, crd)

    def _serve(self, crd: JsonObject) -> None:
        name, spec = crd["metadata"]["name"], crd["spec"]
        resources = [_resource(name, spec, version) for version in spec["versions"] if version.get("served")]
        for resource, version in zip(resources, [each for each in spec["versions"] if each.get("served")], strict=True):
            schema = custom_schema(version["schema"]["openAPIV3Schema"])
            self._kinds.put_custom(resource, schema, custom_strategy(schema))
        self._catalog.put_custom(name, resources)
        self._served[name] = spec

    def _write_status(self, name: str, crd: JsonObject) -> None:
        now = self._operations.now()
        accepted = {
            "conditions": [
                _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
                _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
            ],
            "acceptedNames": crd["spec"]["names"],
            "storedVersions": [each["name"] for each in crd["spec"]["versions"] if each.get("storage")],
        }

        def established(current: JsonObject) -> JsonObject:
            copied: JsonObject = deep_copy(current)
            copied["status"] = accepted
            return copied

        self._operations.change(
            Target(resource=self._definition, name=name, subresource="status"), established, _OPTIONS
        )

    def _clean_up(self, name: str) -> None:
        """Deletes what is left of the custom resource; the CRD goes when nothing is."""
        resource = next((each for each in self._catalog if each.custom and each.storage == name), None)
        shelf = self._operations.store.shelf(name)
        for record in list(shelf.records("")) if resource else []:
            if not record.object["metadata"].get("finalizers"):
                self._operations.store.delete(name, record.key)
            elif not record.object["metadata"].get("deletionTimestamp"):
                marked: JsonObject = deep_copy(record.object)
                marked["metadata"].update(deletionTimestamp=self._operations.now(), deletionGracePeriodSeconds=0)
                self._operations.store.put(name, record.key, marked)
        if len(shelf):
            shelf.listen(self.settle)
            return

        def released(current: JsonObject) -> JsonObject:
            copied: JsonObject = deep_copy(current)
            finalizers = [each for each in copied["metadata"].get("finalizers") or [] if each != CLEANUP]
            copied["metadata"]["finalizers"] = finalizers
            return copied

        self._operations.change(Target(resource=self._definition, name=name), released, _OPTIONS)


def _condition(kind: str, reason: str, message: str, now: str) -> JsonObject:
    return {"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}


def _is_established(crd: JsonObject) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _resource(name: str, spec: JsonObject, version: JsonObject) -> Resource:
    names, subresources = spec["names"], version.get("subresources") or {}
    scale = subresources.get("scale")
    return Resource(
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        singular=names.get("singular", ""),
        kind=names["kind"],
        namespaced=spec["scope"] == "Namespaced",
        definition=f"{spec['group']}.{version['name']}.{names['kind']}",
        storage=name,
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(each for each in ("status", "scale") if subresources.get(each) is not None),
        scale=ScalePaths(
            spec=scale["specReplicasPath"],
            status=scale["statusReplicasPath"],
            selector=scale.get("labelSelectorPath", ""),
        )
        if scale
        else None,
        custom=True,
        unconditional_update=False,
        selectable=tuple(each["jsonPath"].lstrip(".") for each in version.get("selectableFields") or ()),
        columns=tuple(version.get("additionalPrinterColumns") or ()),
    )
