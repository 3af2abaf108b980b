"""Every option of a Network Load Balancer: alone, mixed, and with a value that cannot be followed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.kubernetes.client import Object
from sandbox.lab.account import Balancer, LabAccount
from sandbox.lab.experiment import Experiment, Needs
from sandbox.lab.experiments.nlb_options import BAD_VALUES, NLB, REFUSED, BadValue, Option, mixed, options
from sandbox.lab.manifests import Workload, namespace
from sandbox.lab.scene import Scene
from sandbox.stage.failure import StageError

ECHO = Workload(namespace="options", name="echo")
_EVENT_SECONDS = 20.0
_APPEAR_SECONDS = 40.0


async def play(scene: Scene) -> None:
    world = scene.world
    scene.step("Deployment of 2 pods is applied")
    await scene.apply(namespace(ECHO.namespace), ECHO.deployment(), ECHO.service())
    await scene.ready(ECHO.namespace, ECHO.replicas)
    tried = [*options(world), mixed(world)]
    scene.step(f"{len(tried)} Services are applied: each option alone, and many together")
    services = {option.name: service_of(option) for option in tried}
    await scene.apply(*services.values())
    for option in tried:
        await judge(scene, option, services[option.name])
    await bad_values(scene)
    await bad_edit(scene, next(option for option in tried if option.name == "scheme"))


async def judge(scene: Scene, option: Option, service: Object) -> None:
    """Whether an option shows in AWS."""
    expected = {seen.what: seen.expected for seen in option.seen}
    try:
        _, found = await scene.in_service(service, within=_APPEAR_SECONDS)
    except StageError as error:
        said = "; ".join(await warnings(scene, service))
        scene.judge(option.name, expected=expected, seen=f"{error} {said}".strip(), passed=False)
        return
    # Attributes and tags may follow the load balancer.
    shown = await scene.holds(
        lambda: scene.balancer(found.described["DNSName"]), lambda one: one and shows(one, option) == expected, within=5
    )
    again = await scene.balancer(found.described["DNSName"]) or found
    scene.judge(option.name, expected=expected, seen=shows(again, option), passed=shown)


async def bad_values(scene: Scene) -> None:
    """Each on a Service of its own: a Warning, no load balancer, and nothing happens to the others."""
    standing = await scene.settled()
    mark = await scene.last_call()
    scene.step(f"{len(BAD_VALUES)} Services with a bad value each are applied")
    services = [(bad, bad_service(bad)) for bad in BAD_VALUES]
    await scene.apply(*(service for _, service in services))
    for bad, service in services:
        await judge_bad(scene, bad, service)
    await unharmed(scene, "the bad values harm no other load balancer", standing, mark)
    scene.step("A Service with a certificate that does not exist is applied")
    service = bad_service(REFUSED)
    await scene.apply(service)
    await scene.holds(lambda: warnings(scene, service), bool, within=_EVENT_SECONDS)
    said = await warnings(scene, service)
    scene.judge(
        f"{REFUSED.name}: one that does not exist",
        expected="a Warning Event with what AWS says",
        seen=said[:1],
        passed=bool(said),
    )
    await unharmed(scene, "nor does what AWS refuses", standing, None)


async def unharmed(scene: Scene, check: str, standing: Mapping[str, Balancer], mark: int | None) -> None:
    """Whether these load balancers are as they were; with a mark, nothing at all was changed since."""
    after = await scene.settled()
    differ = sorted(name for name, one in standing.items() if after.get(name) != one)
    calls = await scene.calls_since(mark) if mark is not None else []
    changes = sorted({call.operation for call in calls if call.is_change})
    scene.judge(
        check,
        expected=f"{len(standing)} load balancers as before" + (", no changing call" if mark is not None else ""),
        seen=f"{len(standing) - len(differ)} as before"
        + (f", not so {', '.join(differ)}" if differ else "")
        + (f", calls: {', '.join(changes)}" if changes else ""),
        passed=not differ and not changes,
    )


async def judge_bad(scene: Scene, bad: BadValue, service: Object) -> None:
    """Whether a value that cannot be followed is said so."""
    await scene.holds(lambda: warnings(scene, service), bool, within=_EVENT_SECONDS)
    said, address = await warnings(scene, service), await scene.cluster.host_name(service)
    scene.judge(
        f"{bad.name}: {bad.value}",
        expected="a Warning Event, no load balancer",
        seen="; ".join(said[:1]) or f"no Warning Event{', a load balancer' if address else ''}",
        passed=bool(said) and not address,
    )


async def bad_edit(scene: Scene, option: Option) -> None:
    """A bad value on a Service that has a load balancer: it keeps what it has."""
    service = service_of(option)
    before = await scene.settled()
    scene.step("A Service that has a load balancer gets a bad value")
    bad = {**option.full_annotations(), f"{NLB}healthcheck-interval": "often"}
    service["metadata"]["annotations"] = bad
    await scene.apply(service)
    await scene.holds(lambda: warnings(scene, service), bool, within=_EVENT_SECONDS)
    said = await warnings(scene, service)
    scene.judge(
        "a bad value on a Service that has a load balancer",
        expected="a Warning Event",
        seen=said[:1],
        passed=bool(said),
    )
    # The Service that AWS refuses is tried again meanwhile, so calls are not counted here.
    await unharmed(scene, "and it keeps what it has", before, None)


def shows(found: Balancer, option: Option) -> Mapping[str, object]:
    """What there is to see of an option."""
    return {seen.what: seen.look(found) for seen in option.seen}


def service_of(option: Option) -> Object:
    return ECHO.network_load_balancer(
        option.full_annotations(),
        option.ports,
        name=f"with-{option.name}",
        load_balancer_class=option.load_balancer_class,
    )


def bad_service(bad: BadValue) -> Object:
    return ECHO.network_load_balancer(bad.full_annotations(), name=f"bad-{bad.name}")


async def warnings(scene: Scene, service: Object) -> Sequence[str]:
    """Messages of the Warning Events on a Service."""
    return [str(event["message"]) for event in await scene.cluster.events(service) if event["type"] == "Warning"]


def give_ipv6(account: LabAccount, world: Mapping[str, Any]) -> None:
    """The VPC and its public subnets get IPv6 ranges, which a dual-stack load balancer needs."""
    ec2, subnets = account.ec2, world["subnets"]
    ec2.associate_vpc_cidr_block(VpcId=world["vpc"], AmazonProvidedIpv6CidrBlock=True)
    [vpc] = ec2.describe_vpcs(VpcIds=[world["vpc"]])["Vpcs"]
    prefix = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].removesuffix("00::/56")
    for order, zone in enumerate("abc"):
        ec2.associate_subnet_cidr_block(SubnetId=subnets[f"public-{zone}"], Ipv6CidrBlock=f"{prefix}0{order}::/64")


EXPERIMENT = Experiment(
    name="options",
    title="Every option of a Network Load Balancer",
    done="Each annotation on a Service of its own, many on one, then values that cannot be followed: on new Services "
    "and on one that has a load balancer.",
    play=play,
    clock_factor=20,
    needs=Needs(prepare=give_ipv6),
)
