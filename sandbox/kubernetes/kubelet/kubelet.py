"""Runs the pods of every Node whose instance is in the fake AWS: address, status, readiness, end."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.kubernetes.client import Access, ApiError, Client, Cluster, Key, Object
from sandbox.kubernetes.client.http import PatchType
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import is_terminating, key_of, uid_of
from sandbox.kubernetes.client.resources import NODES, PODS
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.controllers.pods import is_finished
from sandbox.kubernetes.kubelet.address_pool import AddressPool
from sandbox.kubernetes.kubelet.addresses import Ec2, NoAddressLeft, NodeAddresses, find_host
from sandbox.kubernetes.kubelet.pod_status import (
    changed_conditions,
    ended_status,
    running_status,
    termination_seconds,
)

log = logging.getLogger(__name__)

USER_AGENT = "sandbox-kubelet"
_WORKERS = 32
"""Pods started side by side; most of the time each waits for its address."""
_AGAIN_SECONDS = 5.0
"""A pod that got no address, or whose node has no instance, is tried again after this."""


class Kubelet:
    """The kubelets of all nodes in one."""

    def __init__(self, access: Access, ec2: Ec2, *, termination_seconds: float) -> None:
        """`termination_seconds` is how long a container takes to end after its signal."""
        self._client = Client(access, user_agent=USER_AGENT)
        self._ec2 = ec2
        self._termination_seconds = termination_seconds
        self._cluster: Cluster | None = None
        self._pods: _PodWorker | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._client.__aenter__()
        self._cluster = Cluster(self._client)
        self._pods = _PodWorker(self._cluster, self._ec2, self._termination_seconds)
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
        await self._client.__aexit__(None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The address a pod has, and from where; the node's own address has no pool to return to."""

    uid: str
    address: str
    pool: AddressPool | None


class _PodWorker(Controller):
    name = "kubelet"

    def __init__(self, cluster: Cluster, ec2: Ec2, after_signal: float) -> None:
        super().__init__(cluster)
        self._ec2 = ec2
        self._after_signal = after_signal
        self._pools: dict[str, AddressPool] = {}
        self._finding = asyncio.Lock()
        self._given: dict[Key, _Given] = {}
        self._ends: dict[str, float] = {}

    def start(self) -> None:
        self.cluster.informer(NODES)
        self.cluster.informer(PODS).add_handler(self._pod_changed)

    async def stop(self) -> None:
        for pool in self._pools.values():
            await pool.stop()

    async def reconcile(self, key: Key) -> float | None:
        pod = self.cluster.informer(PODS).get(key)
        given = self._given.get(key)
        if given is not None and (pod is None or uid_of(pod) != given.uid):
            self._return(key, given)
        if pod is None or not pod["spec"].get("nodeName"):
            return None
        runs = bool((pod.get("status") or {}).get("podIP"))
        if runs and key not in self._given:
            await self._adopt(key, pod)
        if is_terminating(pod):
            return await self._end(key, pod)
        if is_finished(pod):
            return None
        if not runs:
            return await self._begin(key, pod)
        await self._keep_up(key, pod)
        return None

    async def _begin(self, key: Key, pod: Object) -> float | None:
        pool = await self._pool(pod["spec"]["nodeName"])
        if pool is None:
            return _AGAIN_SECONDS
        try:
            given = await self._address(key, pod, pool)
        except (NoAddressLeft, BotoCoreError, ClientError) as error:
            text = f"Failed to create pod sandbox: failed to assign an IP address to container: {error}"
            await self.recorder.record(pod, EventType.WARNING, "FailedCreatePodSandBox", text)
            return _AGAIN_SECONDS
        status = running_status(pod, given.address, pool.host.address, datetime.now(UTC))
        await self._patch_status(key, pod, status)
        return None

    async def _address(self, key: Key, pod: Object, pool: AddressPool) -> _Given:
        """The pod's address: one that was given before its status could be written is used again."""
        given = self._given.get(key)
        if given is None:
            if pod["spec"].get("hostNetwork"):
                given = _Given(uid=uid_of(pod), address=pool.host.address, pool=None)
            else:
                given = _Given(uid=uid_of(pod), address=await pool.take(), pool=pool)
            self._given[key] = given
        return given

    async def _keep_up(self, key: Key, pod: Object) -> None:
        """Follow the readiness gates of a running pod."""
        conditions = changed_conditions(pod, datetime.now(UTC))
        if conditions:
            await self._patch_status(key, pod, {"conditions": conditions})

    async def _adopt(self, key: Key, pod: Object) -> None:
        """Take over a pod that ran before this process: its address is not to be given again."""
        pool = None if pod["spec"].get("hostNetwork") else await self._pool(pod["spec"]["nodeName"])
        address = pod["status"]["podIP"]
        if pool is not None:
            pool.keep(address)
        self._given[key] = _Given(uid=uid_of(pod), address=address, pool=pool)

    async def _end(self, key: Key, pod: Object) -> float | None:
        """Let the containers end in their time, report it, and delete the pod for good."""
        now = asyncio.get_running_loop().time()
        ends = self._ends.setdefault(uid_of(pod), now + termination_seconds(pod, self._after_signal))
        if ends > now:
            if (pod.get("status") or {}).get("podIP"):
                await self._keep_up(key, pod)
            return ends - now
        if (pod.get("status") or {}).get("containerStatuses") and not is_finished(pod):
            await self._patch_status(key, pod, ended_status(pod, datetime.now(UTC)))
        try:
            await self.cluster.delete(PODS, pod, {"gracePeriodSeconds": 0})
        except ApiError as error:
            if not error.is_not_found:
                raise
        return None

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

    def _pod_changed(self, change: Change) -> None:
        if change.new is None:
            self._ends.pop(uid_of(change.present), None)
        if change.present["spec"].get("nodeName"):
            self.queue.add(key_of(change.present))

    def _return(self, key: Key, given: _Given) -> None:
        del self._given[key]
        if given.pool is not None:
            given.pool.give_back(given.address)
