"""Nothing of one key waits for another: read from the order in AWS's record, not from times.

AWS holds calls of two stacks, with no answer, while pods of a third and of one of the two terminate.
"""

from collections.abc import Iterator

import pytest

from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import Game, ingress, service
from tests.integration.harness.kube import BINDINGS, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

SERVICE = "service-2048"
NAMES = ("held-making", "held-changing", "free")
LEAVING = "service-leaving"
CALL_SECONDS = 120
"""Far longer than the test: no held call is given up and sent again."""


def with_two_groups(namespace: str, *names: str) -> Object:
    """The game's Ingress with a path for each Service."""
    made = ingress(namespace, {})
    paths = [
        {"path": f"/{name}", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for name in names
    ]
    return {**made, "spec": {**made["spec"], "rules": [{"http": {"paths": paths}}]}}


@pytest.fixture
def games(sandbox: Sandbox, elbow: Elbow) -> Iterator[tuple[Game, Game, Game]]:
    """Three games in namespaces of their own: the first is not published yet, the second has two target groups."""
    elbow.stop_all()
    elbow.flags["executor"] = (f"--aws-call-timeout-seconds={CALL_SECONDS}",)
    elbow.start_all()
    making, changing, free = (Game(sandbox=sandbox, elbow=elbow, namespace=name) for name in NAMES)
    for game in (making, changing, free):
        game.deploy(3)
    second = service(changing.namespace)
    changing.kube.apply({**second, "metadata": {**second["metadata"], "name": LEAVING}})
    changing.kube.apply(with_two_groups(changing.namespace, SERVICE, LEAVING))
    free.publish()
    free.published()
    until(lambda: len(changing.kube.all(BINDINGS, changing.namespace)) == 2, what="both groups to be bound")
    elbow.settled()
    yield making, changing, free
    sandbox.aws.let_go()
    elbow.start_all()
    for game in (making, changing, free):
        game.remove()
    elbow.settled()
    elbow.stop_all()
    elbow.flags.clear()
    elbow.start_all()


def group_of(game: Game, service_name: str) -> str:
    """ARN of the target group that a Service's pods are in."""
    bindings = game.kube.all(BINDINGS, game.namespace)
    (found,) = (b["spec"]["targetGroupARN"] for b in bindings if b["spec"]["serviceRef"]["name"] == service_name)
    return str(found)


def test_a_terminating_pod_is_deregistered_while_calls_of_other_stacks_are_held(games: tuple[Game, Game, Game]) -> None:
    making, changing, free = games
    aws = free.sandbox.aws
    staying, leaving, other = group_of(changing, SERVICE), group_of(changing, LEAVING), group_of(free, SERVICE)
    creation, deletion = aws.hold(operation="CreateLoadBalancer"), aws.hold(operation="DeleteTargetGroup")
    making.publish()
    changing.kube.apply(with_two_groups(changing.namespace, SERVICE))
    held = (aws.held(creation), aws.held(deletion))
    assert held[1]["parameters"]["TargetGroupArn"] == leaving
    mark = aws.mark()

    free.scale(2)
    changing.scale(2)
    until(
        lambda: {c["parameters"]["TargetGroupArn"] for c in aws.calls(mark).of("DeregisterTargets")},
        holds=lambda seen: seen == {staying, other},
        what=lambda: f"both pods to be deregistered\n{free.elbow.report()}",
    )
    numbers = {call["seq"] for call in held}
    assert {c["seq"]: c["ended"] for c in aws.calls(0).made if c["seq"] in numbers} == dict.fromkeys(numbers)
    assert aws.calls(mark).of("CreateLoadBalancer", "DeleteTargetGroup") == []
