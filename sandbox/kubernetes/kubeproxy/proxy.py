"""Keeps the node ports of all Services open on all nodes, and leads them to their endpoints."""

import asyncio
import random
from functools import partial

from sandbox.address_table import Place
from sandbox.clock import Clock
from sandbox.kubernetes.client import Access, Client, Cluster, Key
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import Object, key_of, labels_of, uid_of
from sandbox.kubernetes.client.resources import ENDPOINTSLICES, NODES, SERVICES
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.endpoints import SERVICE_NAME
from sandbox.kubernetes.kubeproxy.forwarders import DatagramForwarder, StreamForwarder
from sandbox.kubernetes.kubeproxy.health import HealthServer
from sandbox.kubernetes.kubeproxy.routes import has_node_ports, health_ports_of, node_of, routes_of
from sandbox.kubernetes.network import PodNetwork

USER_AGENT = "sandbox-kube-proxy"
_WORKERS = 4


class KubeProxy:
    """The kube-proxies of all nodes in one."""

    def __init__(self, access: Access, *, network: PodNetwork, clock: Clock) -> None:
        self._client = Client(access, user_agent=USER_AGENT)
        self._network = network
        self._clock = clock
        self._cluster: Cluster | None = None
        self._services: _ServiceWorker | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._client.__aenter__()
        self._cluster = Cluster(self._client)
        self._services = _ServiceWorker(self._cluster, self._network, self._clock)
        self._services.start()
        self._task = asyncio.create_task(self._services.run(_WORKERS), name="kube-proxy")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._services is not None:
            await self._services.stop()
        if self._cluster is not None:
            await self._cluster.stop()
        await self._client.__aexit__(None, None, None)


class _NodePorts:
    """The open ports of one Service."""

    def __init__(self, service: Object, network: PodNetwork, clock: Clock) -> None:
        self.uid = uid_of(service)
        self._key = key_of(service)
        self._network = network
        self._clock = clock
        self._backends: dict[Place, tuple[Place, ...]] = {}
        self._forwarders: dict[Place, StreamForwarder | DatagramForwarder] = {}
        self._health: dict[Place, HealthServer] = {}
        self._sockets: dict[Place, tuple[str, int]] = {}

    async def lead(self, routes: dict[Place, tuple[Place, ...]], health: dict[Place, int]) -> None:
        """Open and close ports so that exactly these are open, and lead each to its endpoints."""
        self._backends = routes
        for place in set(self._forwarders) - set(routes):
            self._forwarders.pop(place).close()
            del self._sockets[place]
        for place in set(self._health) - set(health):
            await self._health.pop(place).stop()
            del self._sockets[place]
        for place in sorted(set(routes) - set(self._forwarders)):
            choose = partial(self._choose, place)
            datagrams = place.protocol == "udp"
            forwarder = DatagramForwarder(choose, self._clock) if datagrams else StreamForwarder(choose)
            self._sockets[place] = await forwarder.start()
            self._forwarders[place] = forwarder
        for place, endpoints in sorted(health.items()):
            if place not in self._health:
                server = HealthServer(*self._key)
                self._sockets[place] = await server.start()
                self._health[place] = server
            self._health[place].endpoints = endpoints
        self._network.publish(self.uid, self._sockets)

    async def close(self) -> None:
        for forwarder in self._forwarders.values():
            forwarder.cut()
        for server in self._health.values():
            await server.stop()
        self._network.publish(self.uid, {})

    def _choose(self, place: Place) -> tuple[str, int] | None:
        """By chance, as iptables does it. An endpoint that does not listen refuses; it is not passed over."""
        backends = self._backends.get(place)
        return self._network.resolve(random.choice(backends)) if backends else None  # noqa: S311 - no secret


class _ServiceWorker(Controller):
    name = "kube-proxy"

    def __init__(self, cluster: Cluster, network: PodNetwork, clock: Clock) -> None:
        super().__init__(cluster)
        self._network = network
        self._clock = clock
        self._open: dict[Key, _NodePorts] = {}

    def start(self) -> None:
        self.cluster.informer(SERVICES).add_handler(self.wake)
        self.cluster.informer(ENDPOINTSLICES).add_handler(self._slice_changed)
        self.cluster.informer(NODES).add_handler(self._node_changed)

    async def stop(self) -> None:
        for ports in self._open.values():
            await ports.close()

    async def reconcile(self, key: Key) -> float | None:
        service = self.cluster.informer(SERVICES).get(key)
        standing = self._open.get(key)
        if standing is not None and (service is None or standing.uid != uid_of(service)):
            await self._open.pop(key).close()
        if service is None or not (key in self._open or has_node_ports(service)):
            return None
        slices = [
            one
            for one in self.cluster.informer(ENDPOINTSLICES).list(key.namespace)
            if labels_of(one).get(SERVICE_NAME) == key.name and one["addressType"] == "IPv4"
        ]
        nodes = [found for one in self.cluster.informer(NODES).list() if (found := node_of(one)) is not None]
        ports = self._open.setdefault(key, _NodePorts(service, self._network, self._clock))
        health = {one.place: one.endpoints for one in health_ports_of(service, slices, nodes)}
        await ports.lead(routes_of(service, slices, nodes), health)
        return None

    def _slice_changed(self, change: Change) -> None:
        name = labels_of(change.present).get(SERVICE_NAME)
        if name:
            self.queue.add(Key(change.present["metadata"]["namespace"], name))

    def _node_changed(self, change: Change) -> None:
        if change.old is not None and change.new is not None and node_of(change.old) == node_of(change.new):
            return
        for service in self.cluster.informer(SERVICES).list():
            self.queue.add(key_of(service))
