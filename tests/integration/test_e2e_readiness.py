"""A pod with a readiness gate becomes Ready when its target is healthy, by the tracker's own hand; and when nobody will
ever open its gate."""

import pytest

from sandbox.kubernetes.client.resources import PODS
from tests.integration.harness.game import Game, deployment
from tests.integration.harness.kube import Object
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

GATE = "target-health.elbv2.k8s.aws/"


def conditions(pod: Object) -> dict[str, tuple[str, str]]:
    """Status and reason by type."""
    return {c["type"]: (c["status"], c.get("reason", "")) for c in pod["status"].get("conditions", [])}


def gated(game: Game, gate: str) -> list[Object]:
    """The pods that carry the gate."""
    return [
        pod
        for pod in game.kube.all(PODS, game.namespace)
        if {"conditionType": gate} in pod["spec"].get("readinessGates", [])
    ]


def test_a_gated_pod_is_ready_once_its_target_is_healthy(game: Game) -> None:
    game.publish()
    game.published()
    gate = GATE + game.binding()["metadata"]["name"]
    with game.sandbox.aws.new_targets("initial", "Elb.InitialHealthChecking"):
        game.kube.apply(deployment(game.namespace, 2, gates=(gate,)))
        waiting = until(
            lambda: [p for p in gated(game, gate) if gate in conditions(p)], what="a gated pod to have its condition"
        )
        assert {conditions(pod)[gate] for pod in waiting} == {("False", "Elb.InitialHealthChecking")}
        assert {conditions(pod)["Ready"][0] for pod in waiting} == {"False"}
    until(
        lambda: [conditions(pod) for pod in gated(game, gate)],
        holds=lambda seen: len(seen) == 2 and all(c.get("Ready", ("",))[0] == "True" for c in seen),
        what=lambda: f"both gated pods to be ready\n{game.elbow.report()}",
    )
    assert {conditions(pod)[gate][0] for pod in gated(game, gate)} == {"True"}
    game.follows(2)
    game.elbow.settled()


def becomes_ready(game: Game, gate: str, count: int) -> set[tuple[str, str]]:
    """Waits until so many pods with the gate are ready; status and reason of the gate."""
    seen = until(
        lambda: [conditions(pod) for pod in gated(game, gate)],
        holds=lambda seen: len(seen) == count and all(c.get("Ready", ("",))[0] == "True" for c in seen),
        what=lambda: f"the gated pods to be ready\n{game.elbow.report()}",
    )
    return {each[gate] for each in seen}


def test_a_gated_deployment_behind_a_broken_ingress_becomes_ready(game: Game) -> None:
    game.publish(target_type="nowhere")
    game.elbow.settled()
    gate = f"{GATE}k8s-game2048-service2-0123456789"
    game.kube.apply(deployment(game.namespace, 2, gates=(gate,)))
    assert becomes_ready(game, gate, 2) == {("True", "NoBinding")}


def test_a_gate_of_the_older_prefix_keeps_no_pod_waiting(game: Game) -> None:
    gate = "target-health.alb.ingress.k8s.aws/ingress-2048_service-2048_80"
    game.kube.apply(deployment(game.namespace, 1, gates=(gate,)))
    assert becomes_ready(game, gate, 1) == {("True", "NoBinding")}


def test_gates_of_an_ingress_that_goes_are_opened(game: Game) -> None:
    game.publish()
    game.published()
    gate = GATE + game.binding()["metadata"]["name"]
    with game.sandbox.aws.new_targets("initial", "Elb.InitialHealthChecking"):
        game.kube.apply(deployment(game.namespace, 2, gates=(gate,)))
        until(lambda: gated(game, gate), what="gated pods")
        game.unpublish()
        status = becomes_ready(game, gate, 2)
    assert {value for value, _ in status} == {"True"}
