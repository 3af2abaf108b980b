"""What users meet when pods end: bare, with what the application can do about it, and with what Elbow can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment, Needs
from sandbox.lab.experiments.alb_2048 import ALB, PUBLIC_BY_IP
from sandbox.lab.experiments.realistic import AT_ONCE
from sandbox.lab.findings import described
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene
from sandbox.lab.timeline import Sample

HEALTH = "/logistics/health"
_PODS, _FEWER = 4, 2
_ROLLOUT_SECONDS = 240.0
_ANSWER_SECONDS = "0.2"
"""How long a request takes, so that some are under way whenever a pod ends."""
_PUBLISHED = "504: 340 on average to 0, 502: 200 to 30"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to run the application."""

    letter: str
    title: str
    workload: Workload
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of its Ingress, beside those that all have."""


BARE = Variant(
    letter="a",
    title="bare",
    workload=Workload(
        namespace="shutdown-a",
        name="web",
        replicas=_PODS,
        annotations={"sandbox.elbow/latency-seconds": _ANSWER_SECONDS},
    ),
)
CAREFUL = Variant(
    letter="b",
    title="preStop sleep, readiness probe, its path as health check",
    workload=Workload(
        namespace="shutdown-b",
        name="web",
        replicas=_PODS,
        annotations={"sandbox.elbow/latency-seconds": _ANSWER_SECONDS},
        container={
            "readinessProbe": {"httpGet": {"path": HEALTH, "port": 8080}, "periodSeconds": 5},
            "lifecycle": {"preStop": {"exec": {"command": ["sleep", "40"]}}},
        },
        grace_seconds=60,
    ),
    annotations={
        f"{ALB}healthcheck-path": HEALTH,
        f"{ALB}success-codes": "200-301",
        f"{ALB}healthcheck-interval-seconds": "5",
        f"{ALB}healthcheck-timeout-seconds": "4",
    },
)


async def play(scene: Scene) -> None:
    bare = await scaled_and_rolled(scene, BARE)
    careful = await scaled_and_rolled(scene, CAREFUL)
    scene.measure("(a) bare", described(bare))
    scene.measure("(b) careful", described(careful))
    scene.measure("published for one such application", _PUBLISHED)
    scene.judge("(b) 502 and 504", expected="0 and 0", seen=both(careful))
    scene.not_available(
        "(c) bare, with Elbow's injected shutdown",
        expected="0 and 0",
        why="Elbow injects no shutdown into pods yet; without it (c) would be (a): " + both(bare),
    )


async def scaled_and_rolled(scene: Scene, variant: Variant) -> Sequence[Sample]:
    """Scales in and rolls a Deployment under load; the load's requests."""
    workload, name = variant.workload, f"({variant.letter})"
    ingress = workload.ingress({**PUBLIC_BY_IP, **variant.annotations})
    scene.step(f"{name} {variant.title}: {_PODS} pods behind an ALB")
    await scene.apply(namespace(workload.namespace), workload.deployment(), workload.service(), ingress)
    host_name, _ = await scene.in_service(ingress, targets=_PODS)
    url = f"http://{host_name}/"
    await scene.served(url)
    async with scene.under_load(Load(url=url, rps=scene.pace.rps, name=name)) as samples:
        await scene.pause(2)
        scene.step(f"{name} scaled from {_PODS} to {_FEWER}")
        await scene.cluster.scale(workload.namespace, workload.name, _FEWER)
        await scene.pause(scene.pace.seconds)
        scene.step(f"{name} rolled")
        await scene.roll(workload, within=_ROLLOUT_SECONDS)
        scene.step(f"{name} all pods are new and ready")
        await scene.pause(scene.pace.seconds)
    scene.step(f"{name} the load ends")
    return samples


def both(samples: Sequence[Sample]) -> str:
    """`3 and 0`: answers 502 and 504."""
    return " and ".join(str(sum(sample.status == status for sample in samples)) for status in (502, 504))


EXPERIMENT = Experiment(
    name="graceful-shutdown",
    title="What users meet when pods end",
    done="A Deployment under load is scaled in and rolled: (a) bare, (b) with a preStop sleep, a readiness probe and "
    "its path as the health check, (c) bare with a shutdown that Elbow injects. A request takes "
    f"{_ANSWER_SECONDS} s.",
    play=play,
    seconds=20,
    is_measurement=True,
    needs=Needs(realistic=True, delays=AT_ONCE),
)
