"""Pods that count as ready only when their load balancer sends to them, through a rolling update under load."""

from collections.abc import Sequence

from sandbox.kubernetes.client import Object
from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment, Needs
from sandbox.lab.experiments.alb_2048 import PUBLIC_BY_IP
from sandbox.lab.experiments.realistic import AT_ONCE
from sandbox.lab.findings import Wait, fewest_in_state, gate_waits, none_failed, percentile
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene
from sandbox.lab.watching.pods import GATE_PREFIX
from sandbox.lab.watching.targets import LOOK_SECONDS
from sandbox.lab.webhook import GATE_LABEL

WEB = Workload(namespace="gate", name="web", replicas=3)
_ROLLOUT_SECONDS = 240.0


async def play(scene: Scene) -> None:
    ingress = WEB.ingress(PUBLIC_BY_IP)
    scene.step("A namespace that asks for readiness gates, with 3 pods behind an ALB")
    await scene.apply(namespace(WEB.namespace, {GATE_LABEL: "enabled"}), WEB.service(), ingress, WEB.deployment())
    host_name, _ = await scene.in_service(ingress, targets=WEB.replicas)
    pods = await scene.ready(WEB.namespace, WEB.replicas)
    scene.judge("pods carry the gate", expected=f"{WEB.replicas} of {WEB.replicas}", seen=gated(pods))
    url = f"http://{host_name}/"
    await scene.served(url)
    async with scene.under_load(Load(url=url, rps=scene.pace.rps)) as samples:
        await scene.pause(scene.pace.seconds)
        began = scene.now()
        scene.step("The Deployment is rolled")
        await scene.roll(WEB, within=_ROLLOUT_SECONDS)
        ended = scene.now()
        scene.step("All pods are new and ready")
        await scene.pause(scene.pace.seconds)
    scene.note(none_failed("the update loses no request", samples))
    fewest = fewest_in_state(scene.notebook.timeline.states, "healthy", began, ended)
    scene.judge(
        "the old pods stay until the new ones are healthy",
        expected=f"never fewer than {WEB.replicas} healthy targets",
        seen=f"{fewest} at the least",
        passed=fewest >= WEB.replicas,
    )
    told = gate_waits(scene.notebook.timeline.pods, scene.notebook.timeline.targets)
    waits(scene, told)
    scene.measure("the rollout took", f"{ended - began:.1f} s")


def gated(pods: Sequence[Object]) -> str:
    """How many pods name a gate of ours."""
    having = [
        pod
        for pod in pods
        if any(gate["conditionType"].startswith(GATE_PREFIX) for gate in pod["spec"].get("readinessGates") or [])
    ]
    return f"{len(having)} of {len(pods)}"


def waits(scene: Scene, told: Sequence[Wait]) -> None:
    """What each pod waited for."""
    early = [wait.pod for wait in told if wait.after_healthy < -LOOK_SECONDS]
    scene.judge(
        "pods are ready only when their target is healthy",
        expected=f"each of {2 * WEB.replicas} pods",
        seen=f"{len(told) - len(early)} of {len(told)}" + (f", too early: {', '.join(early)}" if early else ""),
        passed=len(told) == 2 * WEB.replicas and not early,
    )
    for wait in told:
        scene.measure(
            f"{wait.pod}",
            f"healthy {wait.until_healthy:.1f} s after it was created, ready {max(wait.after_healthy, 0):.1f} s later",
        )
    after = [max(wait.after_healthy, 0) for wait in told]
    scene.measure(
        "from healthy to ready",
        f"median {percentile(after, 0.5):.1f} s, worst {percentile(after, 1):.1f} s (looked every {LOOK_SECONDS:g} s)",
    )


EXPERIMENT = Experiment(
    name="readiness-gate",
    title="A rolling update that waits for the load balancer",
    done="Pods get a readiness gate from Elbow's webhook and are rolled under load, with the delays that AWS has.",
    play=play,
    seconds=5,
    is_measurement=True,
    needs=Needs(admission=True, realistic=True, delays=AT_ONCE),
)
