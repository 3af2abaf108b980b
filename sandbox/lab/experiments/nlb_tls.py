"""TLS that ends at a Network Load Balancer."""

from sandbox.lab.client.asking import handshake
from sandbox.lab.client.http import ExchangeError
from sandbox.lab.client.load import Load
from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments.nlb_ip import ECHO, NLB, OPTIONS
from sandbox.lab.findings import none_failed
from sandbox.lab.manifests import namespace
from sandbox.lab.scene import Scene


async def play(scene: Scene) -> None:
    certificate = scene.world["certs"]["www"]
    service = ECHO.network_load_balancer(
        {**OPTIONS, f"{NLB}ssl-cert": certificate, f"{NLB}ssl-ports": "443"}, ports=(80, 443)
    )
    scene.step("A Service with ports 80 and 443, the second one TLS, is applied")
    await scene.apply(namespace(ECHO.namespace), ECHO.deployment(), service)
    host_name, found = await scene.in_service(service, targets=ECHO.replicas)
    listeners = {f"{one['Port']}": one["Protocol"] for one in found.listeners}
    scene.judge("listeners", expected={"80": "TCP", "443": "TLS"}, seen=listeners)
    url = f"https://{host_name}/"
    await scene.served(url)
    scene.step("A request over TLS")
    asked = await scene.ask(url)
    scene.judge("the TLS port answers", expected=200, seen=asked.answer.status)
    scene.judge("the pod sees", expected="plain HTTP", seen="TLS" if asked.echo.get("tls") else "plain HTTP")
    address = scene.addresses.of(host_name, 443)
    version = await handshake(address, host_name) if address else "nothing listens"
    scene.judge("TLS ends at the load balancer", expected="TLSv1.2 or newer", seen=version, passed="TLSv1." in version)
    scene.step("Plain HTTP to the TLS port")
    scene.judge("plain HTTP to the TLS port", expected="no answer", seen=await plain(scene, host_name))
    scene.step("A load over TLS, a connection for each request")
    samples = await scene.load(Load(url=url, rps=scene.pace.rps, keep_alive=False))
    scene.note(none_failed("no connection fails", samples))


async def plain(scene: Scene, host_name: str) -> str:
    """What plain HTTP to the TLS port gives."""
    try:
        asked = await scene.ask(f"http://{host_name}:443/")
    except ExchangeError as error:
        scene.measure("plain HTTP to the TLS port ends as", error.kind)
        return "no answer"
    return f"status {asked.answer.status}"


EXPERIMENT = Experiment(
    name="nlb-tls",
    title="TLS that ends at a Network Load Balancer",
    done="The NLB of nlb-ip gets a certificate for port 443; port 80 stays plain TCP.",
    play=play,
    seconds=5,
    rps=20,
)
