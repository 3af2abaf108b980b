"""How a pod learns who asks: proxy protocol behind a Network Load Balancer, headers behind an Application one."""

from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments.alb_2048 import PUBLIC_BY_IP
from sandbox.lab.experiments.nlb_ip import NLB, OPTIONS
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene

ECHO = Workload(namespace="client-info", name="echo")


async def play(scene: Scene) -> None:
    service = ECHO.network_load_balancer({**OPTIONS, f"{NLB}proxy-protocol": "*"})
    ingress = ECHO.ingress(PUBLIC_BY_IP)
    scene.step("One Deployment behind an NLB with proxy protocol, and behind an ALB")
    await scene.apply(namespace(ECHO.namespace), ECHO.deployment(), ECHO.service(), service, ingress)
    await network(scene, (await scene.in_service(service, targets=ECHO.replicas))[0])
    await application(scene, (await scene.in_service(ingress, targets=ECHO.replicas))[0])


async def network(scene: Scene, host_name: str) -> None:
    """What the pod sees behind the NLB."""
    url = f"http://{host_name}/"
    await scene.served(url)
    scene.step("A request through the NLB")
    asked = await scene.ask(url)
    host, port = asked.client
    scene.judge(
        "proxy protocol behind the NLB",
        expected=f"version 2, source {host}:{port}",
        seen=proxied(asked.echo.get("proxyProtocol")),
    )
    forwarded = asked.header_seen("x-forwarded-for")
    scene.judge("headers behind the NLB", expected="no X-Forwarded-For", seen=forwarded, passed=not forwarded)


async def application(scene: Scene, host_name: str) -> None:
    """What the pod sees behind the ALB."""
    url = f"http://{host_name}/"
    await scene.served(url)
    scene.step("A request through the ALB")
    asked = await scene.ask(url)
    for name, expected in (
        ("X-Forwarded-For", asked.client[0]),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "80"),
    ):
        scene.judge(f"{name} behind the ALB", expected=expected, seen=", ".join(asked.header_seen(name)))
    scene.judge(
        "proxy protocol behind the ALB",
        expected="none",
        seen=proxied(asked.echo.get("proxyProtocol")),
    )


def proxied(header: object) -> str:
    """What a pod says that it saw of proxy protocol."""
    match header:
        case {"version": version, "source": {"address": address, "port": port}}:
            return f"version {version}, source {address}:{port}"
        case {"version": version, "command": command}:
            return f"version {version}, {command}"
    return "none"


EXPERIMENT = Experiment(
    name="client-info",
    title="How a pod learns who asks",
    done="The same pods stand behind an NLB with proxy protocol and behind an ALB as it is; a request through each "
    "shows what arrives.",
    play=play,
)
