"""What an experiment plays with: a cluster, an account, load, and the places where it says what it does and sees."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.kubernetes.client import Object
from sandbox.lab.account import Balancer, LabAccount
from sandbox.lab.client.addresses import Addresses
from sandbox.lab.client.asking import Asked, ask
from sandbox.lab.client.load import Load, LoadGenerator
from sandbox.lab.cluster import LabCluster, address_of, is_ready, is_rolled_out
from sandbox.lab.manifests import Workload, as_yaml
from sandbox.lab.notebook import Notebook
from sandbox.lab.record import Measure
from sandbox.lab.timeline import CallSeen, Mark, Sample
from sandbox.lab.verdicts import Verdict, judged, unavailable
from sandbox.stage.calls import CallRecord
from sandbox.stage.failure import StageError

Found = TypeVar("Found")

PATIENCE_SECONDS = 90.0
"""What anything that is waited for gets, in seconds of the wall."""
_LOOK_SECONDS = 0.1
_SERVED_SECONDS = 30.0
_QUIET_SECONDS = 1.5
"""So long without a change in AWS, nothing is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the user of an experiment chooses."""

    seconds: float
    rps: float
    clock_factor: float


class Scene:
    """One run of one experiment."""

    def __init__(
        self,
        *,
        cluster: LabCluster,
        account: LabAccount,
        record: CallRecord,
        addresses: Addresses,
        world: Mapping[str, Any],
        pace: Pace,
        say: Callable[[str], None],
    ) -> None:
        self.cluster = cluster
        self.account = account
        self.addresses = addresses
        self.world = world
        """What the account was seeded with: certificates, subnets, elastic addresses by name."""
        self.pace = pace
        self.notebook = Notebook()
        self._record = record
        self._say = say
        self._origin = time.monotonic()
        self._origin_epoch = time.time()

    def now(self) -> float:
        """Seconds of the wall since the scene began; the axis of everything."""
        return time.monotonic() - self._origin

    # What is said and judged

    def step(self, title: str) -> None:
        """Begins a step; it is told, and marked in the charts."""
        self.notebook.timeline.marks.append(Mark(at=self.now(), title=title))
        self._say(title)

    def judge(self, check: str, *, expected: object, seen: object, passed: bool | None = None) -> None:
        """Compares; without `passed`, both must be equal."""
        self.note(judged(check, expected=expected, seen=seen, passed=passed))

    def note(self, verdict: Verdict) -> None:
        self.notebook.verdicts.append(verdict)

    def not_available(self, check: str, *, expected: str, why: str) -> None:
        self.note(unavailable(check, expected=expected, why=why))

    def measure(self, label: str, value: str) -> None:
        """A number that is told and not judged."""
        self.notebook.measures.append(Measure(label=label, value=value))

    # What is done

    async def pause(self, seconds: float) -> None:
        """Lets things go on for so long, by the wall's clock."""
        await asyncio.sleep(seconds)

    async def apply(self, *objects: Object) -> None:
        """Applies objects, in order."""
        self.notebook.manifests.append(as_yaml(objects))
        await self.cluster.apply(objects)

    async def until(
        self,
        look: Callable[[], Awaitable[Found]],
        holds: Callable[[Found], object],
        what: str,
        *,
        within: float = PATIENCE_SECONDS,
    ) -> Found:
        """Looks until it holds; what was seen then. Raises StageError after too long."""
        end = self.now() + within
        while True:
            found = await look()
            if holds(found):
                return found
            if self.now() >= end:
                raise StageError(f"{what}: not within {within:g} s")
            await asyncio.sleep(_LOOK_SECONDS)

    async def holds(
        self,
        look: Callable[[], Awaitable[Found]],
        holds: Callable[[Found], object],
        *,
        within: float,
    ) -> bool:
        """Whether it comes to hold in this time."""
        try:
            await self.until(look, holds, "", within=within)
        except StageError:
            return False
        return True

    async def ready(self, namespace: str, pods: int) -> Sequence[Object]:
        """Waits until so many pods are there and ready; the pods."""
        return await self.until(
            lambda: self.cluster.pods(namespace),
            lambda found: len(found) == pods and all(map(is_ready, found)),
            f"{pods} ready pods in {namespace}",
        )

    async def roll(self, workload: Workload, *, within: float = PATIENCE_SECONDS) -> None:
        """`kubectl rollout restart`, and waits until every pod is new and ready."""
        await self.cluster.restart(workload.namespace, workload.name)
        await self.until(
            lambda: self.cluster.deployment(workload.namespace, workload.name),
            is_rolled_out,
            f"the rollout of {workload.name}",
            within=within,
        )

    async def host_name(self, asker: Object, *, within: float = PATIENCE_SECONDS) -> str:
        """Waits until the status of an Ingress or Service has an address."""
        what = f"an address in the status of {asker['kind']} {asker['metadata']['name']}"
        return await self.until(lambda: self.cluster.host_name(asker), bool, what, within=within)

    async def in_service(
        self, asker: Object, *, targets: int = 1, within: float = PATIENCE_SECONDS
    ) -> tuple[str, Balancer]:
        """Waits until the load balancer of an Ingress or Service is active, at least so many targets are there and
        healthy, and nothing more is changed; its host name, and all of it.
        """
        host_name = await self.host_name(asker, within=within)
        await self.until(
            lambda: self.balancer(host_name),
            lambda one: one is not None and one.is_in_service and len(one.targets) >= targets,
            f"the load balancer of {asker['metadata']['name']} active with {targets} healthy targets",
            within=within,
        )
        await self.quiet()
        found = await self.balancer(host_name)
        if found is None:
            raise StageError(f"the load balancer of {asker['metadata']['name']} is gone again")
        return host_name, found

    async def balancer(self, host_name: str) -> Balancer | None:
        """The load balancer of a host name, whole."""
        return await asyncio.to_thread(self.account.balancer, host_name)

    async def settled(self) -> Mapping[str, Balancer]:
        """Waits until the services change nothing more in AWS; all load balancers by name, whole."""
        await self.quiet()
        return await asyncio.to_thread(self.account.all_balancers)

    async def quiet(self) -> None:
        """Waits until the services change nothing more in AWS."""
        last = await self.last_call()
        await asyncio.sleep(_QUIET_SECONDS)
        while any(call.is_change for call in await self.calls_since(last)):
            last = await self.last_call()
            await asyncio.sleep(_QUIET_SECONDS)

    async def served(self, url: str) -> None:
        """Waits until a URL is answered by a pod or a rule. Raises StageError when it never is."""

        samples: list[Sample] = []

        async def look() -> Sample:
            load = Load(url=url, rps=1, keep_alive=False, patience_seconds=5)
            await LoadGenerator(load, self.addresses, samples.append, self.now).run(0.5)
            return samples[-1]

        if not await self.holds(look, lambda sample: not sample.is_failed, within=_SERVED_SECONDS):
            last = samples[-1].error or f"status {samples[-1].status}"
            raise StageError(f"{url} is not served within {_SERVED_SECONDS:g} s; the last answer: {last}")

    async def ask(self, url: str) -> Asked:
        """One request on a connection of its own. Raises ExchangeError without a whole answer."""
        return await ask(url, self.addresses)

    async def load(self, load: Load, seconds: float | None = None) -> Sequence[Sample]:
        """Sends a load for some time, `pace.seconds` when nothing is said; its samples."""
        own: list[Sample] = []
        await self._generator(load, own).run(self.pace.seconds if seconds is None else seconds)
        return own

    @asynccontextmanager
    async def under_load(self, load: Load) -> AsyncIterator[list[Sample]]:
        """Sends a load while the block runs; its samples, whole after the block."""
        own: list[Sample] = []
        sending = asyncio.create_task(self._generator(load, own).run(), name=f"load {load.name}")
        try:
            yield own
        finally:
            sending.cancel()
            await asyncio.wait((sending,))

    def _generator(self, load: Load, own: list[Sample]) -> LoadGenerator:
        def seen(sample: Sample) -> None:
            own.append(sample)
            self.notebook.timeline.samples.append(sample)

        return LoadGenerator(load, self.addresses, seen, self.now)

    # What it cost

    async def last_call(self) -> int:
        """Number of the last AWS call so far."""
        return await asyncio.to_thread(self._record.last)

    async def calls_since(self, number: int) -> Sequence[CallSeen]:
        """The services' calls after a number."""
        found = await asyncio.to_thread(self._record.since, number)
        return [
            CallSeen(
                at=call["started"] - self._origin_epoch,
                operation=call["operation"],
                is_change=call["mutating"],
                error=call["error"] or "",
            )
            for call in found
        ]


async def addresses_of(scene: Scene, namespace: str) -> frozenset[str]:
    """Of the pods of a namespace."""
    return frozenset(address_of(pod) for pod in await scene.cluster.pods(namespace))
