"""How requests are spread over a fast and a slow pod, and what becomes of a change that somebody makes by hand."""

import asyncio

from sandbox.kubernetes.client import Object
from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment, Needs
from sandbox.lab.experiments.alb_2048 import ALB, GAME, PUBLIC_BY_IP
from sandbox.lab.findings import by_pod, changes_made, latency, none_failed
from sandbox.lab.manifests import namespace
from sandbox.lab.scene import Scene

KEY = "load_balancing.algorithm.type"
LEAST, ROUND = "least_outstanding_requests", "round_robin"
LATENCY = "sandbox.elbow/latency-seconds"
SLOW_SECONDS = "0.5"
_SLOW_SHARE_AT_MOST = 0.2
_EVEN = (0.4, 0.6)
_REVERT_SECONDS = 30.0
_SWITCH_SECONDS = 2.0


async def play(scene: Scene) -> None:
    ingress = GAME.ingress(PUBLIC_BY_IP)
    scene.step("The 2048 game is applied")
    await scene.apply(namespace(GAME.namespace), GAME.deployment(), GAME.service(), ingress)
    host_name, found = await scene.in_service(ingress, targets=GAME.replicas)
    url = f"http://{host_name}/"
    await scene.served(url)
    slow = str((await scene.ready(GAME.namespace, GAME.replicas))[0]["metadata"]["name"])
    await scene.cluster.annotate_pod(GAME.namespace, slow, {LATENCY: SLOW_SECONDS})
    await scene.pause(_SWITCH_SECONDS)
    scene.step(f"One pod takes {SLOW_SECONDS} s for an answer; load with {ROUND}")
    await spread(scene, url, slow, ROUND)

    mark = await scene.last_call()
    scene.step(f"The Ingress asks for {LEAST}")
    ingress["metadata"]["annotations"] |= {f"{ALB}target-group-attributes": f"{KEY}={LEAST}"}
    await scene.apply(ingress)
    arn = found.group["TargetGroupArn"]
    changed = await scene.holds(lambda: algorithm(scene, arn), lambda one: one == LEAST, within=_REVERT_SECONDS)
    scene.judge("the algorithm in AWS", expected=LEAST, seen=await algorithm(scene, arn), passed=changed)
    calls = changes_made(await scene.calls_since(mark))
    scene.judge("what the change cost", expected={"ModifyTargetGroupAttributes": 1}, seen=calls)
    await scene.pause(_SWITCH_SECONDS)
    scene.step(f"Load with {LEAST}")
    await spread(scene, url, slow, LEAST)

    scene.step("Somebody sets round_robin in AWS by hand")
    began = scene.now()
    await asyncio.to_thread(
        scene.account.elbv2.modify_target_group_attributes,
        TargetGroupArn=arn,
        Attributes=[{"Key": KEY, "Value": ROUND}],
    )
    reverted = await scene.holds(lambda: algorithm(scene, arn), lambda one: one == LEAST, within=_REVERT_SECONDS)
    took = scene.now() - began
    scene.judge(
        "the change by hand is reverted",
        expected=f"{LEAST} again",
        seen=f"{await algorithm(scene, arn)} after {took:.1f} s",
        passed=reverted,
    )
    await scene.holds(lambda: told(scene, ingress), bool, within=_REVERT_SECONDS)
    messages = await told(scene, ingress)
    wanted = f"{KEY}: expected {LEAST}, found {ROUND}"
    scene.judge(
        "and reported",
        expected=f"a DriftReverted Event: {wanted}",
        seen=messages,
        passed=any(wanted in one for one in messages),
    )
    scene.step("The change by hand is gone")


async def spread(scene: Scene, url: str, slow: str, algorithm: str) -> None:
    """Load, and how much of it the slow pod got."""
    samples = await scene.load(Load(url=url, rps=scene.pace.rps))
    counts = by_pod(samples)
    share = counts.get(slow, 0) / max(1, sum(counts.values()))
    least, most = (0.0, _SLOW_SHARE_AT_MOST) if algorithm == LEAST else _EVEN
    scene.note(none_failed(f"no request fails with {algorithm}", samples))
    scene.judge(
        f"what the slow pod gets with {algorithm}",
        expected=f"{least:.0%} to {most:.0%} of the requests",
        seen=f"{share:.0%} ({counts.get(slow, 0)} of {sum(counts.values())})",
        passed=bool(counts) and least <= share <= most,
    )
    scene.measure(f"time to answer with {algorithm}", str(latency(samples)))


async def algorithm(scene: Scene, arn: str) -> str:
    """Of a target group, as AWS says it."""
    answer = await asyncio.to_thread(scene.account.elbv2.describe_target_group_attributes, TargetGroupArn=arn)
    return next((str(one["Value"]) for one in answer["Attributes"] if one["Key"] == KEY), "")


async def told(scene: Scene, ingress: Object) -> list[str]:
    """Messages of the Events about drift."""
    events = await scene.cluster.events(ingress)
    return [str(event["message"]) for event in events if event["reason"] == "DriftReverted"]


EXPERIMENT = Experiment(
    name="algorithm",
    title="Balancing algorithms with one slow pod, and drift",
    done="The 2048 Ingress asks for the algorithm least_outstanding_requests while one of two pods is slow; then the "
    "attribute is changed by hand in AWS.",
    play=play,
    seconds=8,
    needs=Needs(sweep_seconds=4),
)
