"""The ReplicaSet controller: as many pods as asked for."""

import asyncio
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.kubernetes.client import ApiError, Cluster, Key, Object
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import (
    condition_of,
    controller_of,
    is_terminating,
    key_of,
    labels_of,
    owner_reference,
    timestamp,
)
from sandbox.kubernetes.client.resources import NAMESPACES, PODS, REPLICASETS
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.controllers.ownership import claim
from sandbox.kubernetes.controllers.pods import available_in, first_to_go, is_active, is_ready
from sandbox.kubernetes.controllers.selectors import matches_labels, matches_selector

_AT_ONCE = 16
"""Pods created or deleted side by side."""


class ReplicaSetController(Controller):
    name = "replicaset-controller"

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        super().__init__(cluster)
        self._clock = clock

    def start(self) -> None:
        self.cluster.informer(NAMESPACES)
        self.cluster.informer(REPLICASETS).add_handler(self.wake)
        self.cluster.informer(PODS).add_handler(self._pod_changed)

    async def reconcile(self, key: Key) -> float | None:
        replica_set = self.cluster.informer(REPLICASETS).get(key)
        if replica_set is None:
            return None
        in_namespace = self.cluster.informer(PODS).list(key.namespace)
        pods = await claim(
            self.cluster,
            owner=replica_set,
            owner_resource=REPLICASETS,
            resource=PODS,
            candidates=in_namespace,
            adoptable=is_active,
        )
        failure: ApiError | None = None
        if not is_terminating(replica_set):
            try:
                await self._scale(replica_set, [pod for pod in pods if is_active(pod)])
            except* ApiError as group:
                failure = _first(group)
        # Read again: the writes above are in the cache by now.
        owned = [pod for pod in self.cluster.informer(PODS).list(key.namespace) if _is_owned(pod, replica_set)]
        now = datetime.now(UTC)
        # What Kubernetes counts in seconds passes at the sandbox's pace.
        min_ready = self._clock.real(replica_set["spec"].get("minReadySeconds", 0))
        status = replica_set_status(replica_set, owned, now, min_ready, failure.message if failure else None)
        if status != replica_set.get("status"):
            await self.cluster.update_status(REPLICASETS, replica_set, status)
        if failure is not None:
            raise failure
        return _next_available(owned, min_ready, now)

    async def _scale(self, replica_set: Object, active: list[Object]) -> None:
        missing = replica_set["spec"].get("replicas", 1) - len(active)
        namespace = self.cluster.informer(NAMESPACES).get(Key("", replica_set["metadata"]["namespace"]))
        if missing > 0 and namespace is not None and is_terminating(namespace):
            # The API would refuse the pods, and the ReplicaSet is about to go.
            return
        gate = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for _ in range(missing):
                group.create_task(self._create_pod(replica_set, gate))
            for pod in first_to_go(active, max(0, -missing)):
                group.create_task(self._delete_pod(pod, gate))

    async def _create_pod(self, replica_set: Object, gate: asyncio.Semaphore) -> None:
        async with gate:
            try:
                await self.cluster.create(PODS, replica_set["metadata"]["namespace"], pod_of(replica_set))
            except ApiError as error:
                await self.recorder.record(
                    replica_set,
                    EventType.WARNING,
                    "FailedCreate",
                    f"Error creating: {error.message}",
                )
                raise

    async def _delete_pod(self, pod: Object, gate: asyncio.Semaphore) -> None:
        async with gate:
            try:
                await self.cluster.delete(PODS, pod)
            except ApiError as error:
                if not error.is_not_found:
                    raise

    def _pod_changed(self, change: Change) -> None:
        for pod in (change.old, change.new):
            if pod is None:
                continue
            reference = controller_of(pod)
            if reference is None:
                self._wake_selecting(pod)
            elif reference["kind"] == REPLICASETS.kind:
                self.queue.add(Key(pod["metadata"]["namespace"], reference["name"]))

    def _wake_selecting(self, orphan: Object) -> None:
        for replica_set in self.cluster.informer(REPLICASETS).list(orphan["metadata"]["namespace"]):
            if matches_selector(replica_set["spec"]["selector"], labels_of(orphan)):
                self.queue.add(key_of(replica_set))


def pod_of(replica_set: Object) -> Object:
    """A new pod from the template, owned by its ReplicaSet."""
    template = replica_set["spec"]["template"]
    meta = template.get("metadata") or {}
    made = {
        "generateName": f"{replica_set['metadata']['name']}-",
        "namespace": replica_set["metadata"]["namespace"],
        "ownerReferences": [owner_reference(replica_set, REPLICASETS.api_version, REPLICASETS.kind)],
    }
    kept = {name: meta[name] for name in ("labels", "annotations", "finalizers") if meta.get(name)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**made, **kept}, "spec": template["spec"]}


def replica_set_status(
    replica_set: Object, pods: list[Object], now: datetime, min_ready: float, failure: str | None
) -> Object:
    """The status that follows from the pods (ReplicaSetStatus of apps/v1); the API leaves out counts of zero.

    `min_ready` is how many seconds of the wall a pod is ready before it is available.
    """
    active = [pod for pod in pods if is_active(pod)]
    template_labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    counts = {
        "fullyLabeledReplicas": sum(matches_labels(template_labels, labels_of(pod)) for pod in active),
        "readyReplicas": sum(is_ready(pod) for pod in active),
        "availableReplicas": sum(available_in(pod, min_ready, now) == 0.0 for pod in active),
    }
    status: Object = {"replicas": len(active), **{name: count for name, count in counts.items() if count}}
    status["terminatingReplicas"] = sum(is_terminating(pod) for pod in pods)
    status["observedGeneration"] = replica_set["metadata"]["generation"]
    if failure is not None:
        status["conditions"] = [_failure_condition(replica_set, failure, now)]
    return status


def _failure_condition(replica_set: Object, failure: str, now: datetime) -> Object:
    before = condition_of(replica_set, "ReplicaFailure")
    return {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": failure,
        "lastTransitionTime": before["lastTransitionTime"] if before else timestamp(now),
    }


def _next_available(pods: list[Object], min_ready: float, now: datetime) -> float | None:
    waits = [wait for pod in pods if is_active(pod) and (wait := available_in(pod, min_ready, now))]
    return min(waits) if waits else None


def _is_owned(pod: Object, replica_set: Object) -> bool:
    reference = controller_of(pod)
    return reference is not None and reference["uid"] == replica_set["metadata"]["uid"]


def _first(group: BaseExceptionGroup[ApiError]) -> ApiError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
