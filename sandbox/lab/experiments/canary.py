"""Traffic moved from one version to another by weights, while requests go on."""

import json

from sandbox.kubernetes.client import Object
from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments.alb_2048 import ALB, PUBLIC_BY_IP
from sandbox.lab.findings import changes_made, none_failed, split_as
from sandbox.lab.manifests import Workload, ingress, namespace
from sandbox.lab.scene import Scene

MAIN = Workload(namespace="canary", name="ng")
CANARY = Workload(namespace="canary", name="ng-canary")
STEPS = ((50, 50), (90, 10), (0, 100))
"""Weights of the main version and of the canary."""
_SWITCH_SECONDS = 1.0
_CHANGE_SECONDS = 30.0


async def play(scene: Scene) -> None:
    scene.step("Two Deployments behind one rule, weights 50 and 50")
    first = routed(*STEPS[0])
    workloads = [one for each in (MAIN, CANARY) for one in (each.deployment(), each.service())]
    await scene.apply(namespace(MAIN.namespace), *workloads, first)
    host_name, _ = await scene.in_service(first, targets=MAIN.replicas + CANARY.replicas)
    url = f"http://{host_name}/"
    await scene.served(url)
    async with scene.under_load(Load(url=url, rps=scene.pace.rps)) as samples:
        spans = [await phase(scene, host_name, order) for order in range(len(STEPS))]
    for (main, canary), (begin, end) in zip(STEPS, spans, strict=True):
        answered = [sample for sample in samples if begin <= sample.at < end]
        share = canary / (main + canary)
        scene.note(split_as(f"split at {main} to {canary}: what the canary gets", answered, f"{CANARY.name}-", share))
    scene.note(none_failed("no request fails, at the changes too", samples))


async def phase(scene: Scene, host_name: str, order: int) -> tuple[float, float]:
    """Sets the weights, unless they are the first ones, and lets the load go on; when they were in force."""
    weights = STEPS[order]
    if order:
        mark = await scene.last_call()
        scene.step(f"Weights {weights[0]} and {weights[1]} are applied")
        await scene.apply(routed(*weights))
        await scene.until(
            lambda: weights_in_aws(scene, host_name),
            lambda found: found == sorted(weights),
            f"the weights {weights} in AWS",
            within=_CHANGE_SECONDS,
        )
        await scene.pause(_SWITCH_SECONDS)
        calls = changes_made(await scene.calls_since(mark))
        scene.judge(f"what the change to {weights[0]} and {weights[1]} cost", expected={"ModifyRule": 1}, seen=calls)
    begin = scene.now()
    await scene.pause(scene.pace.seconds)
    return begin, scene.now()


async def weights_in_aws(scene: Scene, host_name: str) -> list[int]:
    """Of the rule's target groups."""
    found = await scene.balancer(host_name)
    actions = [action for rule in (found.rules if found else ()) for action in rule["Actions"]]
    return sorted(group["Weight"] for action in actions for group in action["ForwardConfig"]["TargetGroups"])


def routed(main: int, canary: int) -> Object:
    """The Ingress with these weights."""
    groups = [
        {"serviceName": each.name, "servicePort": 80, "weight": weight}
        for each, weight in ((MAIN, main), (CANARY, canary))
    ]
    action = {"type": "forward", "forwardConfig": {"targetGroups": groups}}
    annotations = {**PUBLIC_BY_IP, f"{ALB}actions.weighted-routing": json.dumps(action)}
    backend = {"service": {"name": "weighted-routing", "port": {"name": "use-annotation"}}}
    return ingress(MAIN.namespace, "traffic-split", annotations, {"path": "/", "pathType": "Prefix"}, backend)


EXPERIMENT = Experiment(
    name="canary",
    title="A canary by weights, under load",
    done="Two Deployments behind one Ingress with a weighted action: 50 to 50, then 90 to 10, then everything to the "
    "canary, while requests go on.",
    play=play,
    seconds=6,
)
