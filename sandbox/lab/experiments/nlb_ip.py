"""A Network Load Balancer that sends to pods by their addresses."""

from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment
from sandbox.lab.findings import answered_by, latency, none_failed
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene, addresses_of

NLB = "service.beta.kubernetes.io/aws-load-balancer-"
OPTIONS = {
    f"{NLB}nlb-target-type": "ip",
    f"{NLB}scheme": "internet-facing",
    f"{NLB}healthcheck-port": "8080",
    f"{NLB}cross-zone-load-balancing-enabled": "true",
    f"{NLB}target-group-attributes": "deregistration_delay.timeout_seconds=60",
}
ECHO = Workload(namespace="echo", name="websrv")


async def play(scene: Scene) -> None:
    service = ECHO.network_load_balancer(OPTIONS)
    scene.step("Deployment of 2 pods and a Service of type LoadBalancer are applied")
    await scene.apply(namespace(ECHO.namespace), ECHO.deployment(), service)
    host_name, found = await scene.in_service(service, targets=ECHO.replicas)
    scene.step("The load balancer is active, its targets are healthy")
    group, attributes = found.group, found.group_attributes[0]
    scene.judge("kind of load balancer", expected="network", seen=found.described["Type"])
    scene.judge("scheme", expected="internet-facing", seen=found.described["Scheme"])
    scene.judge("targets are the pods", expected=await addresses_of(scene, ECHO.namespace), seen=found.target_ids)
    scene.judge("target type", expected="ip", seen=group["TargetType"])
    scene.judge("health check port", expected="8080", seen=group["HealthCheckPort"])
    scene.judge("cross-zone", expected="true", seen=found.attributes["load_balancing.cross_zone.enabled"])
    scene.judge("deregistration delay", expected="60", seen=attributes["deregistration_delay.timeout_seconds"])
    url = f"http://{host_name}/"
    await scene.served(url)
    scene.step(f"{scene.pace.rps:g} connections per second")
    samples = await scene.load(Load(url=url, rps=scene.pace.rps, keep_alive=False))
    scene.note(none_failed("no connection fails", samples))
    names = [str(pod["metadata"]["name"]) for pod in await scene.cluster.pods(ECHO.namespace)]
    scene.note(answered_by("traffic reaches both pods", samples, names))
    scene.measure("time to answer", str(latency(samples)))


EXPERIMENT = Experiment(
    name="nlb-ip",
    title="A Network Load Balancer in front of pods",
    done="A Service of type LoadBalancer with target type ip, its own health check port, cross-zone balancing and a "
    "deregistration delay becomes an NLB; every request is a connection of its own.",
    play=play,
)
