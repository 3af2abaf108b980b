"""Runs the pods of every Node whose instance is in the fake AWS: address, containers, status, readiness, end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.clock import Clock
from sandbox.kubernetes.client import Access, ApiError, Client, Cluster, Key, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import annotations_of, is_terminating, key_of, labels_of, uid_of
from sandbox.kubernetes.client.resources import NODES, PODS, SERVICES
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.controllers.pods import is_finished
from sandbox.kubernetes.controllers.selectors import matches_labels
from sandbox.kubernetes.kubelet.address_pool import AddressPool
from sandbox.kubernetes.kubelet.addresses import Ec2, NoAddressLeft, NodeAddresses, find_host
from sandbox.kubernetes.kubelet.containers import grace_of
from sandbox.kubernetes.kubelet.pod_run import Means, PodRun
from sandbox.kubernetes.kubelet.pod_status import Placed, changed_status
from sandbox.kubernetes.kubelet.prober import Prober
from sandbox.kubernetes.kubelet.service_index import ServiceIndex
from sandbox.kubernetes.marks import UNREACHABLE
from sandbox.kubernetes.network import PodNetwork

log = logging.getLogger(__name__)

USER_AGENT = "sandbox-kubelet"
_WORKERS = 32
"""Pods started side by side; most of the time each waits for its address."""
_AGAIN_SECONDS = 5.0
"""A pod that got no address, or whose node has no instance, is tried again after this."""


class Kubelet:
    """The kubelets of all nodes in one."""

    def __init__(
        self, access: Access, ec2: Ec2, *, network: PodNetwork, clock: Clock, termination_seconds: float
    ) -> None:
        """`termination_seconds` is how long it takes, by the sandbox's clock, until a container's end is known."""
        self._client = Client(access, user_agent=USER_AGENT)
        self._ec2 = ec2
        self._means = Means(
            clock=clock, network=network, prober=Prober(network, clock), after_signal=termination_seconds
        )
        self._cluster: Cluster | None = None
        self._pods: _PodWorker | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._client.__aenter__()
        self._means.prober.start()
        self._cluster = Cluster(self._client)
        self._pods = _PodWorker(self._cluster, self._ec2, self._means)
        self._pods.start()
        self._task = asyncio.create_task(self._pods.run(_WORKERS), name="kubelet")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._pods is not None:
            await self._pods.stop()
        if self._cluster is not None:
            await self._cluster.stop()
        await self._means.prober.stop()
        await self._client.__aexit__(None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The address a pod has, and from where; the node's own address has no pool to return to."""

    uid: str
    address: str
    pool: AddressPool | None


class _PodWorker(Controller):
    name = "kubelet"

    def __init__(self, cluster: Cluster, ec2: Ec2, means: Means) -> None:
        super().__init__(cluster)
        self._ec2 = ec2
        self._means = means
        self._pools: dict[str, AddressPool] = {}
        self._finding = asyncio.Lock()
        self._given: dict[Key, _Given] = {}
        self._runs: dict[Key, PodRun] = {}
        self._services = ServiceIndex()
        self._lost: dict[str, frozenset[str]] = {}
        """Addresses of the nodes that nothing reaches."""

    def start(self) -> None:
        self.cluster.informer(NODES).add_handler(self._node_changed)
        self.cluster.informer(SERVICES).add_handler(self._service_changed)
        self.cluster.informer(PODS).add_handler(self._pod_changed)

    async def stop(self) -> None:
        await asyncio.gather(*(run.stop() for run in self._runs.values()))
        for pool in self._pools.values():
            await pool.stop()

    async def reconcile(self, key: Key) -> float | None:
        pod = self.cluster.informer(PODS).get(key)
        await self._forget(key, uid_of(pod) if pod is not None else "")
        if pod is None or pod["spec"].get("nodeName", "") in {"", *self._lost}:
            return None
        if is_finished(pod) and not is_terminating(pod):
            return None
        run = self._runs.get(key)
        if run is None and is_terminating(pod) and not _runs(pod):
            await self._delete(pod)
            return None
        if run is None:
            run = await self._begin(key, pod)
            if run is None:
                return _AGAIN_SECONDS
        else:
            await run.follow(pod, self._services.selecting(pod))
        if is_terminating(pod):
            run.terminate(grace_of(pod))
        status = changed_status(pod, run.placed, run.lives, datetime.now(UTC))
        if status:
            await self._patch_status(key, pod, status)
        if is_terminating(pod) and run.is_over:
            await self._delete(pod)
        return None

    async def _begin(self, key: Key, pod: Object) -> PodRun | None:
        """Give the pod its address and start its containers; None when that has to wait."""
        pool = await self._pool(pod["spec"]["nodeName"])
        if pool is None:
            return None
        try:
            given = await self._address(key, pod, pool)
        except (NoAddressLeft, BotoCoreError, ClientError) as error:
            text = f"Failed to create pod sandbox: failed to assign an IP address to container: {error}"
            await self.recorder.record(pod, EventType.WARNING, "FailedCreatePodSandBox", text)
            return None
        run = self._runs[key] = PodRun(
            pod,
            Placed(address=given.address, host=pool.host.address),
            self._means,
            report=self._reporter(key, pod),
            changed=partial(self.queue.add, key),
        )
        await run.start(pod, self._services.selecting(pod))
        return run

    async def _address(self, key: Key, pod: Object, pool: AddressPool) -> _Given:
        """The pod's address: one that was given before is used again, also by the pods of an earlier kubelet."""
        given = self._given.get(key)
        if given is None:
            address = (pod.get("status") or {}).get("podIP")
            if pod["spec"].get("hostNetwork"):
                given = _Given(uid=uid_of(pod), address=pool.host.address, pool=None)
            elif address:
                pool.keep(address)
                given = _Given(uid=uid_of(pod), address=address, pool=pool)
            else:
                given = _Given(uid=uid_of(pod), address=await pool.take(), pool=pool)
            self._given[key] = given
        return given

    async def _forget(self, key: Key, uid: str) -> None:
        """End what is left of a pod of this name that is no more: of any but the one with this UID."""
        run = self._runs.get(key)
        if run is not None and run.uid != uid:
            del self._runs[key]
            await run.stop()
        given = self._given.get(key)
        if given is not None and given.uid != uid:
            del self._given[key]
            if given.pool is not None:
                given.pool.give_back(given.address)

    async def _delete(self, pod: Object) -> None:
        """Delete a pod that has ended for good."""
        try:
            await self.cluster.delete(PODS, pod, {"gracePeriodSeconds": 0})
        except ApiError as error:
            if not error.is_not_found:
                raise

    async def _pool(self, node_name: str) -> AddressPool | None:
        """The addresses of a node; None while the Node is unknown or its instance does not exist."""
        async with self._finding:
            if node_name not in self._pools:
                node = self.cluster.informer(NODES).get(Key("", node_name))
                provider_id = (node.get("spec") or {}).get("providerID", "") if node else ""
                host = await asyncio.to_thread(find_host, self._ec2, provider_id)
                if host is None:
                    log.warning("node %s has no instance (providerID %r): its pods wait", node_name, provider_id)
                    return None
                self._pools[node_name] = AddressPool(NodeAddresses(self._ec2, host))
            return self._pools[node_name]

    async def _patch_status(self, key: Key, pod: Object, status: Object) -> None:
        # Strategic merge: conditions of others, such as readiness gates, stay as they are.
        body = {"metadata": {"uid": uid_of(pod)}, "status": status}
        try:
            await self.cluster.patch(PODS, key, body, kind=PatchType.STRATEGIC, subresource="status")
        except ApiError as error:
            # Gone, or already another pod of that name: the event about it is on its way.
            if not error.is_not_found and not error.is_conflict:
                raise

    def _reporter(self, key: Key, begun: Object) -> Callable[[EventType, str, str], Awaitable[None]]:
        async def report(kind: EventType, reason: str, message: str) -> None:
            pod = self.cluster.informer(PODS).get(key)
            await self.recorder.record(pod if pod is not None else begun, kind, reason, message)

        return report

    def _pod_changed(self, change: Change) -> None:
        if change.present["spec"].get("nodeName"):
            self.queue.add(key_of(change.present))

    def _node_changed(self, change: Change) -> None:
        """A node that is lost is alone with its pods; when it is back, its kubelet tells how they are."""
        name, node = change.present["metadata"]["name"], change.new
        if (node is not None and UNREACHABLE in annotations_of(node)) == (name in self._lost):
            return
        runs = [run for run in self._runs.values() if run.node == name]
        if self._lost.pop(name, None) is None:
            said = (change.present.get("status") or {}).get("addresses") or []
            self._lost[name] = frozenset(one["address"] for one in said)
            for run in runs:
                run.cut_connections()
        self._cut_off()
        for pod in self.cluster.informer(PODS).list():
            if pod["spec"].get("nodeName") == name:
                self.queue.add(key_of(pod))

    def _cut_off(self) -> None:
        pods = {run.placed.address for run in self._runs.values() if run.node in self._lost}
        self._means.network.cut_off(frozenset(pods).union(*self._lost.values()))

    def _service_changed(self, change: Change) -> None:
        self._services.take(change)
        seen = [service["spec"] for service in (change.old, change.new) if service is not None]
        if len(seen) == 2 and all(seen[0].get(name) == seen[1].get(name) for name in ("selector", "ports")):
            return
        selectors = [spec["selector"] for spec in seen if spec.get("selector")]
        for pod in self.cluster.informer(PODS).list(change.present["metadata"]["namespace"]):
            if pod["spec"].get("nodeName") and any(matches_labels(one, labels_of(pod)) for one in selectors):
                self.queue.add(key_of(pod))


def _runs(pod: Object) -> bool:
    return bool((pod.get("status") or {}).get("podIP")) and not is_finished(pod)
