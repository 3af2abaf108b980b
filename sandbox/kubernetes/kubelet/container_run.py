"""One container as it runs: its program, its probes, its end and its restarts."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sandbox.kubernetes.application import Application, Options, Port
from sandbox.kubernetes.application.application import CRASHED, KILLED
from sandbox.kubernetes.client.objects import Object
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.kubelet.ending import shut_down
from sandbox.kubernetes.kubelet.life import Life, Moment, begin, end, judge, runs_again
from sandbox.kubernetes.kubelet.probes import Kind, Probe, probes_of
from sandbox.kubernetes.kubelet.probing import keep_probing
from sandbox.kubernetes.kubelet.surroundings import Surroundings

log = logging.getLogger(__name__)

_NOT_STARTED = 128
"""Exit code of a container whose program could not be started."""


class ContainerRun:
    """Runs one container until it has ended for good."""

    def __init__(self, container: Object, policy: str, around: Surroundings) -> None:
        """`policy` is the restart policy: Always, OnFailure or Never."""
        self.name: str = container["name"]
        self.life = Life()
        self.up = asyncio.Event()
        """It has been started, or could not be."""
        self.over = asyncio.Event()
        """It has ended for good."""
        self._container = container
        self._policy = policy
        self._around = around
        self._probes = probes_of(container)
        self._options = Options()
        self._ports: frozenset[Port] = frozenset()
        self._application: Application | None = None
        self._listens = False
        self._started = asyncio.Event()
        self._failing: asyncio.Future[Probe] | None = None
        self._crash: asyncio.Task[None] | None = None
        self._leaving = asyncio.Event()
        self._killed = asyncio.Event()
        self._grace = around.grace
        self._task: asyncio.Task[None] | None = None

    @property
    def sockets(self) -> Mapping[Port, tuple[str, int]]:
        """Where its ports are now."""
        return self._application.sockets if self._application is not None else {}

    def start(self, restarts: int) -> None:
        """`restarts` is how often it ran before this process did."""
        self.life = replace(self.life, restarts=restarts)
        self._task = asyncio.create_task(self._run(), name=f"container {self.name}")

    async def change(self, options: Options, ports: frozenset[Port]) -> None:
        """Follow what the pod and its Services say now."""
        if (options, ports) == (self._options, self._ports):
            return
        crash_moved = options.crash_after_seconds != self._options.crash_after_seconds
        self._options, self._ports = options, ports
        if self._application is None or self._application.ended.done():
            return
        self._application.options = options
        if crash_moved:
            self._arm()
        if self._listens:
            try:
                await self._listen(self._application)
            except OSError as error:
                await self._around.report(EventType.WARNING, "FailedListen", f"{self.name}: {error}")

    def terminate(self, grace: float) -> None:
        """Begin the end: hook, signal and, after so many sandbox seconds, the kill. It will not run again."""
        self._grace = grace
        self._leaving.set()
        if grace <= 0:
            self.kill()

    def kill(self) -> None:
        """End it now."""
        self._leaving.set()
        self._killed.set()
        if self._application is not None:
            self._application.end(KILLED)

    def crash(self, code: int) -> None:
        """Its program ends; the restart policy says whether it runs again."""
        if self._application is not None:
            self._application.end(code)

    def cut_connections(self) -> None:
        if self._application is not None:
            self._application.cut_connections()

    async def stop(self) -> None:
        """Let go of everything, without a trace in the pod's status."""
        self.kill()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            again = True
            while again:
                code, message = await self._once()
                again = not self._leaving.is_set() and runs_again(self._policy, code)
                self.life = end(self.life, code, self._now(), again=again, message=message)
                self._around.changed()
                if again and self.life.pause:
                    await self._back_off()
                again = again and not self._leaving.is_set()
        except Exception:
            log.exception("container %s of pod %s", self.name, self._around.identity.pod)
        finally:
            self.life = replace(self.life, over=True)
            self.over.set()
            self._around.changed()

    async def _once(self) -> tuple[int, str]:
        """One run: exit code, and why it could not be started."""
        application = self._application = Application(self._around.identity, self._options, self._around.clock)
        self._failing = asyncio.get_running_loop().create_future()
        self._started.clear()
        opener: asyncio.Task[None] | None = None
        probing: dict[Kind, asyncio.Task[None]] = {}
        try:
            if self._options.start_seconds:
                opener = asyncio.create_task(self._listen_later(application))
            else:
                await self._listen(application)
            self._begin()
            probing = {kind: asyncio.create_task(self._probe(probe)) for kind, probe in self._probes.items()}
            await self._around.first({self._failing, application.ended}, self._leaving)
            # Readiness is asked until the end, the others not once the end has begun.
            for kind, task in probing.items():
                if kind is not Kind.READINESS:
                    task.cancel()
            grace = await self._grace_to_end(self._failing)
            return await shut_down(self._container, application, self._around, grace=grace, killed=self._killed), ""
        except OSError as error:
            return _NOT_STARTED, str(error)
        finally:
            application.end(KILLED)
            for running in (*probing.values(), opener, self._crash):
                if running is not None:
                    running.cancel()
            self._listens = False
            self.up.set()
            await self._around.rewired()

    def _begin(self) -> None:
        self.life = begin(self.life, self._probes, self._now())
        if self.life.started:
            self._started.set()
        self._arm()
        self.up.set()
        self._around.changed()

    async def _listen(self, application: Application) -> None:
        self._listens = True
        await application.listen(self._ports)
        await self._around.rewired()

    async def _listen_later(self, application: Application) -> None:
        await self._around.clock.sleep(self._options.start_seconds)
        await self._listen(application)

    async def _probe(self, probe: Probe) -> None:
        await keep_probing(probe, self.name, self._around, started=self._started, judge=self._judge)

    def _judge(self, probe: Probe, verdict: bool) -> None:
        before = self.life
        self.life = judge(before, self._probes, probe.kind, verdict)
        if self.life.started:
            self._started.set()
        if self.life != before:
            self._around.changed()
        ends_it = not verdict and probe.kind is not Kind.READINESS
        if ends_it and self._failing is not None and not self._failing.done():
            self._failing.set_result(probe)

    async def _grace_to_end(self, failing: asyncio.Future[Probe]) -> float:
        """Sandbox seconds that the program has to end: its pod's, or those of the probe that ends it."""
        if self._leaving.is_set() or not failing.done():
            return self._grace
        probe = failing.result()
        text = f"Container {self.name} failed {probe.kind} probe, will be restarted"
        await self._around.report(EventType.NORMAL, "Killing", text)
        return self._around.grace if probe.grace is None else probe.grace

    async def _back_off(self) -> None:
        text = f"Back-off restarting failed container {self.name} in pod {self._around.identity.pod}"
        await self._around.report(EventType.WARNING, "BackOff", text)
        await self._around.first((), self._leaving, self.life.pause)

    def _arm(self) -> None:
        """See to it that the program ends by itself, where its pod wants it to."""
        if self._crash is not None:
            self._crash.cancel()
            self._crash = None
        if self._options.crash_after_seconds is not None and self.life.began is not None:
            left = self.life.began.at + self._options.crash_after_seconds - self._around.clock.now()
            self._crash = asyncio.create_task(self._crash_later(max(0.0, left)))

    async def _crash_later(self, seconds: float) -> None:
        await self._around.clock.sleep(seconds)
        self.crash(CRASHED)

    def _now(self) -> Moment:
        return Moment(at=self._around.clock.now(), time=datetime.now(UTC))
