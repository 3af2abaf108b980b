"""DELETE: at once, after a grace period, or when the last finalizer is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.kubernetes.apiserver.admission import Admission
from sandbox.kubernetes.apiserver.conversion import shown
from sandbox.kubernetes.apiserver.errors import ApiError, Fault, FieldError, conflict, success
from sandbox.kubernetes.apiserver.objects import Clock, JsonObject, deep_copy, timestamp
from sandbox.kubernetes.apiserver.operations import Operations
from sandbox.kubernetes.apiserver.requests import Target, bad_options, is_true, read_dry_run
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.reviews import NO_REVIEW, Asked, Operation, Review
from sandbox.kubernetes.apiserver.selectors import Selection

_POLICIES = {"", "Orphan", "Background", "Foreground"}
_WITHOUT_GRACE = {"namespaces", "customresourcedefinitions.apiextensions.k8s.io"}
"""Storages with a deletion of their own: neither generation nor grace period are noted."""
_COLLECTOR_FINALIZERS = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOptions:
    """How to delete (meta/v1 DeleteOptions)."""

    propagation_policy: str = ""
    grace_period_seconds: int | None = None
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False
    review: Review = NO_REVIEW


def read_options(body: JsonObject, query: dict[str, str], review: Review = NO_REVIEW) -> DeleteOptions:
    """Delete options from the body, or from the query where the body has none; 400 for an unknown policy."""
    preconditions = body.get("preconditions") or {}
    policy = body.get("propagationPolicy") or query.get("propagationPolicy") or ""
    orphan = body.get("orphanDependents")
    if orphan is None and "orphanDependents" in query:
        orphan = is_true(query["orphanDependents"])
    if orphan is not None and not policy:
        policy = "Orphan" if orphan else "Background"
    if policy not in _POLICIES:
        listed = 'supported values: "Foreground", "Background", "Orphan", "nil"'
        error = FieldError(fault=Fault.UNSUPPORTED, field="propagationPolicy", value=policy, detail=listed)
        raise bad_options("DeleteOptions", error)
    grace = body.get("gracePeriodSeconds")
    if grace is None and query.get("gracePeriodSeconds"):
        grace = int(query["gracePeriodSeconds"]) if query["gracePeriodSeconds"].isdigit() else None
    return DeleteOptions(
        propagation_policy=policy,
        grace_period_seconds=grace,
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        dry_run=read_dry_run(next(iter(body.get("dryRun") or []), query.get("dryRun", "")), "DeleteOptions"),
        review=review,
    )


class Deletion:
    """Deletes single objects and collections."""

    def __init__(
        self,
        *,
        operations: Operations,
        admission: Admission,
        clock: Clock,
    ) -> None:
        self._operations = operations
        self._admission = admission
        self._clock = clock

    def delete(self, target: Target, options: DeleteOptions) -> JsonObject:
        """Deletes, or marks as being deleted; the answer is the object or a Status."""
        resource = target.resource
        self._admission.admit_delete(resource, target.name)
        old = self._operations.record(target).object
        self._check_preconditions(target, old, options)
        _review(target, shown(resource, old), options)
        new: JsonObject = deep_copy(old)
        meta = new["metadata"]
        _set_collector_finalizers(meta, options.propagation_policy)
        grace = _grace_period(resource, old, options)
        strategy = self._operations.kinds.strategy(resource)
        if not meta.get("deletionTimestamp"):
            strategy.prepare_delete(new, self._operations.now())
        if not grace and not meta.get("finalizers") and not strategy.waits(new):
            last = new
            if not options.dry_run:
                last = deep_copy(self._operations.store.delete(resource.storage, target.key).object)
            if resource.storage == "pods":
                self._mark(resource, last, old, 0)
            return self._gone(resource, shown(resource, last))
        self._mark(resource, new, old, grace)
        if new == old or options.dry_run:
            return shown(resource, new)
        return shown(resource, self._operations.store.put(resource.storage, target.key, new).object)

    def delete_collection(
        self, resource: Resource, namespace: str, selection: Selection, options: DeleteOptions
    ) -> list[JsonObject]:
        """Deletes every object that is selected; the result is what they were."""
        shelf = self._operations.store.shelf(resource.storage)
        chosen = [record for record in shelf.records(namespace) if selection.matches(shown(resource, record.object))]
        targets = [Target(resource=resource, namespace=record.key[0], name=record.key[1]) for record in chosen]
        # All are reviewed before the first one goes, so that what waits for a webhook finds every object still there.
        for target, record in zip(targets, chosen, strict=True):
            _review(target, shown(resource, record.object), options)
        for target in targets:
            self.delete(target, options)
        return [shown(resource, record.object) for record in chosen]

    @staticmethod
    def _gone(resource: Resource, obj: JsonObject) -> JsonObject:
        if resource.returns_deleted:
            return obj
        meta = obj["metadata"]
        return success(name=meta["name"], group=resource.group, plural=resource.plural, uid=meta["uid"])

    @staticmethod
    def _check_preconditions(target: Target, obj: JsonObject, options: DeleteOptions) -> None:
        meta = obj["metadata"]
        if options.uid and options.uid != meta["uid"]:
            raise _precondition(
                target,
                f"the UID in the precondition ({options.uid}) does not match the UID in record ({meta['uid']}). "
                "The object might have been deleted and then recreated",
            )
        if options.resource_version and options.resource_version != meta["resourceVersion"]:
            raise _precondition(
                target,
                f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
                f"ResourceVersion in record ({meta['resourceVersion']}). The object might have been modified",
            )

    def _mark(self, resource: Resource, new: JsonObject, old: JsonObject, grace: int) -> None:
        meta = new["metadata"]
        previous = old["metadata"].get("deletionGracePeriodSeconds")
        if old["metadata"].get("deletionTimestamp"):
            if previous is None or grace >= previous:
                return
            grace_left = grace
        else:
            grace_left = grace
            if meta.get("generation") and resource.storage not in _WITHOUT_GRACE:
                meta["generation"] += 1
        meta["deletionTimestamp"] = timestamp(self._clock() + timedelta(seconds=grace_left))
        if resource.storage not in _WITHOUT_GRACE:
            meta["deletionGracePeriodSeconds"] = grace_left


def _review(target: Target, old: JsonObject, options: DeleteOptions) -> None:
    asked = Asked(
        operation=Operation.DELETE,
        resource=target.resource,
        namespace=target.namespace,
        name=target.name,
        old_object=old,
        dry_run=options.dry_run,
        options={"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"},
    )
    options.review.mutate(asked, lambda: None)
    options.review.validate(asked)


def _precondition(target: Target, why: str) -> ApiError:
    return conflict(plural=target.resource.kind, group=target.resource.group, name=target.name, why=why)


def _set_collector_finalizers(meta: JsonObject, policy: str) -> None:
    """The policy as finalizers, which the garbage collector takes off when the dependents are dealt with."""
    if not policy:
        return
    wanted = _COLLECTOR_FINALIZERS.get(policy)
    kept = [each for each in meta.get("finalizers") or [] if each not in _COLLECTOR_FINALIZERS.values()]
    finalizers = [*kept, wanted] if wanted else kept
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)


def _grace_period(resource: Resource, obj: JsonObject, options: DeleteOptions) -> int:
    """Seconds that the object still has. Only pods that run on a node have any."""
    if resource.storage != "pods":
        return 0
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in {"Succeeded", "Failed"}:
        return 0
    if options.grace_period_seconds is not None:
        return max(options.grace_period_seconds, 0) if options.grace_period_seconds >= 0 else 1
    period: int = spec.get("terminationGracePeriodSeconds", 30)
    return period
