"""Sixty Ingresses at once: what they cost in AWS calls to be made, known again after a restart, and deleted.

Counted from AWS's own record, health polls of the target tracker apart, except after the restart, where the one health
poll that observes a group is a read like any other. The numbers do not depend on the machine.
"""

from collections.abc import Iterator

import pytest

from tests.integration.harness.aws import Calls
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import PREFIX, Game, ingress
from tests.integration.harness.kube import BINDINGS, INGRESSES, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

SIXTY = 60
PATIENCE_SECONDS = 240.0
NAMESPACE = "sixty"
MADE = {
    "CreateSecurityGroup": SIXTY + 1,
    "AuthorizeSecurityGroupIngress": SIXTY + 1,
    "CreateTargetGroup": SIXTY,
    "CreateLoadBalancer": SIXTY,
    "CreateListener": SIXTY,
    "CreateRule": SIXTY,
    "RegisterTargets": SIXTY,
}
"""Seven calls for each; the shared group and its one rule on the nodes' group are for all."""
DELETED = {
    "DeleteLoadBalancer": SIXTY,
    "DeleteTargetGroup": SIXTY,
    "DeleteSecurityGroup": SIXTY + 1,
    "RevokeSecurityGroupIngress": 1,
}


def name(number: int) -> str:
    return f"web-{number:02}"


def published(number: int) -> Object:
    """One Ingress of the sixty; all lead to the same Service."""
    made = ingress(NAMESPACE, {})
    return {**made, "metadata": {**made["metadata"], "name": name(number)}}


@pytest.fixture
def crowd(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """Two pods behind one Service, and sixty Ingresses for it that are served; gone after the test."""
    game = Game(sandbox=sandbox, elbow=elbow, namespace=NAMESPACE)
    game.deploy()
    elbow.settled()
    try:
        yield game
    finally:
        sandbox.aws.let_go()
        # Flags are those of a running process: only another one has others.
        elbow.stop_all()
        elbow.flags.clear()
        elbow.start_all()
        delete(game)
        game.remove()
        elbow.settled()


def apply(game: Game) -> None:
    game.kube.apply(*map(published, range(SIXTY)))
    until(
        lambda: len(game.kube.all(BINDINGS, NAMESPACE)),
        holds=lambda bound: bound == SIXTY,
        what=lambda: f"sixty bindings\n{game.elbow.report()}",
        within=PATIENCE_SECONDS,
        every=0.5,
    )
    game.elbow.settled(PATIENCE_SECONDS)


def delete(game: Game) -> None:
    game.kube.delete_all(map(published, range(SIXTY)))
    until(
        lambda: len(game.kube.all(INGRESSES, NAMESPACE)),
        holds=lambda left: left == 0,
        what=lambda: f"no Ingress to be left\n{game.elbow.report()}",
        within=PATIENCE_SECONDS,
        every=0.5,
    )
    game.elbow.settled(PATIENCE_SECONDS)


def calls(game: Game, mark: int) -> Calls:
    return game.sandbox.aws.calls(mark)


def test_sixty_ingresses_are_made_known_again_and_deleted_in_few_calls(crowd: Game) -> None:
    mark = crowd.sandbox.aws.mark()
    apply(crowd)
    made = calls(crowd, mark)
    assert made.mutating == MADE
    assert sum(made.mutating.values()) == 422
    assert sum(made.mutating.values()) + sum(made.reads.values()) <= 430, made.reads

    mark = crowd.sandbox.aws.mark()
    crowd.elbow.restart_all()
    crowd.elbow.filled()
    crowd.elbow.settled(PATIENCE_SECONDS)
    again = calls(crowd, mark)
    assert again.mutating == {}
    assert sum(again.reads.values()) + again.health_polls <= 3 * SIXTY + 30, (again.reads, again.health_polls)

    mark = crowd.sandbox.aws.mark()
    delete(crowd)
    deleted = calls(crowd, mark)
    assert deleted.reads == {}
    assert deleted.mutating == DELETED


def test_an_edit_right_after_the_start_does_not_wait_until_the_account_is_read(crowd: Game) -> None:
    apply(crowd)
    crowd.elbow.stop_all()
    crowd.elbow.flags["executor"] = (
        "--aws-buckets=elb-read=10/10,ec2-read=10/10",
        "--aws-rate-scale=1",
        "--no-aws-account-wide",
    )
    crowd.elbow.start_all()
    mark = crowd.sandbox.aws.mark()
    idle = {PREFIX + "load-balancer-attributes": "idle_timeout.timeout_seconds=120"}
    crowd.kube.annotate(INGRESSES, NAMESPACE, name(SIXTY - 1), **idle)
    crowd.elbow.filled()
    crowd.elbow.settled(PATIENCE_SECONDS)
    made = calls(crowd, mark)
    assert made.mutating == {"ModifyLoadBalancerAttributes": 1}
    (modified,) = made.of("ModifyLoadBalancerAttributes")
    assert modified["seq"] < max(call["seq"] for call in made.of("DescribeListeners", "DescribeRules"))
