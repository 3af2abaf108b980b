"""The 2048 game behind an Application Load Balancer: the walk-through that most users begin with."""

from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment
from sandbox.lab.findings import answered_by, latency, none_failed
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene, addresses_of

ALB = "alb.ingress.kubernetes.io/"
PUBLIC_BY_IP = {f"{ALB}scheme": "internet-facing", f"{ALB}target-type": "ip"}
GAME = Workload(namespace="game-2048", name="game-2048", port=80)


async def play(scene: Scene) -> None:
    ingress = GAME.ingress(PUBLIC_BY_IP)
    scene.step("Namespace, Deployment of 2 pods, NodePort Service and Ingress are applied")
    await scene.apply(namespace(GAME.namespace), GAME.deployment(), GAME.service("NodePort"), ingress)
    host_name, found = await scene.in_service(ingress, targets=GAME.replicas)
    scene.step("The load balancer is active, its targets are healthy")
    scene.judge("kind of load balancer", expected="application", seen=found.described["Type"])
    scene.judge("scheme", expected="internet-facing", seen=found.described["Scheme"])
    scene.judge("path of its rule", expected=["/*"], seen=found.paths)
    scene.judge("targets are the pods", expected=await addresses_of(scene, GAME.namespace), seen=found.target_ids)
    scene.judge("address on the Ingress", expected=found.described["DNSName"], seen=host_name)
    url = f"http://{host_name}/"
    await scene.served(url)
    scene.step(f"{scene.pace.rps:g} requests per second")
    samples = await scene.load(Load(url=url, rps=scene.pace.rps))
    scene.note(none_failed("no request fails", samples))
    names = [str(pod["metadata"]["name"]) for pod in await scene.cluster.pods(GAME.namespace)]
    scene.note(answered_by("traffic reaches both pods", samples, names))
    scene.measure("time to answer", str(latency(samples)))


EXPERIMENT = Experiment(
    name="alb-2048",
    title="The 2048 game behind an Application Load Balancer",
    done="Namespace, Deployment, NodePort Service and an Ingress with target type ip become an ALB whose targets are "
    "the pods and not the nodes.",
    play=play,
)
