"""What the life of a load balancer costs in AWS calls, counted from AWS's own record; three processes.

Health polls of the target tracker are left out of the reads; the fill of the inventory is over when a test begins.
"""

import pytest

from tests.conformance.snapshot import Raw, snapshot
from tests.integration.harness.aws import Calls, registered
from tests.integration.harness.game import CREATE, Game
from tests.integration.harness.kube import INGRESSES
from tests.integration.harness.observed import Observed

pytestmark = pytest.mark.integration

COLLECT_SECONDS = 0.1
"""How long registrations collect; the service's default."""


@pytest.fixture
def published(game: Game) -> Game:
    """The game behind its load balancer, with everything worked off."""
    game.publish()
    game.published()
    game.elbow.settled()
    return game


def account(game: Game) -> Raw:
    aws = game.sandbox.aws
    return snapshot(game.sandbox.world, elbv2=aws.client("elbv2"), ec2=aws.client("ec2"))[0]


def spent(game: Game, mark: int) -> Calls:
    """The calls since the mark, once nothing is left to do."""
    game.elbow.settled()
    return game.sandbox.aws.calls(mark)


def test_a_load_balancer_is_made_with_nine_changes_and_at_most_two_reads(game: Game) -> None:
    mark = game.sandbox.aws.mark()
    game.publish()
    game.published()
    calls = spent(game, mark)
    assert calls.mutating == CREATE
    assert sum(calls.reads.values()) <= 2, calls.reads


def test_a_second_reconcile_asks_nothing(published: Game) -> None:
    observed = Observed(published.sandbox.traces)
    mark = published.sandbox.aws.mark()
    published.kube.annotate(INGRESSES, published.namespace, "ingress-2048", **{"example.com/touched": "yes"})
    observed.planned(published.namespace, "Ingress")
    calls = spent(published, mark)
    assert (calls.mutating, calls.reads, calls.health_polls) == ({}, {}, 0)


def test_scaling_up_by_one_is_one_call(published: Game) -> None:
    mark = published.sandbox.aws.mark()
    published.scale(3)
    published.follows(3)
    calls = spent(published, mark)
    assert (calls.mutating, calls.reads) == ({"RegisterTargets": 1}, {})


def test_scaling_up_by_many_is_at_most_one_call_per_window_of_endpoint_changes(published: Game) -> None:
    observed, mark = Observed(published.sandbox.traces), published.sandbox.aws.mark()
    published.scale(12)
    published.follows(12)
    calls = spent(published, mark)
    assert calls.besides("RegisterTargets") == {}
    assert calls.reads == {}
    windows = observed.windows(published.namespace, "EndpointSlice", COLLECT_SECONDS)
    assert 1 <= calls.mutating["RegisterTargets"] <= windows
    names = registered(calls.of("RegisterTargets"))
    assert len(names) == len(set(names)) == 10


def test_scaling_down_deregisters_each_target_once(published: Game) -> None:
    published.scale(8)
    before = published.follows(8)
    published.elbow.settled()
    observed, mark = Observed(published.sandbox.traces), published.sandbox.aws.mark()
    published.scale(2)
    after = published.follows(2)
    calls = spent(published, mark)
    assert calls.besides("DeregisterTargets") == {}
    assert calls.reads == {}
    changes = observed.changes(published.namespace, "EndpointSlice", "Pod")
    assert 1 <= calls.mutating["DeregisterTargets"] <= len(changes)
    assert sorted(registered(calls.of("DeregisterTargets"))) == sorted(before - after)


def test_an_attribute_of_a_load_balancer_that_was_made_is_one_call(published: Game) -> None:
    observed, mark = Observed(published.sandbox.traces), published.sandbox.aws.mark()
    published.annotate("load-balancer-attributes", "idle_timeout.timeout_seconds=120")
    observed.planned(published.namespace, "Ingress")
    calls = spent(published, mark)
    assert (calls.mutating, calls.reads) == ({"ModifyLoadBalancerAttributes": 1}, {})


def test_an_attribute_of_a_load_balancer_that_was_found_is_one_call_and_one_read(published: Game) -> None:
    before, mark = account(published), published.sandbox.aws.mark()
    published.elbow.restart_all()
    published.elbow.filled()
    assert spent(published, mark).mutating == {}
    assert account(published) == before
    observed, mark = Observed(published.sandbox.traces), published.sandbox.aws.mark()
    published.annotate("load-balancer-attributes", "idle_timeout.timeout_seconds=120")
    observed.planned(published.namespace, "Ingress")
    calls = spent(published, mark)
    assert calls.mutating == {"ModifyLoadBalancerAttributes": 1}
    assert calls.reads == {"DescribeLoadBalancerAttributes": 1}


def test_deletion_asks_nothing_and_leaves_nothing(game: Game) -> None:
    before = account(game)
    game.publish(tags="Team=edge")
    game.published()
    game.elbow.settled()
    mark = game.sandbox.aws.mark()
    game.unpublish()
    calls = spent(game, mark)
    assert calls.reads == {}
    assert calls.mutating == {
        "DeleteLoadBalancer": 1,
        "DeleteTargetGroup": 1,
        "RevokeSecurityGroupIngress": 1,
        "DeleteSecurityGroup": 2,
    }
    assert account(game) == before
