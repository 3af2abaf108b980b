"""The first run on a cluster: everything is planned and nothing is written; and what a role that lacks rights leads to.

Three processes against the sandbox; what was written is read from its record and from the objects' versions.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from sandbox.kubernetes.client.resources import EVENTS
from tests.integration.harness.game import CREATE, Game
from tests.integration.harness.kube import BINDINGS, INGRESSES, LEASES, Object
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

INGRESS = "ingress-2048"
LEASE = ("kube-system", "aws-load-balancer-controller-leader")
EVENTS_OF_PODS = {"Pod", "Deployment", "ReplicaSet", "Node"}


@pytest.fixture
def restarted(game: Game) -> Iterator[Game]:
    """A game whose services the test starts itself; they run as they did when it ends."""
    yield game
    game.elbow.stop_all()
    game.elbow.flags.clear()
    game.kube.delete(LEASES, *LEASE)
    game.elbow.start_all()


def start(game: Game, *flags: str) -> None:
    game.elbow.stop_all()
    game.elbow.flags["planner"] = flags
    game.elbow.start_all()


def observing(game: Game) -> str:
    """Waits until the stack is planned and not executed; the plan in one line."""
    until(game.stack_state, holds=lambda state: state == "observing", what=lambda: f"a plan\n{game.elbow.report()}")
    game.elbow.settled()
    found = game.elbow.planner.stack(game.namespace, INGRESS)
    assert found is not None
    return found.last_plan


def written(game: Game) -> tuple[Object, list[Object], list[Object]]:
    """What the services could have written about the game."""
    ingress = game.kube.the(INGRESSES, game.namespace, INGRESS)
    events = [e for e in game.kube.all(EVENTS, game.namespace) if e["involvedObject"]["kind"] not in EVENTS_OF_PODS]
    return ingress, game.kube.all(BINDINGS, game.namespace), events


def lease(game: Game, renewed: datetime) -> None:
    """The reference controller's Lease as it would have written it at that time."""
    game.kube.apply(
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"namespace": LEASE[0], "name": LEASE[1]},
            "spec": {
                "holderIdentity": "aws-load-balancer-controller-7d4",
                "leaseDurationSeconds": 3,
                "renewTime": renewed.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            },
        }
    )


@contextmanager
def renewing(game: Game) -> Iterator[None]:
    """The reference controller runs inside the block: its Lease is renewed every second."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(1.0):
            lease(game, datetime.now(UTC))

    lease(game, datetime.now(UTC))
    thread = threading.Thread(target=renew, name="reference controller")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_observe_mode_plans_everything_and_writes_nothing(restarted: Game) -> None:
    game = restarted
    start(game, "--mode=observe")
    mark = game.sandbox.aws.mark()
    game.publish()
    before = written(game)
    line = observing(game)
    assert "create 1 load balancer" in line
    found = game.elbow.planner.stack(game.namespace, INGRESS)
    assert found is not None
    plan = game.elbow.planner.plan(found.key)
    assert "CreateLoadBalancer" in {step.aws.operation for step in plan.steps if step.HasField("aws")}
    code, words = game.elbow.status()
    assert code == 0, words
    assert "nothing is executed: --mode=observe" in words
    assert written(game) == before
    assert game.sandbox.aws.calls(mark).mutating == {}

    start(game, "--mode=execute")
    game.published()
    game.elbow.settled()
    assert game.sandbox.aws.calls(mark).mutating == CREATE


def test_what_stands_is_left_alone_in_observe_mode(restarted: Game) -> None:
    game = restarted
    game.publish()
    game.published()
    game.elbow.settled()
    start(game, "--mode=observe")
    game.elbow.settled()
    mark = game.sandbox.aws.mark()
    game.scale(3)
    game.pods_ready(3)
    game.annotate("load-balancer-attributes", "idle_timeout.timeout_seconds=120")
    before = written(game)
    assert "modify 1 load balancer" in observing(game)
    assert written(game) == before
    assert game.sandbox.aws.calls(mark).mutating == {}


def test_the_reference_controller_is_not_fought_and_followed_when_it_stops(restarted: Game) -> None:
    game = restarted
    mark = game.sandbox.aws.mark()
    game.elbow.stop_all()
    with renewing(game):
        game.elbow.start_all()
        game.publish()
        observing(game)
        _, words = game.elbow.status()
        assert "the reference controller runs: its Lease kube-system/aws-load-balancer-controller-leader" in words
        assert game.elbow.said("planner", "only observed: nothing is executed")
        assert game.sandbox.aws.calls(mark).mutating == {}
    game.published()
    game.elbow.settled()
    assert game.sandbox.aws.calls(mark).mutating == CREATE


def test_the_reference_controller_may_be_ignored(restarted: Game) -> None:
    game = restarted
    start(game, "--ignore-reference-controller")
    with renewing(game):
        game.publish()
        game.published()


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
@pytest.mark.parametrize(
    ("operation", "action"),
    [
        pytest.param("CreateLoadBalancer", "elasticloadbalancing:CreateLoadBalancer", id="a load balancer"),
        pytest.param("CreateSecurityGroup", "ec2:CreateSecurityGroup", id="a security group"),
    ],
)
def test_a_missing_right_is_named_where_the_user_looks(game: Game, operation: str, action: str, code: str) -> None:
    game.sandbox.aws.refuse(operation, code=code, message="is not authorized")
    game.publish()
    warning = until(
        lambda: next((e for e in game.warnings() if action in e["message"]), None),
        what=lambda: f"a Warning that names {action}\n{game.elbow.report()}",
    )
    assert warning is not None
    until(
        lambda: game.elbow.status()[1],
        holds=lambda words: f"the executor's role lacks {action}" in words,
        what=f"elbow status to name {action}",
    )
    game.sandbox.aws.let_go()


def test_without_the_tagging_api_everything_is_found_by_describing_it(restarted: Game) -> None:
    game = restarted
    game.publish()
    game.published()
    game.elbow.settled()
    game.sandbox.aws.refuse("GetResources", code="AccessDeniedException", message="is not authorized", status=400)
    mark = game.sandbox.aws.mark()
    game.elbow.restart_all()
    game.elbow.filled()
    game.elbow.settled()
    calls = game.sandbox.aws.calls(mark)
    assert calls.mutating == {}
    assert calls.of("GetResources")
    assert calls.of("DescribeTags")
    game.annotate("load-balancer-attributes", "idle_timeout.timeout_seconds=120")
    until(lambda: game.sandbox.aws.calls(mark).mutating, what="the change to be made")
    game.unpublish()
    assert game.sandbox.aws.calls(mark).mutating == {
        "ModifyLoadBalancerAttributes": 1,
        "DeleteLoadBalancer": 1,
        "DeleteTargetGroup": 1,
        "RevokeSecurityGroupIngress": 1,
        "DeleteSecurityGroup": 2,
    }
