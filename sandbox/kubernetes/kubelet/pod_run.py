"""One pod as it runs: its containers, the places where they listen, and the order in which they end."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.address_table import Place
from sandbox.clock import Clock
from sandbox.kubernetes.application import Identity, Options, Port, ports_of, read_options
from sandbox.kubernetes.application.application import KILLED
from sandbox.kubernetes.client.objects import Object, annotations_of, uid_of
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.kubelet.container_run import ContainerRun
from sandbox.kubernetes.kubelet.containers import containers_of, grace_of, restart_policy, sidecars_of
from sandbox.kubernetes.kubelet.life import Life
from sandbox.kubernetes.kubelet.pod_status import Placed
from sandbox.kubernetes.kubelet.prober import Prober
from sandbox.kubernetes.kubelet.surroundings import Report, Surroundings
from sandbox.kubernetes.marks import KILL
from sandbox.kubernetes.network import PodNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the pods of a kubelet share."""

    clock: Clock
    network: PodNetwork
    prober: Prober
    after_signal: float
    """Sandbox seconds from the end of a program until it is known."""


class PodRun:
    """Runs the containers of one pod from its start to its end. `changed` is called when its status may have."""

    def __init__(
        self, pod: Object, placed: Placed, means: Means, *, report: Report, changed: Callable[[], None]
    ) -> None:
        self.placed = placed
        self.uid = uid_of(pod)
        self.node: str = pod["spec"]["nodeName"]
        self._means = means
        self._report = report
        self._changed = changed
        self._told: frozenset[str] = frozenset()
        self._mark = annotations_of(pod).get(KILL)
        self._ending: asyncio.Task[None] | None = None
        self._grace = 0.0
        self._kill: asyncio.TimerHandle | None = None
        meta = pod["metadata"]
        around = Surroundings(
            identity=Identity(
                pod=meta["name"],
                namespace=meta["namespace"],
                node=pod["spec"]["nodeName"],
                address=placed.address,
            ),
            clock=means.clock,
            prober=means.prober,
            after_signal=means.after_signal,
            grace=grace_of(pod),
            report=report,
            rewired=self._rewired,
            changed=changed,
        )
        self._specs = {one["name"]: one for one in (*sidecars_of(pod), *containers_of(pod))}
        self._sidecars = [ContainerRun(one, restart_policy(pod, one), around) for one in sidecars_of(pod)]
        self._containers = [ContainerRun(one, restart_policy(pod, one), around) for one in containers_of(pod)]

    @property
    def lives(self) -> Mapping[str, Life]:
        """Its containers as they are, by name."""
        return {one.name: one.life for one in self._all}

    @property
    def is_over(self) -> bool:
        """Every container has ended for good."""
        return all(one.life.over for one in self._all)

    async def start(self, pod: Object, services: list[Object]) -> None:
        """Start the containers; returns when they run. `services` are those that select the pod."""
        await self.follow(pod, services)
        restarts = {
            one["name"]: one.get("restartCount", 0)
            for kind in ("initContainerStatuses", "containerStatuses")
            for one in (pod.get("status") or {}).get(kind) or []
        }
        for one in self._all:
            one.start(restarts.get(one.name, 0))
        await asyncio.gather(*(one.up.wait() for one in self._all))

    async def follow(self, pod: Object, services: list[Object]) -> None:
        """Do as the pod's annotations and its Services say now."""
        options, problems = read_options(annotations_of(pod))
        for problem in sorted(set(problems) - self._told):
            await self._report(EventType.WARNING, "BadAnnotation", problem)
        self._told = frozenset(problems)
        mark, self._mark = self._mark, annotations_of(pod).get(KILL)
        if self._mark is not None and self._mark != mark:
            for one in self._all:
                one.crash(KILLED)
        for one in self._all:
            await one.change(options, self._ports(pod, one.name, services, options))

    def terminate(self, grace: float) -> None:
        """Begin the end, or hurry it if the grace period has become shorter."""
        if self._ending is None:
            self._grace = grace
            self._ending = asyncio.create_task(self._end())
        elif grace < self._grace:
            self._grace = grace
            if self._kill is not None:
                self._kill.cancel()
            self._kill = asyncio.get_running_loop().call_later(self._means.clock.real(grace), self.kill)

    def kill(self) -> None:
        """End everything now."""
        for one in self._all:
            one.kill()

    def cut_connections(self) -> None:
        for one in self._all:
            one.cut_connections()

    async def stop(self) -> None:
        """Let go of everything."""
        if self._kill is not None:
            self._kill.cancel()
        if self._ending is not None:
            self._ending.cancel()
        await asyncio.gather(*(one.stop() for one in self._all))
        self._means.network.publish(self.uid, {})

    @property
    def _all(self) -> list[ContainerRun]:
        return [*self._sidecars, *self._containers]

    async def _end(self) -> None:
        """The application first, then what runs beside it, all in one grace period."""
        ends = self._means.clock.now() + self._grace
        for group in (self._containers, self._sidecars):
            for one in group:
                one.terminate(max(0.0, ends - self._means.clock.now()))
            await asyncio.gather(*(one.over.wait() for one in group))
        self._changed()

    def _ports(self, pod: Object, name: str, services: list[Object], options: Options) -> frozenset[Port]:
        first = name == containers_of(pod)[0]["name"]
        return ports_of(self._specs[name], first=first, services=services, more=options.ports)

    async def _rewired(self) -> None:
        places: dict[Place, tuple[str, int]] = {}
        for one in self._all:
            for port, socket in one.sockets.items():
                protocol = port.protocol.lower()
                places[Place(host=self.placed.address, port=port.number, protocol=protocol)] = socket
                for node_port in _node_ports(self._specs[one.name], port):
                    places[Place(host=self.placed.host, port=node_port, protocol=protocol)] = socket
        self._means.network.publish(self.uid, places)
        await self._means.network.published()


def _node_ports(container: Object, port: Port) -> list[int]:
    """Ports of the node that lead to a port of the container (`hostPort`)."""
    return [
        one["hostPort"]
        for one in container.get("ports") or []
        if one.get("hostPort") and Port(number=one["containerPort"], protocol=one.get("protocol", "TCP")) == port
    ]
