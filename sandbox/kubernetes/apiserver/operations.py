"""Create, read, update and patch of any resource: the order of steps of a real API server, without HTTP.

decode -> admission -> mutating webhooks -> system fields -> defaults -> validation -> managed fields -> validating
webhooks -> store.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.kubernetes.apiserver import managed_fields, metadata
from sandbox.kubernetes.apiserver.admission import Admission
from sandbox.kubernetes.apiserver.conversion import shown, to_storage
from sandbox.kubernetes.apiserver.decoding import Mismatch, cannot_handle, decode
from sandbox.kubernetes.apiserver.errors import (
    FieldError,
    already_exists,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    not_found,
)
from sandbox.kubernetes.apiserver.kinds.registry import Kinds
from sandbox.kubernetes.apiserver.objects import Clock, JsonObject, deep_copy, metadata_of, timestamp, without
from sandbox.kubernetes.apiserver.requests import FieldValidation, Target, Warnings, WriteOptions
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.reviews import Asked, Operation
from sandbox.kubernetes.apiserver.store import Record, Store, encode

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
Transform = Callable[[JsonObject], JsonObject]


class Operations:
    """Reads and writes of single objects. Every write is whole before the next one begins."""

    def __init__(self, *, store: Store, kinds: Kinds, admission: Admission, clock: Clock) -> None:
        self.store = store
        self.kinds = kinds
        self._admission = admission
        self._clock = clock

    def now(self) -> str:
        return timestamp(self._clock())

    def record(self, target: Target) -> Record:
        """The stored object; 404 when there is none."""
        record = self.store.shelf(target.resource.storage).get(target.key)
        if record is None:
            raise not_found(plural=target.resource.plural, group=target.resource.group, name=target.name)
        return record

    def get(self, target: Target) -> JsonObject:
        return shown(target.resource, self.record(target).object)

    def read(self, resource: Resource, body: JsonObject, options: WriteOptions, warnings: Warnings) -> JsonObject:
        """A body as a typed object of the resource; 400 for what cannot be one."""
        if resource.custom and not (body.get("kind") and body.get("apiVersion")):
            missing = "apiVersion" if body.get("kind") else "Kind"
            raise bad_request(
                f"the object provided is unrecognized (must be of type {resource.kind}): "
                f"Object '{missing}' is missing in '{encode(body).decode()[:256]}'"
            )
        kind, api_version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.group_version
        if (kind, api_version) != (resource.kind, resource.group_version):
            raise self._wrong_kind(resource, kind, api_version)
        try:
            decoded = decode(self.kinds.schema(resource), body, typed=not resource.custom)
        except Mismatch as error:
            raise cannot_handle(kind=kind, api_version=api_version, expected=resource.kind, why=str(error)) from error
        texts = [f'unknown field "{path}"' for path in decoded.unknown]
        if texts and options.field_validation is FieldValidation.STRICT:
            why = f"strict decoding error: {', '.join(texts)}"
            raise cannot_handle(kind=kind, api_version=api_version, expected=resource.kind, why=why)
        if options.field_validation is FieldValidation.WARN:
            warnings.texts.extend(texts)
        obj = {
            "kind": resource.kind,
            "apiVersion": resource.group_version,
            **without(decoded.object, "kind", "apiVersion"),
        }
        metadata_of(obj)
        return obj

    @staticmethod
    def _wrong_kind(resource: Resource, kind: str, api_version: str) -> Exception:
        if api_version != resource.group_version:
            return bad_request(
                f"the API version in the data ({api_version}) does not match the expected API version "
                f"({resource.group_version})"
            )
        package = resource.group.partition(".")[0] or "core"
        why = f"converting (v1.{kind}) to ({package}.{resource.kind}): unknown conversion"
        return cannot_handle(kind=kind, api_version=api_version, expected=resource.kind, why=why)

    def create(self, target: Target, body: JsonObject, options: WriteOptions, warnings: Warnings) -> JsonObject:
        """Makes a new object: 409 when the name is taken, 422 when it is invalid, 404 without its namespace."""
        resource = target.resource
        obj = self.read(resource, body, options, warnings)
        return self.create_read(target, obj, options)

    def create_applied(self, target: Target, obj: JsonObject, options: WriteOptions) -> JsonObject:
        """Makes a new object by server-side apply: its fields are owned as applied."""
        return self.create_read(target, obj, options, "Apply")

    def create_read(
        self, target: Target, obj: JsonObject, options: WriteOptions, operation: str = "Update"
    ) -> JsonObject:
        """Makes a new object of one that has been decoded already."""
        owned = deep_copy(obj) if operation == "Apply" else obj
        resource = target.resource
        meta = obj["metadata"]
        self._match_namespace(target, meta)
        metadata.wipe(meta)
        self._admission.admit_create(resource, target.namespace, obj)
        strategy = self.kinds.strategy(resource)
        obj = self._mutated(target, obj, None, options)
        meta = obj["metadata"]
        metadata.begin(resource, meta, self.now(), options.birth)
        stored = to_storage(resource, obj)
        if resource.has_status and not strategy.keeps_status:
            _reset_status(stored, strategy.initial_status)
        strategy.prepare(stored)
        strategy.default(stored)
        self._admission.allocate(resource, stored, None)
        errors = metadata.errors_of(resource, strategy, meta) + strategy.validate(stored)
        errors += strategy.validate_new(stored)
        self._refuse(resource, meta.get("name", ""), errors)
        options.review.validate(_asked(target, shown(resource, stored), None, options))
        key = (target.namespace, meta["name"])
        if self.store.shelf(resource.storage).get(key) is not None:
            raise already_exists(plural=resource.plural, group=resource.group, name=meta["name"])
        writer = self.writer(resource, options, operation, "")
        managed_fields.track_update(
            self.kinds.schema(resource), None, owned if operation == "Apply" else stored, writer
        )
        if owned["metadata"].get("managedFields"):
            stored["metadata"]["managedFields"] = owned["metadata"]["managedFields"]
        return self._keep(resource, key, stored, options)

    @staticmethod
    def _match_namespace(target: Target, meta: JsonObject) -> None:
        if not target.resource.namespaced:
            meta.pop("namespace", None)
            return
        if meta.setdefault("namespace", target.namespace) != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")

    def update(self, target: Target, body: JsonObject, options: WriteOptions, warnings: Warnings) -> JsonObject:
        """Replaces an object (PUT)."""
        resource = target.resource
        new = self.read(resource, body, options, warnings)
        new["metadata"].setdefault("name", target.name)
        _match_url(target, new["metadata"])
        self._match_namespace(target, new["metadata"])
        if resource.create_on_update and self.store.shelf(resource.storage).get(target.key) is None:
            return self.create_read(target, new, options)
        self._require_version(resource, new)
        self._match_uid(target, new)
        return self.change(target, lambda _current: new, options)

    def _require_version(self, resource: Resource, new: JsonObject) -> None:
        if resource.unconditional_update or new["metadata"].get("resourceVersion"):
            return
        error = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
        raise invalid(kind=resource.plural, group=resource.group, name=new["metadata"]["name"], errors=[error])

    def _match_uid(self, target: Target, new: JsonObject) -> None:
        asked = new["metadata"].get("uid")
        uid = self.record(target).object["metadata"]["uid"]
        if asked and asked != uid:
            resource = target.resource
            raise conflict(
                plural=resource.plural,
                group=resource.group,
                name=target.name,
                why=(
                    "StorageError: invalid object, Code: 4, "
                    f"Key: /registry/{resource.plural}/{'/'.join(filter(None, target.key))}, ResourceVersion: 0, "
                    "AdditionalErrorMsg: Precondition failed: "
                    f"UID in precondition: {asked}, UID in object meta: {uid}"
                ),
            )

    def change(
        self, target: Target, transform: Transform, options: WriteOptions, *, tracked: bool = True
    ) -> JsonObject:
        """Replaces the object by what the transform makes of it, if that is allowed.

        409 when the result names another resourceVersion than the stored one. With `tracked` off the transform has
        settled the managed fields itself. A result without a difference is no write and keeps the resourceVersion.
        """
        resource = target.resource
        record = self.record(target)
        old = record.object
        new = to_storage(resource, self._mutated(target, transform(shown(resource, old)), old, options))
        meta = metadata_of(new)
        if meta.get("resourceVersion") not in {None, "", "0", str(record.revision)}:
            raise conflict(plural=resource.plural, group=resource.group, name=target.name, why=MODIFIED)
        _match_url(target, meta)
        self._settle(target, new, old)
        if tracked:
            self._track(resource, old, new, options, target.subresource)
        meta["resourceVersion"] = str(record.revision)
        options.review.validate(_asked(target, shown(resource, new), shown(resource, old), options))
        if _same(new, old) if tracked else new == old:
            return shown(resource, old)
        if old["metadata"].get("deletionTimestamp") and not meta.get("finalizers") and self._is_done(resource, new):
            return self._remove(target, new, options)
        return self._keep(resource, target.key, new, options)

    def _mutated(self, target: Target, obj: JsonObject, old: JsonObject | None, options: WriteOptions) -> JsonObject:
        """The object as the mutating webhooks want it; they are shown it with its defaults."""
        resource = target.resource
        before = shown(resource, old) if old is not None else None

        def with_defaults() -> JsonObject:
            made = to_storage(resource, deep_copy(obj))
            self.kinds.strategy(resource).default(made)
            return shown(resource, made)

        changed = options.review.mutate(_asked(target, obj, before, options), with_defaults)
        return obj if changed is None else changed

    def bind_pod(self, target: Target, node: str, options: WriteOptions) -> JsonObject:
        """Sets a pod's node and its PodScheduled condition: the one write that touches both spec and status."""

        def bound(pod: JsonObject) -> JsonObject:
            copied: JsonObject = deep_copy(pod)
            copied["spec"]["nodeName"] = node
            status = copied.setdefault("status", {})
            others = [each for each in status.get("conditions") or [] if each.get("type") != "PodScheduled"]
            scheduled = {
                "type": "PodScheduled",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": self.now(),
            }
            status["conditions"] = [*others, scheduled]
            return copied

        old = self.record(target).object
        new = bound(old)
        self._track(target.resource, old, new, options, "binding")
        return self._keep(target.resource, target.key, new, options)

    def _settle(self, target: Target, new: JsonObject, old: JsonObject) -> None:
        """Restores what this write may not touch, defaults, validates and counts the generation."""
        resource = target.resource
        strategy = self.kinds.strategy(resource)
        meta, old_meta = new["metadata"], old["metadata"]
        metadata.carry_over(meta, old_meta)
        if target.subresource == "status":
            _only_status(resource, new, old)
        elif resource.has_status:
            _keep_status(new, old)
        if target.subresource != "status":
            strategy.prepare_update(new, old)
        strategy.default(new)
        if target.subresource != "status":
            self._admission.allocate(resource, new, old)
        errors = metadata.errors_of(resource, strategy, meta) + metadata.update_errors(meta, old_meta)
        if target.subresource == "status":
            errors += strategy.validate_status(new, old)
        else:
            errors += strategy.validate(new) + strategy.validate_update(new, old)
        self._refuse(resource, target.name, errors)
        if resource.generation and self._bumps(target, new, old, metadata_keys=strategy.generation_metadata):
            meta["generation"] = old_meta.get("generation", 0) + 1

    @staticmethod
    def _bumps(target: Target, new: JsonObject, old: JsonObject, *, metadata_keys: tuple[str, ...]) -> bool:
        if target.subresource == "status":
            return False
        outside = ("metadata", "status") if target.resource.has_status else ("metadata",)
        if without(new, *outside) != without(old, *outside):
            return True
        return any((new["metadata"].get(key) or {}) != (old["metadata"].get(key) or {}) for key in metadata_keys)

    @staticmethod
    def _refuse(resource: Resource, name: str, errors: list[FieldError]) -> None:
        if errors:
            raise invalid(kind=resource.kind, group=resource.group, name=name, errors=errors)

    def writer(
        self, resource: Resource, options: WriteOptions, operation: str, subresource: str
    ) -> managed_fields.Writer:
        return managed_fields.Writer(
            manager=options.field_manager,
            operation=operation,
            api_version=resource.group_version,
            subresource=subresource,
            time=self.now(),
            force=options.force,
        )

    def _track(
        self, resource: Resource, old: JsonObject | None, new: JsonObject, options: WriteOptions, subresource: str
    ) -> None:
        schema = self.kinds.schema(resource)
        writer = self.writer(resource, options, "Update", subresource)
        managed_fields.track_update(schema, old, new, writer)

    def _keep(self, resource: Resource, key: tuple[str, str], obj: JsonObject, options: WriteOptions) -> JsonObject:
        if options.dry_run:
            return shown(resource, obj)
        ordered = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], **deep_copy(obj)}
        return shown(resource, self.store.put(resource.storage, key, ordered).object)

    def _is_done(self, resource: Resource, obj: JsonObject) -> bool:
        """Whether nothing but finalizers kept a deleted object; a pod's grace period has to be cut short first."""
        return not self.kinds.strategy(resource).waits(obj) and not obj["metadata"].get("deletionGracePeriodSeconds")

    def _remove(self, target: Target, last: JsonObject, options: WriteOptions) -> JsonObject:
        """The last finalizer is off an object that is being deleted: it goes."""
        if options.dry_run:
            return shown(target.resource, last)
        self.store.delete(target.resource.storage, target.key)
        return shown(target.resource, last)


def _asked(target: Target, obj: JsonObject, old: JsonObject | None, options: WriteOptions) -> Asked:
    """What webhooks are asked about this write."""
    create = old is None
    said: JsonObject = {
        "kind": "CreateOptions" if create else "UpdateOptions",
        "apiVersion": "meta.k8s.io/v1",
        **({"dryRun": ["All"]} if options.dry_run else {}),
        "fieldManager": options.field_manager,
    }
    return Asked(
        operation=Operation.CREATE if create else Operation.UPDATE,
        resource=target.resource,
        subresource=target.subresource,
        namespace=target.namespace,
        name=obj["metadata"].get("name", "") if create else target.name,
        object=obj,
        old_object=old,
        dry_run=options.dry_run,
        options=said,
    )


def _match_url(target: Target, meta: JsonObject) -> None:
    name = meta.get("name", "")
    if name != target.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({target.name})")


def _same(new: JsonObject, old: JsonObject) -> bool:
    if without(new, "metadata") != without(old, "metadata"):
        return False
    return without(new["metadata"], "managedFields") == without(old["metadata"], "managedFields")


def _reset_status(obj: JsonObject, initial: JsonObject | None) -> None:
    obj.pop("status", None)
    if initial is not None:
        obj["status"] = deep_copy(initial)


def _keep_status(new: JsonObject, old: JsonObject) -> None:
    if "status" in old:
        new["status"] = old["status"]
    else:
        new.pop("status", None)


def _only_status(resource: Resource, new: JsonObject, old: JsonObject) -> None:
    status = new.get("status")
    for key in [key for key in new if key not in {"metadata", "status"}]:
        del new[key]
    new.update({key: value for key, value in old.items() if key not in {"metadata", "status"}})
    if status is None and not resource.custom:
        new["status"] = {}
    if resource.custom:
        meta = new["metadata"]
        said = {key: meta[key] for key in ("managedFields", "resourceVersion") if key in meta}
        meta.clear()
        meta.update(old["metadata"] | said)
    elif resource.group == "apps":
        new["metadata"]["labels"] = old["metadata"].get("labels") or {}
        if not new["metadata"]["labels"]:
            del new["metadata"]["labels"]
