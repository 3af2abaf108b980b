"""The EndpointSlice controller: which pods stand behind each Service, and in which condition."""

from sandbox.kubernetes.client import ApiError, Key, Object
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import is_terminating, is_true, key_of, labels_of
from sandbox.kubernetes.client.resources import ENDPOINTSLICES, NODES, PODS, SERVICES
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.endpoints import (
    MANAGED_BY,
    MANAGER,
    SERVICE_NAME,
    SliceChanges,
    address_types,
    plan_slices,
)
from sandbox.kubernetes.controllers.selectors import matches_labels
from sandbox.kubernetes.controllers.trigger_times import TriggerTimes


class EndpointSliceController(Controller):
    name = "endpointslice-controller"

    def start(self) -> None:
        self._trigger_times = TriggerTimes()
        self.cluster.informer(SERVICES).add_handler(self.wake)
        self.cluster.informer(PODS).add_handler(self._pod_changed)
        self.cluster.informer(ENDPOINTSLICES).add_handler(self._slice_changed)
        self.cluster.informer(NODES).add_handler(self._node_changed)

    async def reconcile(self, key: Key) -> float | None:
        service = self.cluster.informer(SERVICES).get(key)
        if service is None or is_terminating(service):
            # The slices of a Service that is gone are the garbage collector's.
            self._trigger_times.forget(key)
            return None
        selector = service["spec"].get("selector")
        if not selector or service["spec"].get("type") == "ExternalName":
            return None
        pods = [
            pod for pod in self.cluster.informer(PODS).list(key.namespace) if matches_labels(selector, labels_of(pod))
        ]
        nodes = {node["metadata"]["name"]: node for node in self.cluster.informer(NODES).list()}
        trigger = self._trigger_times.earliest_new(key, service, pods)
        slices = self._slices(key)
        families = address_types(service)
        for family in families:
            standing = [one for one in slices if one["addressType"] == family]
            await self._apply(
                service, plan_slices(service, pods=pods, nodes=nodes, slices=standing, family=family, trigger=trigger)
            )
        for one in slices:
            if one["addressType"] not in families:
                await self._delete(one)
        return None

    async def _apply(self, service: Object, changes: SliceChanges) -> None:
        for one in changes.create:
            await self.cluster.create(ENDPOINTSLICES, service["metadata"]["namespace"], one)
        for one in changes.update:
            await self.cluster.update(ENDPOINTSLICES, one)
        for one in changes.delete:
            await self._delete(one)

    async def _delete(self, one: Object) -> None:
        try:
            await self.cluster.delete(ENDPOINTSLICES, one)
        except ApiError as error:
            if not error.is_not_found:
                raise

    def _slices(self, key: Key) -> list[Object]:
        return [
            one
            for one in self.cluster.informer(ENDPOINTSLICES).list(key.namespace)
            if labels_of(one).get(SERVICE_NAME) == key.name
            and labels_of(one).get(MANAGED_BY) == MANAGER
            and not is_terminating(one)
        ]

    def _pod_changed(self, change: Change) -> None:
        seen = [labels_of(pod) for pod in (change.old, change.new) if pod is not None]
        if change.old is not None and change.new is not None and _view(change.old) == _view(change.new):
            return
        for service in self.cluster.informer(SERVICES).list(change.present["metadata"]["namespace"]):
            selector = service["spec"].get("selector")
            if selector and any(matches_labels(selector, labels) for labels in seen):
                self.queue.add(key_of(service))

    def _slice_changed(self, change: Change) -> None:
        labels = labels_of(change.present)
        if labels.get(MANAGED_BY) == MANAGER and SERVICE_NAME in labels:
            self.queue.add(Key(change.present["metadata"]["namespace"], labels[SERVICE_NAME]))

    def _node_changed(self, change: Change) -> None:
        if change.old is not None and change.new is not None and labels_of(change.old) == labels_of(change.new):
            return
        for service in self.cluster.informer(SERVICES).list():
            self.queue.add(key_of(service))


def _view(pod: Object) -> Object:
    """What of a pod shows in an endpoint."""
    status, spec = pod.get("status") or {}, pod["spec"]
    return {
        "addresses": status.get("podIPs") or status.get("podIP"),
        "phase": status.get("phase"),
        "ready": is_true(pod, "Ready"),
        "terminating": is_terminating(pod),
        "labels": labels_of(pod),
        "node": spec.get("nodeName"),
    }
