"""A service is killed while AWS holds a call of the game's making: what comes out is what would have come out.

The executor's own call dies with it: held before its effect it never takes effect, held after it only its answer is
lost. When the planner or the watcher dies, the executor lives and its call goes on. The services that were not killed
run on. Nothing is made twice, and nothing is left when all is deleted.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.conformance.comparison import differences
from tests.conformance.snapshot import Raw, snapshot
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import CREATE, Game
from tests.integration.harness.kube import BINDINGS, INGRESSES
from tests.integration.harness.sandbox import Sandbox

pytestmark = pytest.mark.faults

CALLS = sum(CREATE.values())
MOMENTS = ("before", "after")
EXECUTOR_POINTS = [
    pytest.param("executor", nth, when, id=f"executor dies {when} call {nth} took effect")
    for nth, when in product(range(1, CALLS + 1), MOMENTS)
]
OTHER_POINTS = [
    pytest.param(service, nth, when, id=f"{service} dies {when} call {nth} took effect")
    for service in ("planner", "watcher")
    for nth, when in ((1, "before"), (5, "after"), (CALLS, "before"))
]


def account(sandbox: Sandbox) -> tuple[Raw, Raw]:
    """The AWS account, and the game's Kubernetes objects with AWS's ids replaced by names."""
    elbv2 = sandbox.aws.client("elbv2")
    aws, names = snapshot(sandbox.world, elbv2=elbv2, ec2=sandbox.aws.client("ec2"))
    for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
        names.learn(balancer["DNSName"], f"host:{balancer['LoadBalancerName']}")
    bindings = [
        {
            "name": b["metadata"]["name"],
            "namespace": b["metadata"]["namespace"],
            "labels": b["metadata"].get("labels"),
            "finalizers": b["metadata"].get("finalizers"),
            "spec": b["spec"],
        }
        for b in sandbox.kube.all(BINDINGS)
    ]
    ingresses = {
        i["metadata"]["name"]: {"status": i.get("status"), "finalizers": i["metadata"].get("finalizers")}
        for i in sandbox.kube.all(INGRESSES)
    }
    return aws, names.applied({"tgbs": bindings, "ingresses": ingresses})


def record(sandbox: Sandbox) -> Raw:
    aws, kubernetes = account(sandbox)
    return {"aws": aws, "kubernetes": kubernetes}


@pytest.fixture(scope="module")
def deployed(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """One game for all cases: only its Ingress comes and goes."""
    game = Game(sandbox=sandbox, elbow=elbow, namespace="crash")
    game.deploy()
    yield game
    sandbox.aws.let_go()
    elbow.start_all()
    game.remove()


@pytest.fixture(scope="module")
def undisturbed(deployed: Game) -> tuple[Raw, Raw]:
    """The state without the game and with it, made with nobody in the way."""
    without = record(deployed.sandbox)
    deployed.publish()
    deployed.published()
    deployed.elbow.settled()
    with_game = record(deployed.sandbox)
    deployed.unpublish()
    deployed.elbow.settled()
    assert record(deployed.sandbox) == without
    return without, with_game


@pytest.mark.parametrize(("service", "nth", "when"), [*EXECUTOR_POINTS, *OTHER_POINTS])
def test_a_killed_service_leaves_no_trace(
    deployed: Game, undisturbed: tuple[Raw, Raw], service: str, nth: int, when: str
) -> None:
    without, with_game = undisturbed
    aws, elbow = deployed.sandbox.aws, deployed.elbow
    hold = aws.hold(nth=nth, when=when)
    try:
        deployed.publish()
        aws.held(hold)
        elbow.kill(service)
        if service == "executor":
            aws.discard(hold)
    finally:
        aws.let_go()
    elbow.start(service)
    deployed.published()
    elbow.settled()
    assert differences("after the crash", with_game, record(deployed.sandbox)) == []
    deployed.unpublish()
    elbow.settled()
    assert record(deployed.sandbox) == without


@pytest.mark.parametrize(("nth", "when"), [pytest.param(n, w, id=f"{w} call {n}") for n in (1, 3, 5) for w in MOMENTS])
def test_an_executor_that_dies_while_taking_down_leaves_nothing(
    deployed: Game, undisturbed: tuple[Raw, Raw], nth: int, when: str
) -> None:
    without, _ = undisturbed
    aws, elbow = deployed.sandbox.aws, deployed.elbow
    deployed.publish()
    deployed.published()
    elbow.settled()
    hold = aws.hold(nth=nth, when=when)
    try:
        deployed.kube.delete(INGRESSES, deployed.namespace, "ingress-2048")
        aws.held(hold)
        elbow.kill("executor")
        aws.discard(hold)
    finally:
        aws.let_go()
    elbow.start("executor")
    deployed.unpublish()
    elbow.settled()
    assert record(deployed.sandbox) == without
