"""What the data plane of the sandbox bears: an experiment with the laboratory itself."""

import asyncio
from collections.abc import Sequence

from sandbox.lab.client.load import Load
from sandbox.lab.cluster import address_of
from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments.alb_2048 import PUBLIC_BY_IP
from sandbox.lab.findings import by_pod, latency, none_failed
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene
from sandbox.lab.timeline import Sample

WEB = Workload(namespace="throughput", name="web", replicas=20)
_DIRECT_SECONDS = 10.0
_WARM_SECONDS = 3.0
_RUNG_SECONDS = 4.0
_RUNGS = 12
_BEARABLE_MS = 250.0
"""Of the 99th percentile: a load that makes requests wait longer is above the ceiling."""


async def play(scene: Scene) -> None:
    ingress = WEB.ingress(PUBLIC_BY_IP)
    scene.step(f"{WEB.replicas} pods behind an ALB")
    await scene.apply(namespace(WEB.namespace), WEB.deployment(), WEB.service(), ingress)
    host_name, _ = await scene.in_service(ingress, targets=WEB.replicas)
    pods = await scene.ready(WEB.namespace, WEB.replicas)
    url = f"http://{host_name}/"
    await scene.served(url)
    await scene.quiet()
    rate = scene.pace.rps
    scene.step("Everything is warmed up")
    warm = await scene.load(Load(url=url, rps=rate, name="warm up"), _WARM_SECONDS)
    scene.note(none_failed("warming up", warm))
    scene.step(f"{rate:g} requests/s to the pods directly")
    direct = await to_pods(scene, [address_of(pod) for pod in pods])
    mark = await scene.last_call()
    scene.step(f"{rate:g} requests/s through the ALB")
    through = await scene.load(Load(url=url, rps=rate, name="through the ALB"))
    scene.note(none_failed(f"{rate:g} requests/s for {scene.pace.seconds:g} s", through))
    changes = sorted({call.operation for call in await scene.calls_since(mark) if call.is_change})
    scene.judge("the controller is idle", expected="no call that changes something", seen=changes, passed=not changes)
    reached = len(by_pod(through))
    scene.judge("pods that answered", expected=WEB.replicas, seen=reached)
    straight, around = latency(direct), latency(through)
    scene.measure("asking the pods directly", str(straight))
    scene.measure("through the ALB", str(around))
    added = f"median {around.median - straight.median:.1f} ms, p99 {around.p99 - straight.p99:.1f} ms"
    scene.measure("added by the data plane", added)
    await ceiling(scene, url)


async def to_pods(scene: Scene, addresses: Sequence[str]) -> Sequence[Sample]:
    """The same rate, spread over the pods evenly and over time: one request after the other, never all pods at once."""
    rate, count = scene.pace.rps, len(addresses)
    seconds = min(_DIRECT_SECONDS, scene.pace.seconds)

    async def to_pod(turn: int, address: str) -> Sequence[Sample]:
        await asyncio.sleep(turn / rate)
        return await scene.load(Load(url=f"http://{address}:{WEB.port}/", rps=rate / count, name="direct"), seconds)

    sent = await asyncio.gather(*(to_pod(turn, address) for turn, address in enumerate(addresses)))
    return [sample for samples in sent for sample in samples]


async def ceiling(scene: Scene, url: str) -> None:
    """Climbs until requests fail or wait too long."""
    borne, rate = scene.pace.rps, scene.pace.rps
    for _ in range(_RUNGS):
        rate = round(rate * 1.3)
        scene.step(f"Towards the ceiling: {rate:g} requests/s")
        samples = await scene.load(Load(url=url, rps=rate, name="ceiling", patience_seconds=10), _RUNG_SECONDS)
        if any(sample.is_failed for sample in samples) or latency(samples).p99 > _BEARABLE_MS:
            break
        borne = rate
    scene.measure(
        "ceiling",
        f"{borne:g} requests/s without an error and with a p99 of at most {_BEARABLE_MS:g} ms; client, pods, data "
        "plane and controller share this machine",
    )


EXPERIMENT = Experiment(
    name="throughput",
    title="What the data plane bears",
    done="20 pods behind an ALB are asked directly and through it, at the same rate; then the rate goes up until "
    "requests fail or wait.",
    play=play,
    seconds=60,
    rps=300,
)
