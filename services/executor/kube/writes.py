"""Kubernetes writes of a plan: create, merge patch, delete, event, one condition. Called by the runner with
references resolved.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from services.executor.core.conditions import Condition, status_patch
from services.executor.core.labels import kind_of_resource
from services.executor.core.steps import CallResult, ErrorClass, Json, KubernetesWrite, Outcome, Verb, refused
from services.executor.kube.client import (
    MERGE_PATCH,
    STRATEGIC_MERGE_PATCH,
    KubeClient,
    Request,
    metadata_of,
    object_path,
)
from services.executor.kube.events import as_event
from services.executor.stopping import StopSignal
from services.runtime import telemetry

_CORE = "v1"
_NOT_COMPARED = frozenset({"apiVersion", "kind", "metadata", "status"})


class KubeWriter:
    """Makes one write; a conflict is a result, never a retry: the planner plans again when its view has passed it."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def write(self, work: KubernetesWrite, body: Json, stop: StopSignal) -> CallResult:
        """Writes `body` (resolved) as `work` says. The answer is the object as Kubernetes answered it."""
        if work.verb is not Verb.DELETE and not isinstance(body, dict):
            return refused(ErrorClass.PERMANENT, "InvalidBody", f"{work.verb.value} needs an object as its body")
        match work.verb:
            case Verb.CREATE:
                return await self._create(work, body, stop)
            case Verb.MERGE_PATCH:
                return await self._merge_patch(work, body, stop)
            case Verb.DELETE:
                return await self._delete(work, stop)
            case Verb.EVENT:
                return await self._event(work, body, stop)
            case Verb.CONDITION:
                return await self._condition(work, body, stop)

    async def _create(self, work: KubernetesWrite, body: Mapping[str, Json], stop: StopSignal) -> CallResult:
        result = await self._client.call(_post(work, body), stop)
        if result.error is None or result.error.code != "AlreadyExists":
            return result
        standing = await self._client.get(_path(work), kind_of_resource(work.resource))
        if standing.answer is not None and _same(body, standing.answer):
            return replace(result, outcome=Outcome.ACCEPTED, answer=standing.answer, error=None)
        return result

    async def _merge_patch(self, work: KubernetesWrite, body: Mapping[str, Json], stop: StopSignal) -> CallResult:
        preconditions = {"uid": work.uid, "resourceVersion": work.resource_version}
        metadata = dict(metadata_of(body)) | {key: value for key, value in preconditions.items() if value}
        request = Request(
            method="PATCH",
            path=_path(work),
            verb="patch",
            kind=kind_of_resource(work.resource),
            body=dict(body) | ({"metadata": metadata} if metadata else {}),
            content_type=MERGE_PATCH,
            # With a resource version the second sending meets what the first one may have made.
            repeatable=not work.resource_version,
        )
        return await self._client.call(request, stop)

    async def _delete(self, work: KubernetesWrite, stop: StopSignal) -> CallResult:
        preconditions = {"uid": work.uid, "resourceVersion": work.resource_version}
        options: dict[str, Json] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if any(preconditions.values()):
            options["preconditions"] = {key: value for key, value in preconditions.items() if value}
        request = Request(
            method="DELETE", path=_path(work), verb="delete", kind=kind_of_resource(work.resource), body=options
        )
        result = await self._client.call(request, stop)
        if result.error is not None and result.error.error_class is ErrorClass.NOT_FOUND:
            return replace(result, outcome=Outcome.ACCEPTED, answer={}, error=None)
        return result

    async def _event(self, work: KubernetesWrite, body: Mapping[str, Json], stop: StopSignal) -> CallResult:
        trace_id, _ = telemetry.current_ids()
        event = as_event(
            body, name=work.name, namespace=work.namespace or "default", now=datetime.now(UTC), trace_id=trace_id
        )
        result = await self._client.call(_post(work, event), stop)
        if result.error is not None and result.error.code == "AlreadyExists":
            return replace(result, outcome=Outcome.ACCEPTED, answer=event, error=None)
        return result

    async def _condition(self, work: KubernetesWrite, body: Mapping[str, Json], stop: StopSignal) -> CallResult:
        """Sets one condition, whose status changes by it. An object that is gone, or another one of its name, is left
        alone. Of custom resources Kubernetes merges no lists, so that theirs are replaced: ours have one condition.
        """
        condition = Condition(
            status=str(body.get("status")), reason=str(body.get("reason", "")), message=str(body.get("message", ""))
        )
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        request = Request(
            method="PATCH",
            path=object_path(
                work.api_version, work.resource, namespace=work.namespace, name=work.name, subresource="status"
            ),
            verb="patch",
            kind=kind_of_resource(work.resource),
            body=status_patch(str(body.get("type")), condition, uid=work.uid, changed_at=now),
            content_type=STRATEGIC_MERGE_PATCH if work.api_version == _CORE else MERGE_PATCH,
        )
        result = await self._client.call(request, stop)
        if result.error is not None and result.error.error_class in {ErrorClass.NOT_FOUND, ErrorClass.CONFLICT}:
            return replace(result, outcome=Outcome.ACCEPTED, answer={}, error=None)
        return result


def _post(work: KubernetesWrite, body: Mapping[str, Json]) -> Request:
    collection = object_path(work.api_version, work.resource, namespace=work.namespace)
    return Request(method="POST", path=collection, verb="create", kind=kind_of_resource(work.resource), body=body)


def _path(work: KubernetesWrite) -> str:
    return object_path(
        work.api_version, work.resource, namespace=work.namespace, name=work.name, subresource=work.subresource
    )


def _same(wanted: Mapping[str, Json], standing: Mapping[str, Json]) -> bool:
    """Whether a standing object is what the create would have made: its labels and all but metadata and status; fields
    that the server defaulted do not count. One that is being deleted is not.
    """
    labels = metadata_of(wanted).get("labels") or {}
    return (
        not metadata_of(standing).get("deletionTimestamp")
        and _contains(metadata_of(standing).get("labels") or {}, labels)
        and all(_contains(standing.get(key), value) for key, value in wanted.items() if key not in _NOT_COMPARED)
    )


def _contains(standing: Json, wanted: Json) -> bool:
    if isinstance(wanted, Mapping) and isinstance(standing, Mapping):
        return all(key in standing and _contains(standing[key], value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(standing, list):
        return len(wanted) == len(standing) and all(map(_contains, standing, wanted))
    return bool(wanted == standing)
