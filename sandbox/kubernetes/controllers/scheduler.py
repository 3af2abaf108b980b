"""The scheduler: binds each pod that has no node to the least loaded node that fits."""

from collections import Counter
from datetime import UTC, datetime

from sandbox.kubernetes.client import ApiError, Key, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import condition_of, key_of, timestamp, uid_of
from sandbox.kubernetes.client.resources import NODES, PODS
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.controllers.placement import choose_node
from sandbox.kubernetes.controllers.pods import is_active, is_finished

_SCHEDULER = "default-scheduler"
_AGAIN_SECONDS = 5.0
"""An unplaced pod is looked at again after this, apart from changes of nodes, which wake it at once."""


class Scheduler(Controller):
    name = _SCHEDULER

    def start(self) -> None:
        self._load: Counter[str] = Counter()
        self._placed: dict[str, str] = {}
        self.cluster.informer(NODES).add_handler(self._node_changed)
        self.cluster.informer(PODS).add_handler(self._pod_changed)

    async def reconcile(self, key: Key) -> float | None:
        pod = self.cluster.informer(PODS).get(key)
        if pod is None or not _waits(pod) or uid_of(pod) in self._placed:
            return None
        node, reason = choose_node(pod, self.cluster.informer(NODES).list(), self._load)
        if node is None:
            await self._refuse(pod, reason)
            return _AGAIN_SECONDS
        await self._bind(pod, node)
        return None

    async def _bind(self, pod: Object, node: str) -> None:
        meta = pod["metadata"]
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        # Counted before the answer, so that pods placed side by side are spread.
        self._count(uid_of(pod), node)
        try:
            await self.cluster.client.create_subresource(PODS, meta["namespace"], meta["name"], "binding", binding)
        except ApiError as error:
            self._uncount(uid_of(pod))
            if not error.is_not_found:
                raise
        except BaseException:
            self._uncount(uid_of(pod))
            raise

    async def _refuse(self, pod: Object, reason: str) -> None:
        before = condition_of(pod, "PodScheduled")
        if before and before.get("message") == reason:
            return
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": reason,
            "lastTransitionTime": timestamp(datetime.now(UTC)),
        }
        body = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": [condition]}}
        await self.cluster.patch(PODS, key_of(pod), body, kind=PatchType.STRATEGIC, subresource="status")
        await self.recorder.record(pod, EventType.WARNING, "FailedScheduling", reason)

    def _node_changed(self, change: Change) -> None:
        for pod in self.cluster.informer(PODS).list():
            if _waits(pod):
                self.queue.add(key_of(pod))

    def _pod_changed(self, change: Change) -> None:
        pod = change.present
        node = pod["spec"].get("nodeName")
        if change.new is None or is_finished(pod):
            self._uncount(uid_of(pod))
        elif node:
            self._count(uid_of(pod), node)
        elif _waits(pod):
            self.queue.add(key_of(pod))

    def _count(self, uid: str, node: str) -> None:
        self._uncount(uid)
        self._placed[uid] = node
        self._load[node] += 1

    def _uncount(self, uid: str) -> None:
        node = self._placed.pop(uid, None)
        if node is not None:
            self._load[node] -= 1


def _waits(pod: Object) -> bool:
    spec = pod["spec"]
    return (
        not spec.get("nodeName")
        and spec.get("schedulerName", _SCHEDULER) == _SCHEDULER
        and not spec.get("schedulingGates")
        and is_active(pod)
    )
