"""HTTPS at an Application Load Balancer, and HTTP that is sent there."""

from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments.alb_2048 import ALB, GAME, PUBLIC_BY_IP
from sandbox.lab.findings import none_failed
from sandbox.lab.manifests import namespace
from sandbox.lab.scene import Scene


async def play(scene: Scene) -> None:
    ingress = GAME.ingress(
        {
            **PUBLIC_BY_IP,
            f"{ALB}certificate-arn": scene.world["certs"]["www"],
            f"{ALB}listen-ports": '[{"HTTP": 80}, {"HTTPS":443}]',
            f"{ALB}ssl-redirect": "443",
        }
    )
    scene.step("The 2048 game with a certificate, two ports and a redirect")
    await scene.apply(namespace(GAME.namespace), GAME.deployment(), GAME.service(), ingress)
    host_name, found = await scene.in_service(ingress, targets=GAME.replicas)
    listeners = sorted((one["Port"], one["Protocol"]) for one in found.listeners)
    scene.judge("listeners", expected=[(80, "HTTP"), (443, "HTTPS")], seen=listeners)
    await scene.served(f"http://{host_name}/")
    await scene.served(f"https://{host_name}/")
    scene.step("A request over HTTP")
    asked = await scene.ask(f"http://{host_name}/play?level=1")
    scene.judge("HTTP answers", expected=301, seen=asked.answer.status)
    scene.judge(
        "and sends to",
        expected=f"https://{host_name}:443/play?level=1",
        seen=asked.answer.headers.get("location", ""),
    )
    scene.step("A request and a load over HTTPS")
    asked = await scene.ask(f"https://{host_name}/play")
    scene.judge("HTTPS answers", expected=200, seen=asked.answer.status)
    scene.judge("X-Forwarded-Proto", expected="https", seen=", ".join(asked.header_seen("X-Forwarded-Proto")))
    samples = await scene.load(Load(url=f"https://{host_name}/", rps=scene.pace.rps))
    scene.note(none_failed("no request over HTTPS fails", samples))


EXPERIMENT = Experiment(
    name="ssl-redirect",
    title="HTTPS, and HTTP that is sent there",
    done="The 2048 Ingress gets a certificate, listens on 80 and 443, and redirects.",
    play=play,
    seconds=5,
)
